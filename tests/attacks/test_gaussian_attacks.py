"""LiRA, BaVarIA and EB-LiRA: every factor in them by hand."""

import numpy as np
import pytest
from scipy import stats

from tacit.attacks import BASE, RMIA, BaVarIA, EBLiRA, LiRA
from tacit.attacks.reference.empirical_bayes import _combined, predictive
from tacit.attacks.reference.in_out import Worlds
from tacit.core import Membership, NotEnoughData, Signals, collect
from tacit.metrics import auc as area
from tacit.testing import ShadowGaussian

# two records, each in and out of two models: IN 1, 3 and 4, 4; OUT -1, 1 and 0, 2
SHADOW = np.array([[1.0, 4.0], [3.0, 4.0], [-1.0, 0.0], [1.0, 2.0]])
MEMBER = np.array([[1, 1], [1, 1], [0, 0], [0, 0]], bool)


def signals(*target):
    return Signals.of(np.array(target), shadow=SHADOW, shadow_member=MEMBER, scale="logit")


def log_n(z, mean, variance):
    return stats.norm.logpdf(z, mean, np.sqrt(variance))


def test_lira_within_by_hand():
    """IN squares 2 + 0 over 1 + 1 degrees of freedom, OUT 2 + 2 over 1 + 1."""
    score = LiRA(variance="within")(signals(2.5, 3.0))
    expected = [log_n(2.5, 2, 1) - log_n(2.5, 0, 2), log_n(3, 4, 1) - log_n(3, 1, 2)]
    np.testing.assert_allclose(score, expected)


def test_lira_fixed_by_hand():
    """All IN values 1, 3, 4, 4: variance 6/4. All OUT values -1, 1, 0, 2: variance 5/4."""
    score = LiRA(variance="fixed")(signals(2.5, 3.0))
    expected = [log_n(2.5, 2, 1.5) - log_n(2.5, 0, 1.25), log_n(3, 4, 1.5) - log_n(3, 1, 1.25)]
    np.testing.assert_allclose(score, expected)


def test_lira_per_record_by_hand():
    """The first record: IN variance 1, OUT variance 1 (divided by the number of models)."""
    score = LiRA(variance="per_record", min_models=2)(signals(2.5, 3.0))
    assert score[0] == pytest.approx(log_n(2.5, 2, 1) - log_n(2.5, 0, 1))


def test_lira_auto_by_hand():
    """Two records of one bin: OUT squares 2 and 2 of one degree each are no more different than
    chi-square, so the prior takes all: level 2 / (2 exp(digamma(1/2))), a Gaussian; the error of a
    mean of two models makes it half as large again. IN squares 2 and 0 differ without limit, which
    leaves each to itself.
    """
    from scipy.special import digamma

    offline = LiRA(mode="offline")(signals(2.5, 3.0))
    level = 2 / (2 * np.exp(digamma(0.5)))
    np.testing.assert_allclose(offline, [2.5 / np.sqrt(1.5 * level), 2 / np.sqrt(1.5 * level)])


def test_lira_auto_is_fixed_where_no_record_has_two_models_of_a_world():
    game = ShadowGaussian(n_shadows=2).draw(200, seed=0)
    expected = LiRA(variance="fixed")(game.signals)
    np.testing.assert_array_equal(LiRA()(game.signals), expected)
    with pytest.raises(NotEnoughData, match="variance within records"):
        LiRA(variance="within")(game.signals)


def auc(score, member):
    rank = np.argsort(np.argsort(score))[member].mean()
    return (rank - (member.sum() - 1) / 2) / (~member).sum()


@pytest.mark.parametrize("n_shadows", [4, 8, 16, 64])
def test_lira_auto_is_not_behind_either_variance_at_any_number_of_models(n_shadows):
    """On the game's hierarchy the pooled variance is ahead with few models, the record's own with
    many, by up to .08 of AUC: auto is never more than .002 behind the better.
    """
    game = ShadowGaussian(n_shadows=n_shadows).draw(6000, seed=3)
    member = game.membership.member
    auto, within, own = (
        auc(LiRA(variance=kind, min_models=2)(game.signals), member)
        for kind in ("auto", "within", "per_record")
    )
    assert auto > max(within, own) - 0.002


