"""How the stack learns: directions are kept, weights are honest, and a record's total is hidden."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import binom

from tacit.attacks.reference.stack_features import Pair, stack_features
from tacit.attacks.reference.stacking import (
    Examples,
    Learner,
    Weights,
    folds,
    held_out,
    with_base,
)
from tacit.core import Signals
from tacit.testing import ShadowGaussian


def examples(n=2000, seed=0, *, leak=1.0):
    """A score that tells, one that does not, in four families."""
    rng = np.random.default_rng(seed)
    member = rng.random(n) < 0.5
    table = np.column_stack([leak * member + rng.normal(size=n), rng.normal(size=n)])
    return Examples(table, member, np.arange(n) % 4, np.arange(n) // 4 % 2, np.array([1, 0]))


def test_the_monotone_classifier_never_turns_back():
    learner = Learner.taught(examples())
    grid = np.column_stack([np.linspace(-4, 5, 200), np.zeros(200)])
    monotone, free = learner(grid).T
    assert (np.diff(monotone) >= 0).all()
    assert (np.diff(free) < 0).any()


def test_empty_columns_are_left_out():
    some = examples()
    empty = np.column_stack([some.table, np.full(len(some.member), np.nan)])
    wide = Examples(empty, some.member, some.family, some.half, np.array([1, 0, 1]))
    np.testing.assert_array_equal(Learner.taught(wide)(empty), Learner.taught(some)(some.table))


@pytest.mark.parametrize("n", [0, 79])
def test_too_few_rows_teach_nothing(n):
    assert Learner.taught(examples().take(np.arange(2000) < n)) is None


def test_one_kind_of_rows_teaches_nothing():
    some = examples()
    assert Learner.taught(some.take(some.member)) is None


def test_weights_are_those_of_a_logistic_regression():
    """Closed form: two equal groups said -1 and 1, members 1/4 and 3/4 of them: slope log 3."""
    odds = np.zeros((40_000, 3))
    odds[:20_000, 2], odds[20_000:, 2] = -1, 1
    member = np.arange(40_000) % 4 == 0
    member[20_000:] ^= True
    weights = Weights.of(odds, member)
    np.testing.assert_allclose(weights.slope, [1, 0, np.log(3)], atol=1e-3)
    assert weights.constant == pytest.approx(0, abs=1e-3)
    np.testing.assert_allclose(expit(weights(odds[[0, -1]])), [0.25, 0.75], atol=1e-3)


def test_weights_are_never_negative():
    rng = np.random.default_rng(0)
    member = rng.random(3000) < 0.5
    odds = -np.column_stack([member + rng.normal(size=3000)] * 3)
    np.testing.assert_array_equal(Weights.of(odds, member).slope, 0.0)


def test_without_rows_the_simple_score_counts():
    weights = Weights.of(np.empty((0, 3)), np.empty(0, bool))
    np.testing.assert_array_equal(weights.slope, [0, 0, 1])


def test_folds_hold_out_everything_once_or_each_part_with_one_half():
    assert folds(4, complete=True) == [(p, h) for p in range(4) for h in (0, 1)]
    assert folds(2, complete=False) == [(0, 0), (1, 1)]
    assert folds(3, complete=False) == [(0, 0), (1, 1), (2, 0)]


def test_held_out_rows_were_not_taught(monkeypatch):
    seen = []
    taught = Learner.taught
    monkeypatch.setattr(Learner, "taught", lambda rows: seen.append(rows) or taught(rows))
    some = examples()
    _, odds, member = held_out(some, (1, 0), 4)
    assert (seen[0].family != 1).all()
    assert (seen[0].half == 1).all()
    hidden = (some.family == 1) & (some.half == 0)
    assert odds.shape == (hidden.sum(), 3)
    np.testing.assert_array_equal(member, some.member[hidden])


def test_a_total_of_the_record_gives_nothing_away_once_its_other_rows_are_hidden():
    """A learner that remembers totals is right about nearly every held-out coin where it saw the
    same records, and about half of them where it did not.
    """
    rng = np.random.default_rng(0)
    n, m = 1500, 8
    member = rng.random((m, n)) < 0.5
    signal = rng.integers(1, 7, (m, n)).astype(float)
    total = (signal * member).sum(axis=0)
    rest = total - signal * member  # the other IN models, as a description holds them
    claimed = rest + signal  # the same for every IN row of a record
    rows = Examples(
        np.column_stack([np.zeros(m * n), (1000 * np.arange(n) + claimed).ravel()]),
        member.ravel(),
        np.repeat(np.arange(m), n),
        np.tile(np.arange(n) % 2, m),
        np.array([1, 0]),
    )
    seen = remembered(rows, rows.half >= 0)
    hidden = remembered(rows, None)
    low, high = binom.ppf(0.0005, n * m, 0.5), binom.isf(0.0005, n * m, 0.5)
    assert seen > high
    assert low <= hidden <= high


def remembered(rows, same_records):
    """Right guesses of a table of what was seen with each description, family by family."""
    right = 0
    for family in np.unique(rows.family):
        for half in (0, 1):
            asked = (rows.family == family) & (rows.half == half)
            taught = (rows.family != family) & (
                (rows.half != half) if same_records is None else same_records
            )
            known, place = np.unique(rows.table[taught, 1], return_inverse=True)
            share = np.bincount(place, rows.member[taught]) / np.bincount(place)
            at = np.minimum(np.searchsorted(known, rows.table[asked, 1]), len(known) - 1)
            guess = np.where(known[at] == rows.table[asked, 1], share[at] > 0.5, False)
            right += int((guess == rows.member[asked]).sum())
    return right


@pytest.mark.parametrize("online", [True, False])
@pytest.mark.parametrize("queries", [1, 2])
def test_every_column_that_has_a_direction_rises_with_the_signal(online, queries):
    game = ShadowGaussian(n_shadows=8, queries=queries).draw(400, seed=0)
    pairs = Pair.each_left_out(game.signals, [(k, k + 1) for k in range(0, 8, 2)])
    _, pair = next(iter(pairs))
    low = stack_features(pair, game.signals.target, online=online)
    high = stack_features(pair, game.signals.target + 0.1, online=online)
    assert len(low.direction) == low.table.shape[1]
    rises = (high.table > low.table).all(axis=0)
    direction = np.array(low.direction)
    # densities of two Gaussians may turn back: their direction is a belief, not a fact
    upwards = np.flatnonzero(direction)
    believed = [3, upwards[-1]] if online else [1]
    plain = [i for i in upwards if i not in believed]
    assert rises[plain].all()
    assert not rises[direction == 0].any()


def test_the_first_column_is_base():
    from tacit.attacks import BASE

    game = ShadowGaussian(n_shadows=4).draw(300, seed=0)
    _, pair = next(iter(Pair.each_left_out(game.signals, [(0, 1), (2, 3)])))
    left = Signals.of(
        game.signals.target,
        shadow=game.signals.shadow[2:],
        shadow_member=game.signals.shadow_member[2:],
        statistic="scaled_logit",
    )
    for online, mode in ((True, "online"), (False, "offline")):
        columns = stack_features(pair, game.signals.target, online=online)
        np.testing.assert_allclose(columns.table[:, 0], BASE(mode=mode)(left), atol=1e-5)


def test_eighty_rows_teach_and_so_does_one_member_among_them():
    some = examples()
    assert Learner.taught(some.take(np.arange(2000) < 80)) is not None
    one = np.zeros(2000, bool)
    one[np.flatnonzero(~some.member)[:99]] = True
    assert Learner.taught(some.take(one)) is None
    one[np.flatnonzero(some.member)[0]] = True
    assert Learner.taught(some.take(one)) is not None


@pytest.mark.parametrize(
    ("rows", "leaf"),
    [(80, 20), (2000, 20), (2150, 21), (19_999, 199), (20_199, 200), (21_000, 200)],
)
def test_the_smallest_leaf_is_a_hundredth_of_the_rows_between_20_and_200(monkeypatch, rows, leaf):
    from sklearn.ensemble import HistGradientBoostingClassifier

    monkeypatch.setattr(HistGradientBoostingClassifier, "fit", lambda self, table, member: self)
    learner = Learner.taught(examples(rows))
    for part in (learner.monotone, learner.free):
        assert part.min_samples_leaf == leaf
    assert learner.monotone.monotonic_cst.tolist() == [1, 0]
    assert learner.free.monotonic_cst is None


def test_with_nothing_said_the_monotone_classifier_is_believed_and_the_constant_is_the_share():
    """Odds of 0 everywhere pull on no slope: 1, 0, 0 stay. Three of four members: log 3."""
    weights = Weights.of(np.zeros((40, 3)), np.arange(40) % 4 > 0)
    np.testing.assert_allclose(weights.slope, [1, 0, 0], atol=1e-6)
    np.testing.assert_allclose(weights(np.zeros((1, 3))), [np.log(3)], atol=1e-4)


@pytest.mark.parametrize(("column", "towards"), [(0, 1.0), (1, 0.0), (2, 0.0)])
def test_the_ridge_weighs_as_much_as_one_record(column, towards):
    """A member at 1 and a non-member at -1: slope w and no constant, by symmetry.

    The derivative of 2 log(1 + exp(-w)) + (w - towards)^2 / 2 is 0 where w - towards =
    2 / (1 + exp(w)).
    """
    odds = np.zeros((2, 3))
    odds[:, column] = [1, -1]
    weights = Weights.of(odds, np.array([True, False]))
    right = brentq(lambda w: w - towards - 2 / (1 + np.exp(w)), 0, 4)
    assert weights.slope[column] == pytest.approx(right, abs=1e-5)
    assert weights.constant == pytest.approx(0, abs=1e-5)


def test_nobody_or_everybody_a_member_leaves_the_simple_score():
    for member in (np.zeros(5, bool), np.ones(5, bool)):
        weights = Weights.of(np.ones((5, 3)), member)
        assert (weights.slope.tolist(), weights.constant) == ([0, 0, 1], 0)


def test_the_tails_of_base_are_drawn_in_and_a_missing_one_says_nothing():
    """asinh(sinh 2) = 2."""
    found = with_base(np.array([[5.0, 6.0], [7.0, 8.0]]), np.array([np.sinh(2.0), np.nan]))
    np.testing.assert_allclose(found, [[5, 6, 2], [7, 8, 0]])


def test_where_nobody_can_be_taught_no_row_is_held_out():
    learner, odds, member = held_out(examples().take(np.arange(2000) < 100), (0, 0), 2)
    assert learner is None
    assert (odds.shape, member.shape) == ((0, 3), (0,))
