import numpy as np
import pytest

from tacit.attacks import Threshold
from tacit.core import InvalidInput, collect
from tacit.dp.gdp import claimed_curve_excess, family_epsilon, gaussian_epsilon, mu_lower_bound
from tacit.dp.mechanisms import ApproxDP, Gaussian
from tacit.testing import GaussianShift, LaplaceShift


def played(game):
    return collect(Threshold(), game.signals, game.membership)


def test_mu_holds_for_gaussians_and_is_close():
    found = [
        mu_lower_bound(played(GaussianShift(2.0).draw(400, 400, seed=s))).low for s in range(60)
    ]
    assert np.mean(np.array(found) > 2.0) <= 0.05 + 3 * np.sqrt(0.05 / 60)
    assert np.mean(found) > 1.6


def test_gaussian_bounds_fail_on_laplace_and_say_that_they_may():
    world = played(LaplaceShift(1.0).flip(4000, seed=0))
    conditional = gaussian_epsilon(world, 1e-5)
    assert conditional.low > 1.0  # the truth is 1: the condition does not hold
    assert conditional.name == "epsilon if Gaussian"
    assert "wrong" in " ".join(conditional.assumes)


def test_a_family_is_searched_from_its_private_end():
    world = played(GaussianShift(2.0).draw(400, 400, seed=1))
    by_noise = family_epsilon(world, 1e-5, lambda noise: Gaussian(1 / noise), least=0.1, most=50.0)
    assert by_noise.low == pytest.approx(gaussian_epsilon(world, 1e-5).low, rel=0.02)
    assert by_noise.name != "epsilon"
    null = family_epsilon(
        played(GaussianShift(0.0).draw(400, 400, seed=1)),
        1e-5,
        lambda noise: Gaussian(1 / noise),
        least=0.1,
        most=50.0,
    )
    assert null.low == 0
    with pytest.raises(InvalidInput, match="`least`"):
        family_epsilon(world, 1e-5, lambda noise: Gaussian(1 / noise), least=2.0, most=1.0)


def test_a_claimed_curve_is_refuted_only_if_it_is_wrong():
    worlds = [played(GaussianShift(1.0).draw(300, 300, seed=s)) for s in range(60)]
    above = np.mean([claimed_curve_excess(w, Gaussian(1.0)).low > 1e-12 for w in worlds])
    assert above <= 0.05 + 3 * np.sqrt(0.05 / 60)
    assert claimed_curve_excess(worlds[0], Gaussian(0.2)).low > 0
    assert claimed_curve_excess(worlds[0], ApproxDP(0.2, 1e-5)).low > 0


def test_an_observed_split_is_named():
    from tacit.core import Membership

    game = GaussianShift(1.0).draw(100, 100, seed=0)
    world = collect(Threshold(), game.signals, Membership(game.membership.member))
    assert "of this split" in mu_lower_bound(world).name


def test_mu_is_the_largest_difference_of_quantiles_and_0_without_a_leak():
    from scipy.stats import norm

    from tacit.dp.bounds import tradeoff_band

    weak = played(GaussianShift(0.8).draw(300, 300, seed=2))
    band = tradeoff_band(weak)
    inside = (band.fpr < 1) & (band.tpr > 0)
    mu = np.max(norm.ppf(band.tpr[inside]) - norm.ppf(band.fpr[inside]))
    assert 0.1 < mu < 0.9
    assert mu_lower_bound(weak).low == pytest.approx(mu)
    assert mu_lower_bound(played(GaussianShift(0.0).draw(300, 300, seed=2))).low == 0
    # delta = Phi(mu / 2 - e / mu) - exp(e) Phi(-mu / 2 - e / mu), at the bound
    e = gaussian_epsilon(weak, 1e-3).low
    delta = norm.cdf(mu / 2 - e / mu) - np.exp(e) * norm.cdf(-mu / 2 - e / mu)
    assert delta == pytest.approx(1e-3, rel=1e-3)


def test_a_curve_that_touches_the_claim_refutes_nothing():
    """At FPR .1 a mechanism that tells nothing allows a TPR of .1: .0999 is less, .1001 more."""
    from tacit.dp.bounds import TradeoffBand
    from tacit.dp.gdp import refutes
    from tacit.dp.mechanisms import ApproxDP

    for tpr, refuted in ((0.095, False), (0.0999, False), (0.1001, True)):
        band = TradeoffBand(np.array([0.1]), np.array([tpr]), 0.95, "by hand", ())
        assert refutes(band, ApproxDP(0.0)) == refuted


