"""Bounds on epsilon from a curve, a split and a posterior, written out."""

import numpy as np
import pytest
from scipy.stats import beta

from tacit.core import Evidence
from tacit.dp.bounds import epsilon_lower_bound, tradeoff_band


def evidence(score, member, cluster=None, assignment="coin"):
    score = np.asarray(score, np.float64)
    return Evidence(
        score, np.asarray(member, bool), cluster, assignment, "by hand", np.arange(len(score))
    )


def test_a_curve_gives_its_epsilon_and_its_excess_by_hand():
    """(.1, .5): log(.5 / .1) and log(.9 / .5); (.4, .99): log(.99 / .4) and log(.6 / .01), which
    is the largest; with delta .05 log(.55 / .01), with .5 log(.1 / .01), with .7 log(.29 / .4) < 0
    and nothing.
    """
    from tacit.dp.bounds import TradeoffBand

    band = TradeoffBand(np.array([0.1, 0.4]), np.array([0.5, 0.99]), 0.95, "by hand", ())
    for delta, ratio in ((0.0, 60.0), (0.05, 55.0), (0.5, 10.0), (0.7, 1.0)):
        assert band.epsilon(delta) == pytest.approx(np.log(ratio))
    assert TradeoffBand(np.array([0.1]), np.array([0.5]), 0.95, "", ()).epsilon(0.0) == (
        pytest.approx(np.log(5))
    )
    # a claim that FNR is at least 1 - 2 FPR: TPR of .2 and .8 at most
    assert band.excess(lambda fpr: 1 - 2 * fpr) == pytest.approx(0.3)
    assert band.excess(lambda fpr: 0 * fpr) == pytest.approx(-0.01)
    # a rate that is certainly 1 or 0 leaves nothing to divide by
    edge = TradeoffBand(np.array([0.0, 0.5]), np.array([0.3, 1.0]), 0.95, "", ())
    assert edge.epsilon(0.0) == pytest.approx(np.log(2))


@pytest.mark.parametrize("ties", [4, 1000])
def test_a_band_has_every_threshold_that_can_be_best_with_the_limits_of_its_counts(ties):
    """No other accuses more members or fewer non-members."""
    from tacit.dp.bands import lower_limits, upper_limits

    rng = np.random.default_rng(ties)
    score = rng.integers(0, ties, 37).astype(float)
    member = np.arange(37) < 20
    band = tradeoff_band(evidence(score, member), level=0.8, method="bonferroni")
    known = set()
    for cut in [-1.0, *np.unique(score)]:
        k0, k1 = int((score[~member] > cut).sum()), int((score[member] > cut).sum())
        fpr = upper_limits(np.array([k0]), 17, alpha=0.1, band="bonferroni")[0]
        tpr = lower_limits(np.array([k1]), 20, alpha=0.1, band="bonferroni")[0]
        known.add((round(float(fpr), 12), round(float(tpr), 12)))
    found = {(round(f, 12), round(t, 12)) for f, t in zip(band.fpr.tolist(), band.tpr.tolist())}
    assert found <= known
    for fpr, tpr in known:
        assert any(f <= fpr and t >= tpr for f, t in found)
    assert (np.diff(band.fpr) >= 0).all()


@pytest.mark.parametrize("seed", range(4))
def test_a_split_takes_the_threshold_of_one_half_to_the_other(seed):
    """Written out: half of either side, drawn side by side, chooses by Clopper-Pearson limits at
    half of alpha; the others are counted at its threshold.
    """
    rng = np.random.default_rng(100 + seed)
    member = np.arange(61) < 30
    score = np.round(rng.normal(size=61) + (2.5 + seed) * member, 1)
    if seed == 3:
        score, member = -score, ~member
    delta, level, alpha = 0.02, 0.7, 0.15
    draw = np.random.default_rng(seed)
    half = np.zeros(61, bool)
    for side in (member, ~member):
        rows = np.flatnonzero(side)
        half[draw.permutation(rows)[: len(rows) // 2]] = True

    def epsilon(rows, cut):
        inside, outside = score[rows & member], score[rows & ~member]
        k1, k0, n1, n0 = (inside > cut).sum(), (outside > cut).sum(), len(inside), len(outside)
        fpr = 1.0 if k0 == n0 else beta.ppf(1 - alpha, k0 + 1, n0 - k0)
        tpr = 0.0 if k1 == 0 else beta.ppf(alpha, k1, n1 - k1 + 1)
        ratios = [(tpr - delta) / fpr, (1 - fpr - delta) / (1 - tpr)]
        return max(np.log(max(ratio, 1e-12)) for ratio in ratios)

    cuts = np.unique(
        np.concatenate([score[half & ~member], np.nextafter(score[half & member], -np.inf)])
    )
    best = cuts[int(np.argmax([epsilon(half, cut) for cut in cuts]))]
    known = max(0.0, epsilon(~half, best))
    found = epsilon_lower_bound(
        evidence(score, member), delta, level=level, method="split", seed=seed
    ).low
    assert found == pytest.approx(known, rel=1e-9)
    assert known > 0.3


@pytest.mark.parametrize(
    ("fp", "fn", "delta", "tail"),
    [((2, 60), (10, 40), 0.0, 0.05), ((30, 50), (1, 50), 0.1, 0.1), ((0, 10), (0, 12), 0.01, 0.5)],
)
def test_the_posterior_chance_of_a_smaller_epsilon_is_the_tail(fp, fn, delta, tail):
    """By integration over the FPR: max of both logarithms below it."""
    from scipy.integrate import quad

    from tacit.dp.bounds import _jeffreys

    found = _jeffreys(fp, fn, delta, tail)
    first, second = beta(fp[0] + 0.5, fp[1] - fp[0] + 0.5), beta(fn[0] + 0.5, fn[1] - fn[0] + 0.5)

    def below(x):
        needed = max(1 - delta - np.exp(found) * x, (1 - delta - x) * np.exp(-found))
        return second.sf(min(max(needed, 0.0), 1.0)) * first.pdf(x)

    mass = quad(below, 0, 1, points=[first.ppf(0.01), first.mean(), first.ppf(0.99)], limit=200)[0]
    assert mass == pytest.approx(tail, abs=2e-3)
