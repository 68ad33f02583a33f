"""Who leads a race of variants, who leaves it and who wins, by hand."""

from types import SimpleNamespace

import pytest
from scipy.stats import t

from tacit.audits.steps.bench import Failed
from tacit.audits.steps.race import accurate, asked, leading, raced, winner_of
from tacit.audits.steps.trials import Trials
from tacit.core import InvalidInput


def variant(name, score, accuracy=None, *, apart=0.02, runs=3):
    """Runs at `score`, as many above as below it; three runs have the spread `apart`."""
    steps = [k - (runs - 1) / 2 for k in range(runs)]
    scores = tuple(score + apart * k for k in steps)
    accuracies = () if accuracy is None else tuple(accuracy + 0.01 * k for k in steps)
    return Trials(name, scores, accuracies, (1.0,) * runs, 0.95)


def named(*variants):
    return {item.name: item for item in variants}


def test_one_standard_error_of_a_difference_is_allowed_beyond_the_tolerance():
    """Spread .01 over three runs: .01 sqrt(2 / 3) = .0082, so .90 - .02 - .0082 = .8718."""
    variants = named(
        variant("best", 0.3, 0.90), variant("in", 0.2, 0.872), variant("out", 0.1, 0.871)
    )
    assert [item.name for item in accurate(variants, 0.02)] == ["best", "in"]
    assert len(accurate(named(variant("a", 0.3), variant("b", 0.2)), 0.0)) == 2


def test_the_lowest_upper_limit_leads_and_not_the_lowest_mean():
    """Two runs at .20 and eight at .215, spread pooled: t of 8 degrees of freedom over sqrt n."""
    few = variant("few", 0.20, runs=2, apart=0.02 * 2**0.5)
    many = Trials("many", (0.1952, 0.2352) * 4, (), (1.0,) * 8, 0.95)
    spread = ((0.02**2 + 8 * 0.02**2 / 7) / 2) ** 0.5
    reach = t.ppf(0.975, 8) * spread
    assert 0.2152 + reach / 8**0.5 < 0.20 + reach / 2**0.5
    # one-sided, the other one would lead
    reach = t.ppf(0.95, 8) * spread
    assert 0.2152 + reach / 8**0.5 > 0.20 + reach / 2**0.5
    assert leading(named(few, many), 0.01).name == "many"
    assert leading(named(variant("a", 0.2), variant("b", 0.19)), 0.01).name == "b"


def test_the_baseline_wins_where_the_leader_is_no_less_vulnerable_on_average():
    now, mild = variant("now", 0.3), variant("mild", 0.1)
    assert winner_of(named(now, mild), "now", 0.01) == "mild"
    assert winner_of(named(now, variant("same", 0.3)), "now", 0.01) == "now"
    inaccurate = named(variant("now", 0.3, 0.9), variant("mild", 0.1, 0.5))
    assert winner_of(inaccurate, "now", 0.01) == "now"
    assert winner_of(inaccurate, "now", 0.5) == "mild"


@pytest.mark.parametrize(("score", "left"), [(0.199, ()), (0.201, ("other",))])
def test_a_variant_leaves_where_its_lower_limit_is_above_the_leader_s_upper_one(score, left):
    """Student's t of two degrees of freedom: .02 / sqrt 3 times 4.303 is .0497 on either side."""
    reach = t.ppf(0.975, 2) * 0.02 / 3**0.5
    assert 2 * reach == pytest.approx(0.0994, abs=1e-4)
    variants = named(variant("lead", 0.1), variant("other", score), variant("now", 0.9))
    bench = SimpleNamespace(
        failed=(), late=False, untried=[], raced=lambda name, given, *, runs: variants[name]
    )
    found, dropped = raced(bench, {name: {} for name in variants}, "now", runs=3, tolerance=0.01)
    # the baseline stays in the race whatever it is
    assert dropped == left
    assert list(found) == ["lead", "other", "now"]


def trials_of(name, scores, accuracies=()):
    return Trials(name, scores, accuracies, (1.0,) * len(scores), 0.95)