def fallen(limit):
    """A band that refutes a claim as far as its parameter lies above `limit`, and such a family."""
    from types import SimpleNamespace

    band = SimpleNamespace(excess=lambda tradeoff: tradeoff - limit, assumes=("a",), method="band")
    return band, lambda parameter: SimpleNamespace(
        tradeoff=parameter, epsilon=lambda delta: parameter + delta
    )


@pytest.mark.parametrize(("least", "most"), [(0.0, 8.0), (-3.0, 5.0)])
@pytest.mark.parametrize("steps", [4, 14])
def test_the_least_private_refuted_member_is_found_within_its_share_of_the_range(
    least, most, steps
):
    """On a plain scale: at or above the limit by a 2 ** -steps of the range at most."""
    from tacit.dp.gdp import _least_private

    found = _least_private(*fallen(1.3), least, most, steps)
    assert 1.3 <= found <= 1.3 + 1.01 * (most - least) / 2**steps


@pytest.mark.parametrize("steps", [4, 14])
def test_on_a_scale_of_logarithms_the_share_is_a_factor(steps):
    from tacit.dp.gdp import _least_private

    found = _least_private(*fallen(0.05), 0.001, 100.0, steps)
    assert 0.05 <= found <= 0.05 * 1e5 ** (1.01 / 2**steps)


def test_the_epsilon_of_a_family_is_that_of_the_member_found(monkeypatch):
    """Refuted from 2 up to 9: the smallest refuted one speaks; none refuted, and 0 is all."""
    from tacit.dp import gdp

    world = played(GaussianShift(1.0).draw(30, 20, seed=0))
    for limit, low in ((2.0, 2.25), (9.5, 0.0), (9.0, 0.0)):
        band, family = fallen(limit)
        monkeypatch.setattr(gdp, "tradeoff_band", lambda *_, band=band, **__: band)
        found = family_epsilon(world, 0.25, family, least=1.0, most=9.0, level=0.9)
        assert found.value == found.low == pytest.approx(low, abs=2e-3)
        assert (found.high, found.level, found.n) == (np.inf, 0.9, 50)
    with pytest.raises(InvalidInput, match="`least`"):
        family_epsilon(world, 0.25, family, least=1.0, most=1.0)


def test_mu_by_hand_leaves_out_what_has_no_quantile(monkeypatch):
    """(.1, .5) gives Phi^-1(.5) - Phi^-1(.1) = 1.2816; (.3, .9) gives 1.2816 + .5244 = 1.8060; a
    TPR of 0 and an FPR of 1 say nothing.
    """
    from tacit.dp import gdp
    from tacit.dp.bounds import TradeoffBand

    world = played(GaussianShift(1.0).draw(30, 20, seed=0))
    points = np.array([[0.01, 0.0], [0.1, 0.5], [0.3, 0.9], [1.0, 0.999]])
    for k, mu in ((2, 1.281552), (4, 1.805952), (1, 0.0)):
        band = TradeoffBand(points[:k, 0], points[:k, 1], 0.95, "by hand", ("x",))
        monkeypatch.setattr(gdp, "tradeoff_band", lambda *_, band=band, **__: band)
        found = mu_lower_bound(world)
        assert found.low == pytest.approx(mu, abs=1e-6)
        assert (found.high, found.n, found.assumes[0]) == (np.inf, 50, "x")
    band = TradeoffBand(points[1:3, 0], points[1:3, 1], 0.95, "by hand", ("x",))
    monkeypatch.setattr(gdp, "tradeoff_band", lambda *_, **__: band)
    # a claim of (log 3, 0): TPR <= 3 FPR = .3, and <= 1 - .7 / 3 = .7667 at the second; of (log 9,
    # 0): <= 1 - .9 / 9 = .9, and <= 1 - .7 / 9, so that no point lies above it
    assert claimed_curve_excess(world, ApproxDP(np.log(3.0))).low == pytest.approx(0.2)
    assert claimed_curve_excess(world, ApproxDP(np.log(9.0))).low == pytest.approx(-0.2 / 9)


def test_a_family_is_searched_to_a_16000th_of_its_range_unless_told_otherwise(monkeypatch):
    from tacit.dp import gdp

    asked = []
    monkeypatch.setattr(gdp, "tradeoff_band", lambda *_, **__: fallen(2.0)[0])
    monkeypatch.setattr(gdp, "_least_private", lambda *given: asked.append(given[2:]) or 3.0)
    world = played(GaussianShift(1.0).draw(30, 20, seed=0))
    family_epsilon(world, 0.25, fallen(2.0)[1], least=1.0, most=9.0)
    assert asked == [(1.0, 9.0, 14)]