@pytest.mark.parametrize("attack", [LiRA(), LiRA(variance="within"), BaVarIA(), EBLiRA()], ids=repr)
def test_the_unit_of_the_signal_does_not_matter(attack):
    game = ShadowGaussian(n_shadows=8).draw(300, seed=1).signals
    small = Signals.of(
        1e-8 * game.target.astype(float),
        shadow=1e-8 * game.shadow.astype(float),
        shadow_member=game.shadow_member,
    )
    wide = Signals.of(
        game.target.astype(float),
        shadow=game.shadow.astype(float),
        shadow_member=game.shadow_member,
    )
    np.testing.assert_allclose(attack(small), attack(wide), rtol=1e-5, atol=1e-5)


def test_bavaria_t_by_hand():
    """The first record, IN: prior mean 3, variance 6/4, one model's weight, alpha 2; two models of
    mean 2 and squares 2. kappa 3, mean 7/3, alpha 3, beta 3/2 + 2/2 + 1 * 2 * 1 / (2 * 3) = 17/6,
    squared scale beta (kappa + 1) / (alpha kappa) = 34/27, 6 degrees of freedom.
    OUT: prior mean 1/2, variance 5/4; mean 0, squares 2. kappa 3, mean 1/6, alpha 3,
    beta 5/4 + 1 + 2 * (1/4) / 6 = 7/3, squared scale 28/27.
    """
    inside = stats.t.logpdf(2.5, 6, 7 / 3, np.sqrt(34 / 27))
    outside = stats.t.logpdf(2.5, 6, 1 / 6, np.sqrt(28 / 27))
    assert BaVarIA(variant="t")(signals(2.5, 3.0))[0] == pytest.approx(inside - outside)


def test_bavaria_n_by_hand():
    """The same with alpha 1 + 2/2 = 2: the posterior mean of the variance is beta / (alpha - 1)."""
    expected = log_n(2.5, 2, 17 / 6) - log_n(2.5, 0, 7 / 3)
    assert BaVarIA(variant="n")(signals(2.5, 3.0))[0] == pytest.approx(expected)


def test_bavaria_offline_takes_the_prior_for_the_in_world():
    """No own model: mean 3, kappa 1, alpha 2, beta 3/2: squared scale 3/2 * 2 / 2, 4 degrees."""
    inside = stats.t.logpdf(2.5, 4, 3, np.sqrt(1.5))
    outside = stats.t.logpdf(2.5, 6, 1 / 6, np.sqrt(28 / 27))
    score = BaVarIA(variant="t", mode="offline")(signals(2.5, 3.0))
    assert score[0] == pytest.approx(inside - outside)


def test_two_estimates_are_weighted_by_their_precision():
    """10 with variance 1 and 4 with variance 2: (2 * 10 + 4) / 3, variance 2 / 3."""
    mean, variance = _combined(*(np.array([value]) for value in (10.0, 1.0, 4.0, 2.0)))
    assert mean == pytest.approx(8)
    assert variance == pytest.approx(2 / 3)


def hundred():
    """100 records of OUT mean 0 and shift 3, IN -1 + 3 and 1 + 3, OUT -1 and 1."""
    shadow = np.repeat([[2.0], [4.0], [-1.0], [1.0]], 100, axis=1)
    member = np.repeat([[1], [1], [0], [0]], 100, axis=1).astype(bool)
    return Worlds.of(Signals.of(np.zeros(100), shadow=shadow, shadow_member=member))


def test_predictives_of_equal_records_by_hand():
    """Squares 2 of one degree for all: the prior takes all, level v = 2 / (2 exp(digamma(1/2))), a
    Gaussian. Each mean of two models has variance v / 2; the shift is 3 for all, so its spread is 0
    and both worlds tell each mean: variance v / 4. A new signal: v + v / 4.
    """
    from scipy.special import digamma

    v = 2 / (2 * np.exp(digamma(0.5)))
    inside, outside = predictive(hundred(), query=0)
    np.testing.assert_allclose(inside.mean, 3)
    np.testing.assert_allclose(outside.mean, 0, atol=1e-12)
    np.testing.assert_allclose(inside.variance, 1.25 * v)
    np.testing.assert_allclose(outside.variance, 1.25 * v)
    np.testing.assert_array_equal(inside.freedom, np.inf)


