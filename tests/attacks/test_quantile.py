"""Quantile regression: exact false-positive rates without any shadow model, and more power where
features predict.
"""

import numpy as np
import pytest

from tacit.attacks import QuantileRegression, ShokriClassifier, Threshold, quantile
from tacit.attacks.quantile import conformal
from tacit.core import InvalidInput, Membership, NotEnoughData, Signals, collect
from tacit.testing import GaussianShift, ShadowGaussian, check_attack

SHIFT = 1.5


@pytest.mark.parametrize(
    "attack", [QuantileRegression(given="class"), ShokriClassifier()], ids=repr
)
def test_keeps_the_contract(attack):
    check_attack(attack)


def world(n, seed):
    """Without features members score N(1.5, 10) and others N(0, 10); with them N(1.5, 1) and N(0,
    1).
    """
    rng = np.random.default_rng(seed)
    hardness = rng.normal(0, 3, n)
    member = rng.random(n) < 0.5
    told = (rng.random(n) < 0.5) & ~member
    signal = hardness + member * SHIFT + rng.normal(size=n)
    signals = Signals.of(
        signal, features=hardness[:, None], known=np.where(told, 0, -1), statistic="scaled_logit"
    )
    return signals, Membership(member, assignment="coin")


def area(attack, signals, membership):
    evidence = collect(attack, signals, membership)
    return (
        np.searchsorted(evidence.nonmember_scores, evidence.member_scores).mean()
        / evidence.n_nonmembers
    )


def test_features_that_tell_how_hard_a_record_is_give_nearly_the_power_of_who_knows_it():
    signals, membership = world(4000, 0)
    assert area(QuantileRegression(), signals, membership) > GaussianShift(SHIFT).auc - 0.04
    assert area(Threshold(), signals, membership) < GaussianShift(SHIFT / np.sqrt(10)).auc + 0.03


def wild_nonmembers(seed, n_told, n_scored):
    """Cauchy tails, a spread over five orders of magnitude, two humps, an empty feature, classes of
    one: nothing that fits.
    """
    rng = np.random.default_rng([7, seed])
    n = n_told + n_scored
    x = rng.normal(size=(n, 3))
    z = rng.standard_cauchy(n) * np.exp(4 * x[:, 0]) + 50 * np.sign(np.sin(40 * x[:, 1]))
    known = np.where(rng.permutation(n) < n_told, 0, -1)
    return Signals.of(z, features=x * [1, 1, 0], group=rng.integers(0, n_told, n), known=known)


def require_valid(attack, *, draws, n_told=120):
    """The mean share of accused non-members over many draws, against the binomial law of conformal
    p-values.
    """
    m = round(attack.held_out * n_told)
    for_exact = [1 / (m + 1), 6 / (m + 1), 30 / (m + 1)]
    asked = np.array([*for_exact, 0.05, 0.1, 0.25])
    share = []
    for seed in range(draws):
        signals = wild_nonmembers(seed, n_told, 1000)
        score = attack(signals)[signals.known == -1]
        share.append((score[:, None] >= 1 - asked).mean(axis=0))
    error = np.sqrt(asked * (1 - asked) * (1 / (m + 2) + 1 / 1000) / draws)
    assert (np.mean(share, axis=0) <= asked + 4 * error).all(), np.mean(share, axis=0) / asked
    assert (np.mean(share, axis=0) >= asked - 4 * error)[: len(for_exact)].all(), (
        np.mean(share, axis=0) / asked
    )


@pytest.mark.parametrize("given", ["features", "class"])
def test_however_wrong_the_model_nonmembers_are_accused_no_more_often_than_asked_for(given):
    require_valid(QuantileRegression(given=given), draws=25)


def test_one_seed_for_all_data_favours_no_rank(monkeypatch):
    """The yardsticks must not always be the same ranks of the told signals, or the lowest
    false-positive rates are wrong.
    """
    monkeypatch.setattr(quantile, "_boosted", lambda z, seen, teach: z)
    m, share = 50, []
    for seed in range(2000):
        z = np.random.default_rng([3, seed]).normal(size=200)
        score = QuantileRegression(given="class")(
            Signals.of(z, known=np.where(np.arange(200) < 100, 0, -1))
        )[100:]
        share.append((score >= 1 - 1 / (m + 1)).mean())
    assert abs(np.mean(share) * (m + 1) - 1) < 4 * np.std(share) * (m + 1) / np.sqrt(len(share))


