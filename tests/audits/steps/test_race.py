"""Who leads a race of variants, who leaves it and who wins, by hand."""

import sys
from types import ModuleType, SimpleNamespace

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


def apart(far):
    """Two runs at 0 and three runs at `far` times .12976 spreads, all with a spread of .1.

    The upper limits of their means lie t / sqrt 2 and t / sqrt 3 spreads above, .12976 t apart.
    """
    two = trials_of("two", (-0.1 / 2**0.5, 0.1 / 2**0.5))
    middle = far * 0.1 * (1 / 2**0.5 - 1 / 3**0.5)
    return named(two, trials_of("three", (middle - 0.1, middle, middle + 0.1)))


def test_all_runs_less_one_a_variant_are_the_freedom_of_a_race():
    """1 + 2 of two and three runs: t is 3.182, where 2 had 4.303, 4 had 2.776 and 7 had 2.365."""
    assert t.ppf(0.975, 3) == pytest.approx(3.182, abs=1e-3)
    assert leading(apart(3.1), 0.01).name == "three"
    assert leading(apart(3.3), 0.01).name == "two"


def test_the_spread_of_a_race_is_that_of_the_middle_variant():
    """.1 of the first two; one that is all over the place moves nothing, nor does the first."""
    wild = trials_of("wild", (0.0, 5.0, 10.0))
    variants = named(*apart(3.1).values(), wild)
    # 1 + 2 + 2 degrees of freedom: t is 2.571
    assert leading(variants, 0.01).name == "two"
    assert leading(named(wild, *apart(2.5).values()), 0.01).name == "three"
    assert leading(named(wild, *apart(2.6).values()), 0.01).name == "two"


def test_accuracy_may_be_given_up_to_exactly_the_tolerance():
    """Runs that agree have no error to allow for; means count, and not the luckiest run."""
    best, other = trials_of("a", (0.3,) * 3, (0.75,) * 3), trials_of("b", (0.2,) * 3, (0.5,) * 3)
    assert [item.name for item in accurate(named(best, other), 0.25)] == ["a", "b"]
    assert [item.name for item in accurate(named(best, other), 0.2499)] == ["a"]
    lucky = trials_of("c", (0.2,) * 3, (0.4, 0.4, 0.8))
    assert [item.name for item in accurate(named(best, other, lucky), 0.2)] == ["a"]
    unknown = trials_of("d", (0.1,) * 3)
    assert [item.name for item in accurate(named(unknown, best), 0.1)] == ["a"]


def test_a_leader_that_is_as_vulnerable_as_the_baseline_does_not_win():
    """Its error is smaller, its mean the same; a little lower it wins."""
    now = trials_of("now", (0.25, 0.5, 0.75))
    longer = trials_of("longer", (0.25, 0.5, 0.75) * 2)
    assert leading(named(now, longer), 0.01) is longer
    assert winner_of(named(now, longer), "now", 0.01) == "now"
    lower = trials_of("longer", (0.25, 0.5, 0.74) * 2)
    assert winner_of(named(now, lower), "now", 0.01) == "longer"


def test_a_variant_that_fails_leaves_and_a_baseline_that_fails_ends_the_race():
    left = []

    def train(name, params, *, runs):
        if name == "once" and runs == 4:
            return failing(name, params, runs=runs)
        return failing(name, params, runs=runs) if name == "bad" else variant(name, 0.2, runs=runs)

    bench = SimpleNamespace(late=False, failed={}, untried=[], raced=train)

    def fails(name, error):
        left.append((name, type(error.__cause__)))
        bench.failed[name] = "it"

    bench.fails = fails
    params = {name: {} for name in ("now", "bad", "once", "good")}
    measured, dropped = raced(bench, params, "now", runs=4, tolerance=0.01)
    assert left == [("bad", ValueError), ("once", ValueError)]
    assert list(measured) == ["now", "good"]
    assert dropped == ()
    bench.failed.clear()
    with pytest.raises(ValueError, match="no data") as raised:
        raced(bench, {"now": {}, "bad": {}}, "bad", runs=3, tolerance=0.01)
    assert raised.value.__notes__ == ["The baseline 'bad' failed: nothing can be compared."]


