"""The AUC over models that share their records."""

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import binom

from tacit.attacks.reference.families import families
from tacit.core import InvalidInput, NotEnoughData
from tacit.design import assign
from tacit.metrics.crossed import CrossedAuc, share_removed

N_WORLDS = 300


def world(rng, member, mu, *, models=0.0, records=0.0):
    """Members score higher by `mu`, more or less so for some models and some records."""
    m, n = member.shape
    shift = mu + models * rng.normal(size=(m, 1)) + records * rng.normal(size=n)
    return shift * member + rng.normal(size=(m, n))


def crossed(score, member, **options):
    return CrossedAuc.of(score, member, families(member), **options)


def test_the_value_is_the_mean_of_the_models_areas():
    score = np.array([[3.0, 2, 1, 0], [0, 1, 2, 3]])
    member = np.array([[1, 1, 0, 0], [0, 0, 1, 0]], bool)
    member[1] = [True, False, True, False]
    found = CrossedAuc.of(score, member, [(0,), (1,)])
    assert found.value == (1 + 0.25) / 2


@pytest.mark.parametrize(
    ("m", "n", "models", "records"),
    [(8, 100, 0.0, 0.0), (8, 100, 0.3, 0.0), (16, 100, 0.0, 1.0), (16, 200, 0.2, 0.5)],
)
def test_the_interval_covers_whatever_differs(m, n, models, records):
    rng = np.random.default_rng(m + n)
    draws = np.hypot(models, records) * np.random.default_rng(0).normal(size=1_000_000)
    truth = float(ndtr((0.5 + draws) / 2**0.5).mean())
    inside = 0
    for seed in range(N_WORLDS):
        member = assign(n, m, seed=seed).member
        score = world(rng, member, 0.5, models=models, records=records)
        found = crossed(score, member).estimate()
        inside += found.low <= truth <= found.high
    assert inside >= binom.ppf(0.001, N_WORLDS, 0.93)


def test_without_the_records_in_the_variance_shared_records_fool_it():
    """What differs between records is shared by all models: more models do not average it out."""
    rng = np.random.default_rng(0)
    truth = float(ndtr((0.5 + 2 * np.random.default_rng(1).normal(size=1_000_000)) / 2**0.5).mean())
    inside, without = 0, 0
    for seed in range(N_WORLDS):
        member = assign(60, 32, seed=seed).member
        found = crossed(world(rng, member, 0.5, records=2.0), member)
        spread = found.covariance(found) ** 0.5
        only = float(found.family @ found.family) ** 0.5
        inside += abs(found.value - truth) <= 2.13 * spread
        without += abs(found.value - truth) <= 2.13 * only
    assert inside >= 0.92 * N_WORLDS
    assert without < 0.8 * N_WORLDS


def test_the_share_removed_covers_and_is_known_only_above_chance():
    rng = np.random.default_rng(3)
    before_truth, after_truth = (float(ndtr(mu / 2**0.5)) for mu in (0.8, 0.4))
    truth = 1 - (after_truth - 0.5) / (before_truth - 0.5)
    inside = 0
    for seed in range(N_WORLDS):
        member = assign(150, 8, seed=seed).member
        noise = rng.normal(size=member.shape)
        before, after = (crossed(mu * member + noise, member) for mu in (0.8, 0.4))
        found = share_removed(after, before)
        inside += found.low <= truth <= found.high
    assert inside >= binom.ppf(0.001, N_WORLDS, 0.95)
    nothing = crossed(rng.normal(size=member.shape), member)
    with pytest.raises(NotEnoughData, match="ceiling above chance"):
        share_removed(nothing, nothing)


def test_where_nothing_changed_the_share_removed_is_zero_for_certain():
    rng = np.random.default_rng(5)
    member = assign(100, 8, seed=1).member
    score = world(rng, member, 1.0, models=0.2)
    found = share_removed(crossed(score, member), crossed(score, member))
    assert (found.low, found.value, found.high) == pytest.approx((0, 0, 0), abs=1e-6)


def test_clusters_that_are_copies_count_once():
    rng = np.random.default_rng(4)
    unit = np.repeat(np.arange(30), 10)
    member = assign(300, 8, cluster=unit, seed=0).member
    score = rng.normal(size=(8, 30))[:, unit]
    found = crossed(score, member, cluster=unit)
    assert found.estimate().n == 30
    plain = crossed(score, member)
    assert found.record @ found.record > 3 * (plain.record @ plain.record)


def test_bad_input_is_named():
    member = np.tile([True, False], (2, 4))
    with pytest.raises(InvalidInput, match="one row a model"):
        CrossedAuc.of(np.zeros(8), member, [(0,), (1,)])
    with pytest.raises(NotEnoughData, match="each other's complement"):
        CrossedAuc.of(np.zeros((2, 8)), member, [(0, 1)])
    with pytest.raises(NotEnoughData, match="2 members and 2 non-members"):
        CrossedAuc.of(np.zeros((2, 8)), np.ones((2, 8), bool), [(0,), (1,)])
