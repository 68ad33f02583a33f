"""Which attacks and metrics the contracts let through, and at which edge they refuse one."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from tacit.core import Estimate, Evidence, Membership, Signals
from tacit.metrics import auc
from tacit.testing import check_attack, check_metric, contracts
from tacit.testing.games import Game, ShadowGaussian


@dataclass(frozen=True)
class Reads:
    """Says what a list says."""

    scores: tuple[float, ...]
    learns: ClassVar[bool] = False

    def __call__(self, signals):
        return np.array(self.scores)


def game(member):
    member = np.array(member)
    signals = Signals.of(np.zeros(len(member)), statistic="score")
    return Game(signals, Membership(member))


def test_the_area_counts_a_tie_as_a_half():
    """Of 2 x 3 pairs the members win 2 + 1, and tie in one."""
    evidence = Evidence.of([3.0, 1.0, 2.0, 0.0, 3.0], [True, True, False, False, False])
    assert contracts._auc(evidence) == pytest.approx((2 + 1 / 2 + 1) / 6)


N = 100
# the spread of the area of 50 against 50 records where nothing leaks
NOISE = np.sqrt((N + 1) / (12 * (N / 2) ** 2))


def scores_of_area(area, n=N):
    """Scores of 50 members and 50 non-members, of which so many pairs are won."""
    half = n // 2
    wins = round(area * half**2)
    below = np.minimum(half, np.maximum(0, wins - half * np.arange(half)))
    return tuple(np.concatenate([below - 0.5, np.arange(half)]).tolist())


@pytest.mark.parametrize(
    ("found", "null", "says"),
    [
        (0.5 + 4.1 * NOISE, 0.5, ""),
        (0.5 + 3.9 * NOISE, 0.5, "finds no members"),
        (0.9, 0.5 + 4.9 * NOISE, ""),
        (0.9, 0.5 + 5.1 * NOISE, "nothing to find"),
        (0.9, 0.5 - 5.1 * NOISE, "nothing to find"),
        (0.1, 0.5, "finds no members"),
    ],
)
def test_a_leak_is_four_spreads_and_nothing_is_within_five(monkeypatch, found, null, says):
    world = game([True] * (N // 2) + [False] * (N // 2))
    areas = iter([found, null])
    monkeypatch.setattr(contracts, "_auc", lambda evidence: next(areas))
    attack = Reads(scores_of_area(0.5))
    if not says:
        contracts._check_power(attack, world, world)
        return
    with pytest.raises(AssertionError, match=says):
        contracts._check_power(attack, world, world)


def test_areas_made_by_hand_are_what_they_say():
    world = game([True] * (N // 2) + [False] * (N // 2))
    for area in (0.2, 0.5, 0.84):
        evidence = Evidence.of(scores_of_area(area), world.membership.member)
        assert contracts._auc(evidence) == pytest.approx(area)


def test_the_silent_game_holds_the_same_signals_and_members_drawn_anew():
    leaking = contracts._leaking(1200, 3)
    silent = contracts._silent(leaking, 3)
    assert silent.signals is leaking.signals
    assert silent.membership.assignment == leaking.membership.assignment
    one, other = leaking.membership.member, silent.membership.member
    assert one.sum() == other.sum()
    assert 0.44 < (one == other).mean() < 0.56
    assert not np.array_equal(other, contracts._silent(leaking, 4).membership.member)


def test_the_leaking_game_brings_shadows_features_and_groups():
    world = contracts._leaking(30, 0)
    same = ShadowGaussian(n_shadows=16, shift=2.0).draw(30, seed=0)
    np.testing.assert_array_equal(world.signals.target, same.signals.target)
    np.testing.assert_array_equal(world.membership.member, same.membership.member)
    assert world.signals.n_shadows == 16
    assert sorted(set(world.signals.group.tolist())) == [0, 1, 2]
    target = world.signals.target[:, 0]
    np.testing.assert_allclose(world.signals.features, np.stack([target, abs(target)], axis=1))


@dataclass(frozen=True)
class Learner:
    """Scores the unknown by the first query, and looks at how many it is told."""

    learns: ClassVar[bool] = True
    told: ClassVar[list] = []

    def __call__(self, signals):
        Learner.told.append(signals.known)
        return signals.target[:, 0].astype(np.float64)


def test_an_attack_that_learns_is_told_every_other_record():
    check_attack(Learner())
    known = Learner.told[0]
    assert (known[::2] == -1).all()
    assert set(known[1::2]) == {0, 1}


@dataclass(frozen=True)
class Moved:
    """The first query, of which a share is moved where the order of the records changes."""

    by: float
    learns: ClassVar[bool] = False

    def __call__(self, signals):
        own = signals.target[:, 0].astype(np.float64)
        return own + self.by * np.arange(len(own))


def test_an_order_that_matters_a_little_is_noticed():
    check_attack(Moved(0.0))
    check_attack(Moved(1e-7))
    with pytest.raises(AssertionError, match="order of records"):
        check_attack(Moved(1e-3))


def test_a_learner_may_move_by_five_hundredths_and_no_more(monkeypatch):
    signals = contracts._leaking(1200, 0)

    class Slightly(Learner):
        """A rank correlation of about .97, and of about .9, with itself in another order."""

        noise = 0.0

        def __call__(self, seen):
            own = seen.target[:, 0].astype(np.float64)
            return own + self.noise * own.std() * np.random.default_rng(len(own)).normal(
                size=len(own)
            )

    for noise, passes in ((0.15, True), (0.4, False)):
        Slightly.noise = noise
        if passes:
            contracts._check_scores(Slightly(), signals)
        else:
            with pytest.raises(AssertionError, match="order of records"):
                contracts._check_scores(Slightly(), signals)

    class Plain(Slightly):
        learns: ClassVar[bool] = False

    Plain.noise = 0.15
    with pytest.raises(AssertionError, match="order of records"):
        contracts._check_scores(Plain(), signals)


@pytest.mark.parametrize(("far", "passes"), [(250, True), (265, False)])
def test_an_attack_that_does_not_learn_moves_by_less_than_a_ten_thousandth(far, passes):
    """Two of 2,000 ranks exchanged that lie d apart lower the correlation by 12 d^2 / n^3."""
    world = contracts._leaking(2000, 0)
    calls = []

    class Swaps(Reads):
        def __call__(self, signals):
            calls.append(0)
            own = np.argsort(np.argsort(signals.target[:, 0])).astype(float)
            if len(calls) == 3:
                pair = [np.flatnonzero(own == 500 + step)[0] for step in (0, far)]
                own[pair] = own[pair[::-1]]
            return own

    assert (12 * far**2 / 2000**3 < 1e-4) is passes
    if passes:
        contracts._check_scores(Swaps(()), world)
        return
    with pytest.raises(AssertionError, match="order of records"):
        contracts._check_scores(Swaps(()), world)


class NotFinite(Reads):
    def __call__(self, signals):
        return np.where(np.arange(signals.n) == 7, np.nan, signals.target[:, 0])


@dataclass
class Thawed:
    learns: ClassVar[bool] = False

    def __call__(self, signals):
        return signals.target[:, 0].astype(float)


@dataclass(frozen=True)
class Unknown:
    def __call__(self, signals):
        return signals.target[:, 0].astype(float)


@dataclass(frozen=True)
class Forgets:
    """Its `repr` leaves a parameter out."""

    by: float = 1.0
    learns: ClassVar[bool] = False

    def __repr__(self):
        return "Forgets()"

    def __call__(self, signals):
        return self.by * signals.target[:, 0].astype(float)


@pytest.mark.parametrize(
    ("attack", "says"),
    [
        (NotFinite(()), "finite"),
        (Thawed(), "frozen"),
        (Unknown(), "says whether it learns"),
        (Forgets(2.0), "must rebuild"),
        (lambda signals: signals, "is a dataclass"),
    ],
)
def test_other_bad_attacks_break_the_contract(attack, says):
    with pytest.raises(AssertionError, match=says):
        check_attack(attack)


def shown(value, low, high):
    return Estimate("mine", value, low, high, 0.95, 10, "by hand", ("nothing",))


def played(monkeypatch, games, large, none=None):
    """`_check_interval` with a metric that reads its answers from a list."""
    answers = iter([large, none or shown(0.5, 0.49, 0.51), *games])
    monkeypatch.setattr(contracts, "_evidence", lambda *given: None)
    contracts._check_interval(lambda evidence: next(answers), 0, covers=True)


LARGE = shown(0.7, 0.69, 0.71)


@pytest.mark.parametrize("misses", [7, 8])
def test_seven_of_forty_intervals_may_miss(monkeypatch, misses):
    assert contracts.N_GAMES == 40
    games = [shown(0.9, 0.8, 1.0)] * misses + [shown(0.7, 0.6, 0.8)] * (40 - misses)
    if misses == 7:
        played(monkeypatch, games, LARGE)
    else:
        with pytest.raises(AssertionError, match="8 of 40"):
            played(monkeypatch, games, LARGE)


def test_an_interval_that_ends_at_the_truth_does_not_miss(monkeypatch):
    played(monkeypatch, [shown(0.65, 0.6, 0.7)] * 20 + [shown(0.75, 0.7, 0.8)] * 20, LARGE)


@pytest.mark.parametrize(("width", "passes"), [(0.0895, True), (0.0905, False)])
def test_an_interval_shrinks_to_less_than_nine_tenths(monkeypatch, width, passes):
    """400,000 records against the middle width of forty games, a tenth."""
    games = [shown(0.7, 0.6, 0.8)] * 40
    large = shown(0.7, 0.7 - width, 0.7 + width)
    if passes:
        played(monkeypatch, games, large)
    else:
        with pytest.raises(AssertionError, match="shrinks"):
            played(monkeypatch, games, large)


def test_the_longer_arm_is_the_width_and_an_open_end_has_none():
    assert contracts._width(shown(0.5, 0.4, 0.8)) == pytest.approx(0.3)
    assert contracts._width(shown(0.5, 0.1, 0.8)) == pytest.approx(0.4)
    assert contracts._width(shown(0.5, 0.4, np.inf)) == pytest.approx(0.1)


def test_a_metric_that_shows_no_more_where_there_is_a_leak_is_refused(monkeypatch):
    games = [shown(0.7, 0.6, 0.8)] * 40
    with pytest.raises(AssertionError, match="larger where there is a leak"):
        played(monkeypatch, games, LARGE, none=LARGE)
    with pytest.raises(AssertionError, match="has a width"):
        played(monkeypatch, [*games[:39], shown(0.7, 0.7, 0.7)], LARGE)


def test_the_games_of_a_metric_leak_as_said(monkeypatch):
    asked = []
    real = contracts._evidence

    def noted(*given):
        asked.append(given)
        return real(given[0], *(n if n < 5000 else n // 50 for n in given[1:3]), given[3])

    monkeypatch.setattr(contracts, "_evidence", noted)
    check_metric(auc, seed=100)
    assert asked[0] == (1.0, 2000, 3000, 100)
    assert asked[1] == (1.0, 200_000, 200_000, 100)
    assert asked[2] == (0.0, 200_000, 200_000, 100)
    assert asked[3:] == [(1.0, 400, 400, 101 + i) for i in range(40)]
    evidence = real(1.0, 20, 30, 0)
    assert (evidence.n_members, evidence.n_nonmembers) == (20, 30)


def test_a_metric_of_values_may_be_said_to_be_one(monkeypatch):
    real = contracts._evidence
    smaller = lambda shift, a, b, seed: real(shift, min(a, 4000), min(b, 4000), seed)  # noqa: E731
    monkeypatch.setattr(contracts, "_evidence", smaller)

    def gap(evidence):
        inside, outside = evidence.member_scores, evidence.nonmember_scores
        value = float(np.mean(inside) - np.mean(outside))
        half = 2 * np.sqrt(inside.var() / len(inside) + outside.var() / len(outside))
        return shown(value, value - half, value + half)

    check_metric(gap, monotone=False)
    with pytest.raises(AssertionError, match="monotone"):
        check_metric(gap)
    bare = lambda evidence: replace(auc(evidence), assumes=())  # noqa: E731
    with pytest.raises(AssertionError, match="what it assumes"):
        check_metric(bare)