def test_a_race_that_is_late_measures_the_baseline_and_names_who_was_not_tried():
    seen = []

    def train(name, params, *, runs):
        seen.append((name, runs))
        bench.late = bench.late or len(seen) >= 4
        return variant(name, 0.2, runs=runs)

    bench = SimpleNamespace(late=True, failed={}, untried=[], raced=train)
    measured, _ = raced(bench, {"a": {}, "now": {}}, "now", runs=5, tolerance=0.01)
    assert (list(measured), bench.untried) == (["now"], ["a"])
    assert seen == [("now", 3)]
    # the time is up in the second round: who was measured before stays so
    seen.clear()
    bench.late, bench.untried = False, []
    measured, _ = raced(bench, {"a": {}, "now": {}, "b": {}}, "now", runs=5, tolerance=0.01)
    assert seen == [("now", 3), ("a", 3), ("b", 3), ("now", 4)]
    assert (list(measured), bench.untried) == (["a", "now", "b"], [])


def test_a_study_that_is_late_has_one_trial_at_least():
    bench = SimpleNamespace(
        late=True,
        train_fn=lambda indices, seed: None,
        raced=lambda name, *_, **__: variant(name, 0.3),
    )
    study = Study("minimize")
    params, measured = asked(bench, study, lambda trial: {}, runs=3, trials=5)
    assert list(params) == list(measured) == ["trial 0: "]
    assert study.told == [(0, pytest.approx(0.3))]
    # a study of two aims is told no accuracy where none is known
    two = Study("minimize", "maximize")
    asked(bench, two, lambda trial: {}, runs=3, trials=5)
    assert two.told == [(0, [pytest.approx(0.3), 0.0])]


def test_a_failed_trial_of_optuna_is_told_by_its_state(monkeypatch):
    optuna = ModuleType("optuna.trial")
    optuna.TrialState = SimpleNamespace(FAIL="failed")
    monkeypatch.setitem(sys.modules, "optuna", ModuleType("optuna"))
    monkeypatch.setitem(sys.modules, "optuna.trial", optuna)

    class Known(Study):
        __module__ = "optuna.study.study"

        def tell(self, trial, value=None, *, state=None):
            self.told.append((trial, value, state))

    study = Known("minimize")
    bench = SimpleNamespace(
        late=False,
        train_fn=lambda indices, seed: None,
        raced=failing,
        fails=lambda name, error: None,
    )
    with pytest.raises(ValueError, match="no data"):
        asked(bench, study, lambda trial: {}, runs=3, trials=1)
    assert study.told == [(0, None, "failed")]


def test_what_a_space_returns_is_named_and_needs_to_be_parameters():
    bench = SimpleNamespace(
        late=False,
        train_fn=lambda indices, seed, rate, kind: None,
        raced=lambda name, *_, **__: variant(name, 0.3),
    )
    params, _ = asked(
        bench, Study(), lambda trial: {"rate": 0.012345, "kind": "x"}, runs=3, trials=1
    )
    assert params == {"trial 0: rate=0.0123, kind=x": {"rate": 0.012345, "kind": "x"}}
    with pytest.raises(InvalidInput, match="return a dict of parameters, got int"):
        asked(bench, Study(), lambda trial: 3, runs=3, trials=1)


def test_a_difference_of_accuracies_has_the_error_of_both():
    """Spread .01: of three and twelve runs .01 sqrt(1 / 3 + 1 / 12) = .00645; of twelve and twelve
    it would be .0041, of three and three .0082.
    """
    best = trials_of("best", (0.3,) * 3, (0.89, 0.90, 0.91))
    step = 0.01 * (11 / 12) ** 0.5
    for mean, kept in ((0.8937, True), (0.8934, False)):
        many = trials_of("many", (0.2,) * 12, (mean - step, mean + step) * 6)
        assert ("many" in [item.name for item in accurate(named(best, many), 0.0)]) is kept


def test_variants_that_are_not_accurate_enough_tell_of_the_spread_too():
    """Two, three and three runs: 5 degrees of freedom and a t of 2.571; of the first two alone it
    were 3.182.
    """
    two, three = apart(3.1).values()
    variants = named(
        trials_of("two", two.scores, (0.9, 0.9)),
        trials_of("three", three.scores, (0.9,) * 3),
        trials_of("poor", (-0.6, -0.5, -0.4), (0.1,) * 3),
    )
    assert leading(variants, 0.01).name == "two"


def test_a_variant_that_is_exactly_as_vulnerable_as_the_leader_stays():
    """Runs that agree have no width: both ends are the mean."""
    variants = named(*(trials_of(name, (0.25,) * 3) for name in ("now", "lead", "same")))
    bench = SimpleNamespace(
        failed=(), late=False, untried=[], raced=lambda name, given, *, runs: variants[name]
    )
    for other, dropped in ((0.25, ()), (0.2501, ("same",))):
        variants["same"] = trials_of("same", (other,) * 3)
        params = {name: {} for name in variants}
        assert raced(bench, params, "now", runs=3, tolerance=0.01)[1] == dropped