def test_offline_predictives_use_no_in_model_of_the_record():
    """The OUT mean has two models: v + v / 2. The IN world is the OUT mean plus the typical shift;
    its spread is that of the shifts, 0, less what the error of the IN means explains.
    """
    from scipy.special import digamma

    v = 2 / (2 * np.exp(digamma(0.5)))
    inside, outside = predictive(hundred(), query=0, own_inside=False)
    np.testing.assert_allclose(inside.mean - outside.mean, 3)
    np.testing.assert_allclose(outside.variance, 1.5 * v)
    np.testing.assert_allclose(inside.variance, v)


def test_base_and_rmia_by_hand():
    """p = .6 of a record whose models answer .2 and .4 with it and .1 and .1 without it."""
    chance = np.array([[0.2], [0.4], [0.1], [0.1]])
    seen = Signals.of([0.6], shadow=chance, shadow_member=MEMBER[:, :1], scale="probability")
    assert BASE()(seen)[0] == pytest.approx(np.log(0.6 / 0.2))
    assert BASE(mode="offline")(seen)[0] == pytest.approx(np.log(0.6 / 0.1))
    assert BASE(mode="offline", weight=0.5)(seen)[0] == pytest.approx(np.log(0.6 / 0.1**0.5))
    ratio = RMIA().log_ratio(Worlds.of(seen), seen.target)
    assert ratio[0] == pytest.approx(np.log(0.6 / ((0.3 + 0.1) / 2)))
    offline = RMIA(mode="offline", a=0.3).log_ratio(Worlds.of(seen), seen.target)
    assert offline[0] == pytest.approx(np.log(0.6 / ((1.3 * 0.1 + 0.7) / 2)))


def test_answers_at_the_end_of_their_scale_do_not_pull_the_other_variances_down():
    rng = np.random.default_rng(1)
    n, m = 2000, 8
    inside = np.stack([rng.permutation(m) < m // 2 for _ in range(n)], axis=1)
    truth = rng.random(n) < 0.5
    hard = 10 + rng.normal(0, 3, n)
    shadow = hard + rng.normal(size=(m, n)) + 2 * inside
    target = hard + rng.normal(size=n) + 2 * truth
    # one record in a hundred is at the ceiling under every model
    ceiling = 17.0
    free, cut = (
        area(
            collect(
                LiRA(),
                Signals.of(
                    np.minimum(target, most),
                    shadow=np.minimum(shadow, most),
                    shadow_member=inside,
                    statistic="scaled_logit",
                ),
                Membership(truth),
            )
        ).value
        for most in (np.inf, ceiling)
    )
    # .900 of .903 are left; with those records as variances of 0 it is .888
    assert cut > free - 0.008


def test_bavaria_n_divides_by_what_three_models_and_one_are_worth():
    """One record in one model (4) and out of three (-1, 1, 3), another in three (0, 2, 4), out of
    one (1). IN values have mean 5/2 and variance 11/4, OUT values 1 and 2.

    IN: alpha 1 + 1/2, beta 11/4 + 1 * 1 * (3/2)^2 / (2 * 2) = 53/16, over 1/2. OUT: alpha
    1 + 3/2, beta 2 + 8/2 = 6, over 3/2.
    """
    shadow = np.array([[4.0, 1.0], [-1.0, 0.0], [1.0, 2.0], [3.0, 4.0]])
    member = np.array([[1, 0], [0, 1], [0, 1], [0, 1]], bool)
    given = Signals.of([2.5, 0.0], shadow=shadow, shadow_member=member)
    expected = log_n(2.5, 4, 53 / 8) - log_n(2.5, 1, 4)
    assert BaVarIA(variant="n")(given)[0] == pytest.approx(expected)
