import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.dp.mechanisms import ApproxDP, Curve, Gaussian, subsampled_gaussian
from tacit.testing import GaussianShift

X = np.linspace(0.001, 0.999, 101)


def curve_of(mu):
    epsilons = np.linspace(-15, 15, 601)
    from scipy.special import ndtr

    deltas = ndtr(mu / 2 - epsilons / mu) - np.exp(epsilons) * ndtr(-mu / 2 - epsilons / mu)
    return Curve(epsilons, deltas)


@pytest.mark.parametrize(
    "mechanism", [ApproxDP(1.0), ApproxDP(2.0, 0.01), Gaussian(1.0), curve_of(1.0)]
)
def test_inverse_blowup_inverts_the_tradeoff(mechanism):
    for x in X:
        tpr = 1 - float(mechanism.tradeoff(np.array([x]))[0])
        if tpr < 1:
            assert mechanism.inverse_blowup(tpr) == pytest.approx(x, abs=2e-3)


def test_a_curve_of_many_pairs_is_the_mechanism():
    np.testing.assert_allclose(curve_of(1.0).tradeoff(X), Gaussian(1.0).tradeoff(X), atol=1e-3)
    assert curve_of(1.0).epsilon(1e-5) == pytest.approx(Gaussian(1.0).epsilon(1e-5), abs=0.06)
    assert curve_of(1.0).epsilon(1e-5) >= Gaussian(1.0).epsilon(1e-5)


def test_epsilon_of_a_gaussian_is_that_of_the_game():
    for mu in (0.1, 1.0, 4.0):
        assert Gaussian(mu).epsilon(1e-5) == pytest.approx(
            GaussianShift(mu).epsilon(1e-5), abs=1e-6
        )
    assert Gaussian(0.0).epsilon(1e-5) == 0


def test_subsampled_gaussian_is_the_accountants():
    pytest.importorskip("dp_accounting")
    one = subsampled_gaussian(1.0, 1.0, 1)
    np.testing.assert_allclose(one.tradeoff(X), Gaussian(1.0).tradeoff(X), atol=2e-3)
    assert subsampled_gaussian(1.0, 0.01, 1000).epsilon(1e-5) < 4
    with pytest.raises(InvalidInput):
        subsampled_gaussian(0.0, 0.5, 3)


def test_asking_below_what_is_known_is_an_error():
    with pytest.raises(InvalidInput):
        ApproxDP(1.0, 1e-5).epsilon(1e-6)
    with pytest.raises(InvalidInput):
        Gaussian(1.0).epsilon(0.0)
    with pytest.raises(InvalidInput):
        curve_of(1.0).epsilon(1e-300)
