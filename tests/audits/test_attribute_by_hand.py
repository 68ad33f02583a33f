"""The audit of a secret column, piece by piece: who is asked what, and what is concluded."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import norm

from tacit.audits import attribute
from tacit.audits.attribute import (
    ATTRIBUTE_POLICY,
    _asked,
    _concluded,
    _detectable,
    _environment,
    _nothing_to_tell,
    _sensitive,
    attribute_audit,
)
from tacit.audits.steps.secret_guesses import Asked, Hits
from tacit.audits.steps.secret_sides import secret_sides
from tacit.core import CheckResult, Estimate, InvalidInput, Outputs

# the secret follows from the first column wherever there is no model: 0, 1 or 2
SECRET = 1


def side(n, seed):
    rng = np.random.default_rng(seed)
    code = rng.integers(0, 3, n)
    x = np.column_stack([code + 0.01 * rng.normal(size=n), code, rng.normal(size=n)])
    return x, rng.integers(0, 2, n)


def estimate(name, value, half, assumes=("x",)):
    return Estimate(name, value, value - half, value + half, 0.95, 100, "by hand", assumes, 0.5)


def guesser(name, gain, p, *, half=0.1, excess=0.1, beyond=0.1):
    parts = (
        estimate("attribute advantage", gain, half, (f"of {name}",)),
        estimate("excess", 0.0, excess, ("second",)),
        estimate("beyond imputation", 0.0, beyond),
    )
    return CheckResult(name, "attack", estimates=parts, p_value=p, p_adjusted=p)


def concluded(results, *, invalid="", hiding="", level=0.95):
    blind = CheckResult("blind", "blind", estimates=results[0].estimates)
    return _concluded(
        blind,
        results,
        CheckResult("control", "control"),
        SimpleNamespace(name=lambda: "s", kind="class"),
        invalid=invalid,
        hiding=hiding,
        policy=ATTRIBUTE_POLICY,
        level=level,
    )


def test_an_advantage_of_a_tenth_is_what_the_rule_allows():
    for gain, verdict in ((0.05, "pass"), (0.1, "inconclusive"), (0.15, "fail")):
        both = [guesser(name, gain, 0.5, half=0.02) for name in "ab"]
        report = concluded(both)
        assert report.verdict == verdict
        assert [(v.metric, v.limit) for v in report.verdicts] == [("attribute advantage", 0.1)]


def test_the_lists_of_the_most_confident_are_not_held_against_the_rule():
    """Two guessers about all records, then a list of ten: its advantage is that of the list."""
    silent = [guesser(name, 0.05, 0.5, half=0.02) for name in "ab"]
    listed = guesser("10 most confident", 0.6, 0.5, half=0.02)
    assert concluded([*silent, listed]).verdict == "pass"
    assert concluded([silent[0], guesser("b", 0.6, 0.5, half=0.02), listed]).verdict == "fail"


@pytest.mark.parametrize("p", [0.0, 1 - 0.95, 0.0501])
def test_the_surest_guesser_is_chosen_where_it_is_sure_and_else_the_first(p):
    """Alpha is 1 - .95: at it the second is a leak, above it nothing is chosen for its luck."""
    report = concluded([guesser("a", 0.1, 0.6), guesser("b", 0.1, p), guesser("c", 0.1, 0.3)])
    sure = p <= 1 - 0.95
    assert report.chosen == ("b" if sure else "a")
    assert report.finding == ("leak" if sure else "inconclusive")
    assert report.p_value == p
    assert report.assumes[-1] == "of a"
    assert [check.name for check in report.checks] == ["blind", "a", "b", "c", "control"]


def test_an_unfair_split_leaves_nothing_to_say_and_hides_what_hides():
    report = concluded([guesser("a", 0.25, 0.001)] * 2, invalid="unfair", hiding="hidden")
    assert (report.finding, report.verdict, report.attributable) == ("inconclusive",) * 2 + (False,)
    assert report.warnings == ("unfair", "hidden")
    clean = concluded([guesser("a", 0.25, 0.001)] * 2)
    assert (clean.finding, clean.warnings, clean.attributable) == ("leak", (), True)
    # what hides is told once, where it is why nothing follows
    hidden = concluded([guesser("a", 0.05, 0.5)] * 2, hiding="hidden")
    assert hidden.warnings == ("hidden",)
    # a leak at alpha itself is one in spite of it
    shown = concluded([guesser("a", 0.25, 1 - 0.95)] * 2, hiding="hidden")
    assert (shown.finding, shown.attributable) == ("leak", True)


def test_what_is_detectable_is_never_more_than_all():
    """Half widths of 1: an error of .51, and 1.96 + .84 of it are 1.43."""
    wide = [guesser(name, 0.1, 0.5, excess=1.0) for name in "ab"]
    assert _detectable(wide, 0.95) == 1.0
    assert concluded(wide).detectable == 1.0


@pytest.mark.parametrize("level", [0.9, 0.99])
def test_what_is_detectable_is_of_the_level_and_of_all_that_was_asked(level):
    """Of three p-values the smallest is trebled; the wider interval decides, whichever it is."""
    reach = norm.ppf(1 - (1 - level) / 3) + norm.ppf(0.8)
    for ends in ({"excess": 0.03, "beyond": 0.02}, {"excess": 0.02, "beyond": 0.03}):
        three = [guesser(name, 0.1, 0.5, **ends) for name in "abc"]
        error = 0.03 / norm.ppf(1 - (1 - level) / 2)
        assert _detectable(three, level) == pytest.approx(reach * error)
    # only the first guesser's intervals are read
    others = [three[0], guesser("b", 0.1, 0.5, excess=0.5), guesser("c", 0.1, 0.5, beyond=0.5)]
    assert _detectable(others, level) == _detectable(three, level)


def test_a_small_leak_is_excluded_where_it_would_have_shown():
    """Two guessers at 95 %: 1.96 + .842 = 2.80 errors are .1 at .0357, a half width of .07."""
    half = 0.1 * norm.ppf(0.975) / (norm.ppf(0.975) + norm.ppf(0.8))
    for wide, finding in ((half * 0.999, "no leak found"), (half * 1.001, "inconclusive")):
        pair = [guesser(name, 0.0, 0.5, excess=wide, beyond=wide) for name in "ab"]
        assert concluded(pair).finding == finding


def sides_of(n=(60, 50, 120)):
    pairs = tuple(side(count, seed) for seed, count in enumerate(n))
    given = secret_sides(pairs, SECRET, kind="class", tolerance=None, cluster=None)
    return pairs, given


def test_the_model_is_asked_with_every_value_in_the_place_of_the_secret():
    """Its loss is 10 times the value shown and once the label: the likelihood is minus that."""
    pairs, given = sides_of()
    asked = []

    def ask(x, y):
        asked.append(len(x))
        return Outputs(loss=10.0 * x[:, SECRET] + y)

    both = _asked(ask, given.secret, given.parts)
    for found, (x, y) in zip(both, pairs):
        wanted = -(10.0 * np.arange(3)[None] + y[:, None])
        np.testing.assert_allclose(found.likelihood, wanted)
        assert found.truth.tolist() == x[:, SECRET].tolist()
    # the reference once, and each side three times
    assert asked == [120, 60, 60, 60, 50, 50, 50]


def test_without_the_model_the_reference_tells_what_the_other_columns_tell():
    """The first column is the secret but for a hundredth, in all three tables."""
    pairs, given = sides_of()
    both = _asked(lambda x, y: Outputs(loss=np.zeros(len(x))), given.secret, given.parts)
    for found, (x, _) in zip(both, pairs):
        assert found.prior.shape == (len(x), 3)
        assert (found.prior.argmax(axis=1) == x[:, SECRET]).mean() > 0.95


def test_what_follows_from_the_rest_leaves_a_model_nothing_to_tell():
    secret = SimpleNamespace(name=lambda: "s")
    right = np.ones(3, bool)
    assert "all 3 members" in _nothing_to_tell(Hits(right, ~right), secret)
    assert _nothing_to_tell(Hits(np.array([1, 1, 0], bool), right), secret) == ""


def test_the_sensitive_value_is_one_of_the_secret_s_and_ten_of_them_are_shown():
    rng = np.random.default_rng(0)
    tables = [
        (np.column_stack([rng.normal(size=n), np.arange(n) % 12]), np.zeros(n))
        for n in (60, 60, 120)
    ]
    given = secret_sides(tuple(tables), 1, kind="class", tolerance=None, cluster=None)
    # in the order of words: 0, 1, 10, 11, 2, 3 to 9, of which 8 and 9 are not shown
    assert [_sensitive(given.secret, value) for value in (0.0, 3.0, 11.0)] == [0, 5, 3]
    with pytest.raises(InvalidInput, match=r"`sensitive`.*values 0\.0, .*, 7\.0; got 12\.0"):
        _sensitive(given.secret, 12.0)
    number = secret_sides(tuple(tables), 0, kind="number", tolerance=None, cluster=None)
    with pytest.raises(InvalidInput, match="one column of categories"):
        _sensitive(number.secret, 0.5)


def test_the_report_says_of_what_it_was_made():
    secret = SimpleNamespace(kind="class", name=lambda: "s", values=np.arange(3), tolerance=0.5)
    zeros = [Asked(np.zeros(n), np.zeros((n, 3)), np.zeros((n, 3))) for n in (4, 3)]
    made = _environment(tuple(zeros), secret, None, level=0.9, command="c")
    assert (made["n_candidates"], made["secret"], made["seed"]) == (3, "s", 0)
    assert (made["level"], made["n_members"], made["n_nonmembers"]) == (0.9, 4, 3)
    assert "tolerance" not in made
    secret.kind = "number"
    units = (np.array([0, 0, 1, 1]), np.array([2, 2, 2]))
    made = _environment(tuple(zeros), secret, units, level=0.9, command="c")
    assert (made["tolerance"], made["n_clusters"]) == (0.5, 3)


def captured(monkeypatch, **options):
    """What a whole audit hands to its conclusion."""
    seen = SimpleNamespace()
    real = attribute._concluded

    def conclude(blind, results, control, secret, **more):
        seen.blind, seen.results, seen.control, seen.more = blind, results, control, more
        return real(blind, results, control, secret, **more)

    monkeypatch.setattr(attribute, "_concluded", conclude)
    told = side(80, 0)
    # among members the secret is drawn anew, and the model knows it; others it has never seen
    told[0][:, SECRET] = np.random.default_rng(8).permutation(np.arange(80) % 3)
    other = side(70, 1)
    other[0][:, SECRET] = np.random.default_rng(9).permutation(np.arange(70) % 3)
    reference = side(120, 2)
    reference[0][:, SECRET] = np.random.default_rng(10).permutation(np.arange(120) % 3)
    known = dict(zip(told[0][:, 2], told[0][:, SECRET]))

    def ask(x, y):
        right = np.array([known.get(row[2]) == row[SECRET] for row in x])
        return Outputs(loss=np.where(right, 0.01, 4.0))

    seen.report = attribute_audit(
        ask, secret=SECRET, train=told, test=other, reference=reference, kind="class", **options
    )
    return seen


def test_members_are_those_of_train_and_each_guesser_has_its_own_chances(monkeypatch):
    seen = captured(monkeypatch)
    both, alone = seen.results
    assert (both.name, alone.name) == ("prior and model", "model alone")
    for result in (both, alone):
        assert (result.n_members, result.n_nonmembers) == (80, 70)
        assert result.estimate("accuracy, members").value == 1.0
        assert result.estimate("accuracy, non-members").value < 0.6
    assert seen.blind.estimate("accuracy, members").value < 0.6
    assert (seen.report.finding, seen.report.verdict) == ("leak", "fail")
    assert seen.more["level"] == 0.95
    # one p-value is multiplied by two, by Holm
    assert both.p_adjusted == pytest.approx(2 * min(both.p_value, alone.p_value))


def test_a_sensitive_value_adds_lists_that_pay_for_one_another(monkeypatch):
    """Two guessers and the depths 10 and 50 that 70 non-members allow: four p-values."""
    seen = captured(monkeypatch, sensitive=2.0, level=0.9)
    assert [result.name for result in seen.results[2:]] == [
        "10 most confident of 2.0",
        "50 most confident of 2.0",
    ]
    p_values = [result.p_value for result in seen.results]
    smallest = min(seen.results, key=lambda result: result.p_value)
    assert smallest.p_adjusted == pytest.approx(min(1.0, 4 * min(p_values)))
    assert seen.results[0].estimates[0].level == 0.9
    assert seen.more["level"] == 0.9


def test_a_regression_is_as_likely_as_its_errors_on_the_reference_are_wide():
    """Answers that miss by 2 on the reference and by .5 on all others, whatever is shown."""
    from tacit.signals.attribute import error_spread, log_likelihood

    pairs, given = sides_of()

    def ask(x, y):
        off = 2.0 * (-1) ** np.arange(len(x)) if len(x) == 120 else np.full(len(x), 0.5)
        return Outputs(prediction=y + off, truth=y)

    spread = error_spread(ask(*pairs[2]))
    for found, pair in zip(_asked(ask, given.secret, given.parts), pairs):
        wanted = log_likelihood(ask(*pair), spread=spread)
        np.testing.assert_allclose(found.likelihood, np.stack([wanted] * 3, axis=1))
        assert not np.allclose(wanted, log_likelihood(ask(*pair), spread=error_spread(ask(*pair))))


def test_no_list_is_longer_than_the_smaller_side(monkeypatch):
    monkeypatch.setattr(attribute, "precision_result", lambda name, code, depth, *_: depth)
    for sizes, depths in (((60, 50), [10, 50]), ((49, 100), [10]), ((200, 100), [10, 50, 100])):
        codes = tuple(np.zeros(n, np.int64) for n in sizes)
        asked = ("x", 1, (None, None), codes)
        assert attribute._most_confident(*asked, None, 0.95) == depths
        # of people with four records each the list holds as many people
        units = tuple(np.arange(n) // 4 for n in (200, 160))
        assert attribute._most_confident(*asked, units, 0.95) == [10]