def test_the_leader_is_not_who_was_lucky_in_its_spread():
    narrow = trials_of("narrow", (0.110, 0.111, 0.112))
    lower = trials_of("lower", (0.06, 0.08, 0.10))
    assert narrow.score.high < lower.score.high
    assert leading({"narrow": narrow, "lower": lower}, 0.01).name == "lower"
    # with more runs the error is smaller, and counts
    longer = trials_of("longer", (0.06, 0.08, 0.10, 0.12, 0.06, 0.08, 0.085))
    assert leading({"lower": lower, "longer": longer}, 0.01).name == "longer"


class Study:
    def __init__(self, *directions):
        self.directions = directions
        self.told = []

    def ask(self):
        return len(self.told)

    def tell(self, trial, value):
        self.told.append((trial, value))


def failing(name, params, *, runs):
    try:
        raise ValueError("no data")
    except ValueError as error:
        raise Failed(name) from error


@pytest.mark.parametrize(("directions", "worst"), [(1, 1.0), (2, [1.0, 0.0])])
def test_a_failed_trial_is_told_as_bad_as_can_be_and_the_last_of_all_ends_it(directions, worst):
    study, left_out = Study(*range(directions)), []
    bench = SimpleNamespace(
        late=False,
        train_fn=lambda indices, seed, depth: None,
        raced=failing,
        fails=lambda name, error: left_out.append(name),
    )
    with pytest.raises(ValueError, match="no data") as raised:
        asked(bench, study, lambda trial: {"depth": trial}, runs=3, trials=2)
    assert raised.value.__notes__ == ["All 2 trials failed, this one last."]
    assert study.told == [(0, worst), (1, worst)]
    assert left_out == ["trial 0: depth=0", "trial 1: depth=1"]


def test_a_trial_is_told_its_mean_score_and_one_that_came_to_something_saves_the_study():
    study = Study("minimize", "maximize")
    bench = SimpleNamespace(
        late=False,
        train_fn=lambda indices, seed, depth: None,
        raced=lambda name, params, *, runs: (
            variant(name, 0.3, 0.8) if params["depth"] == 0 else failing(name, params, runs=runs)
        ),
        fails=lambda name, error: None,
    )
    params, measured = asked(bench, study, lambda trial: {"depth": trial}, runs=3, trials=2)
    assert study.told[0] == (0, pytest.approx([0.3, 0.8]))
    assert study.told[1] == (1, [1.0, 0.0])
    assert list(params) == ["trial 0: depth=0", "trial 1: depth=1"]
    assert list(measured) == ["trial 0: depth=0"]


def test_a_race_goes_from_three_runs_to_as_many_as_were_asked_for():
    seen = []

    def train(name, params, *, runs):
        seen.append((name, runs))
        return variant(name, 0.2, runs=runs)

    bench = SimpleNamespace(late=False, failed={}, untried=[], raced=train)
    measured, dropped = raced(bench, {"b": 1, "a": 2}, "a", runs=4, tolerance=0.01)
    # the baseline first
    assert seen == [("a", 3), ("b", 3), ("a", 4), ("b", 4)]
    assert (list(measured), dropped) == (["b", "a"], ())


def test_a_study_needs_both_to_ask_and_to_tell():
    def nothing(*_):
        return {}

    for study in (SimpleNamespace(ask=nothing), SimpleNamespace(tell=nothing)):
        with pytest.raises(InvalidInput, match="a study with `ask` and `tell`"):
            asked(None, study, nothing, runs=3, trials=1)
    both = SimpleNamespace(ask=nothing, tell=nothing)
    with pytest.raises(InvalidInput, match="A study needs `space`"):
        asked(None, both, None, runs=3, trials=1)


def test_one_variant_alone_leads_and_wins():
    alone = Trials("a", (0.1, 0.2, 0.4), (), (1.0, 1.0, 1.0), 0.95)
    assert leading({"a": alone}, 0.01) is alone
    assert winner_of({"a": alone}, "a", 0.01) == "a"