def test_every_threshold_is_valid_for_any_number_of_yardsticks_and_with_ties():
    rng = np.random.default_rng(0)
    asked = rng.random(50)
    for m, tied in ((1, False), (7, False), (7, True), (30, True)):
        draws = rng.normal(size=(20_000, m + 1))
        draws = np.round(draws) if tied else draws
        score = np.array([conformal(row[:1], row[1:])[0] for row in draws])
        share = (score[:, None] >= 1 - asked).mean(axis=0)
        assert (share <= asked + 4 * np.sqrt(asked * (1 - asked) / len(draws))).all()


def test_by_hand():
    score = conformal(np.array([-1.0, 0.5, 2.0, 3.0]), np.array([0.0, 2.0, 1.0]))
    np.testing.assert_allclose(score, [0.0, 0.25, 0.5, 0.75], atol=1e-6)


def test_beyond_all_yardsticks_records_stay_in_the_order_of_their_excess():
    score = conformal(np.array([5.0, 50.0, 500.0]), np.zeros(10_000))
    assert (np.diff(score) > 0).all()


def test_neither_the_order_of_records_nor_another_call_changes_a_score():
    signals, _ = world(600, 1)
    order = np.random.default_rng(2).permutation(600)
    first = QuantileRegression()(signals)
    np.testing.assert_array_equal(QuantileRegression()(signals), first)
    np.testing.assert_array_equal(QuantileRegression()(signals.take(order)), first[order])


def test_the_seed_chooses_the_yardsticks():
    signals, _ = world(600, 1)
    assert not np.array_equal(QuantileRegression(seed=1)(signals), QuantileRegression()(signals))


def test_members_who_were_told_change_nothing():
    signals, membership = world(600, 1)
    more = signals.told(np.where(membership.member, 1, signals.known))
    np.testing.assert_array_equal(QuantileRegression()(more), QuantileRegression()(signals))


@pytest.mark.parametrize(
    "attack", [QuantileRegression(), QuantileRegression(learner="torch")], ids=repr
)
def test_too_few_told_nonmembers_are_refused(attack):
    with pytest.raises(
        NotEnoughData, match="needs to be told 100 non-members, got 0: pass `known`"
    ):
        attack(Signals.of(np.arange(50.0), features=np.ones((50, 1))))


def test_a_part_that_is_left_too_small_is_refused():
    with pytest.raises(NotEnoughData, match="needs to be told 200 non-members, got 150") as caught:
        QuantileRegression(held_out=0.9)(
            Signals.of(np.arange(150.0), features=np.ones((150, 1)), known=np.zeros(150))
        )
    assert (caught.value.needed, caught.value.got) == (200, 150)


@pytest.mark.parametrize(
    "attack", [QuantileRegression(), QuantileRegression(learner="torch")], ids=repr
)
def test_records_without_features_are_refused_and_the_class_alone_is_offered(attack):
    with pytest.raises(
        InvalidInput, match=r"needs `features` of the records \(n, d\), got none.*given='class'"
    ):
        attack(Signals.of(np.arange(200.0), known=np.zeros(200)))


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.where(np.arange(200)[:, None] == 7, np.nan, 1.0), "`features` needs finite.*row.*7"),
        (np.ones((199, 1)), "199"),
    ],
)
def test_features_with_holes_or_of_another_length_never_reach_the_attack(features, message):
    with pytest.raises(InvalidInput, match=message):
        Signals.of(np.arange(200.0), known=np.zeros(200), features=features)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learner": "forest"}, "`learner` needs 'boosting' or 'torch', got 'forest'"),
        (
            {"learner": "torch", "head": "laplace"},
            "`head` needs 'gaussian' or 'quantiles', got 'laplace'",
        ),
        ({"head": "quantiles"}, "`head='quantiles'` needs `learner='torch'`, got 'boosting'"),
        ({"seed": -1}, "`seed` needs a whole number from 0 on, got -1"),
        ({"width": 2.5}, "`width` needs a whole number from 0 on, got 2.5"),
        ({"epochs": 0}, "`epochs` needs a whole number from 1 on, got 0"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(InvalidInput, match=message):
        QuantileRegression(**options)


def test_shokri_needs_a_shadow_model_with_both_sides():
    game = ShadowGaussian(n_shadows=2).draw(60, seed=0).signals
    with pytest.raises(NotEnoughData, match="got 0 of 2"):
        ShokriClassifier()(
            Signals.of(game.target, shadow=game.shadow, shadow_member=np.zeros((2, 60), bool))
        )
