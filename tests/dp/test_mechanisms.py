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


def test_tradeoffs_by_hand():
    x = np.array([0.0, 0.1, 0.5, 1.0])
    # epsilon = log 2, delta .1: max(0, .9 - 2x, (.9 - x) / 2)
    np.testing.assert_allclose(
        ApproxDP(np.log(2), 0.1).tradeoff(x), [0.9, 0.7, 0.2, 0.0], atol=1e-12
    )
    np.testing.assert_allclose(ApproxDP(np.log(2)).tradeoff(x), [1.0, 0.8, 0.25, 0.0], atol=1e-12)
    np.testing.assert_allclose(
        Gaussian(1.0).tradeoff(np.array([0.05, 0.5])), [0.740489, 0.158655], atol=1e-6
    )


def test_inverses_by_hand():
    # epsilon = log 2, delta .1: max(0, (y - .1) / 2, .9 - 2 (1 - y))
    plain = ApproxDP(np.log(2), 0.1)
    for y, x in ((0.05, 0.0), (0.1, 0.0), (0.5, 0.2), (0.9, 0.7), (1.0, 0.9)):
        assert plain.inverse_blowup(y) == pytest.approx(x, abs=1e-12)
    assert ApproxDP(1000.0).inverse_blowup(0.999) == 0.0
    assert ApproxDP(1000.0).inverse_blowup(1.0) == 1.0
    shift = Gaussian(2.0)
    assert shift.inverse_blowup(0.977249868) == pytest.approx(0.5, abs=1e-8)
    assert shift.inverse_blowup(0.01) == pytest.approx(7.58e-6, rel=1e-3)  # Phi(-4.326)
    assert Gaussian(6.0).inverse_blowup(0.5) == pytest.approx(9.8659e-10, rel=1e-4)  # Phi(-6)
    assert (shift.inverse_blowup(0.0), shift.inverse_blowup(1.0)) == (0.0, 1.0)
    assert (shift.inverse_blowup(-0.1), shift.inverse_blowup(1.1)) == (0.0, 1.0)


def test_a_claim_is_its_own_epsilon_and_a_curve_rounds_up():
    assert ApproxDP(2.0, 1e-5).epsilon(1e-5) == 2.0
    assert ApproxDP(2.0, 1e-5).epsilon(1e-3) == 2.0
    curve = Curve(np.array([-1.0, 0.0, 1.0, 2.0]), np.array([0.7, 0.3, 0.1, 0.01]))
    assert [curve.epsilon(d) for d in (0.01, 0.05, 0.1, 0.3, 0.9)] == [2.0, 2.0, 1.0, 0.0, 0.0]


def test_a_curve_is_the_largest_of_its_lines():
    # pairs (log 2, .1) and (0, .3): f = max(0, .9 - 2x, .7 - x); inverse max((y - .1) / 2, y - .3)
    curve = Curve(np.array([np.log(2), 0.0]), np.array([0.1, 0.3]))
    x = np.array([0.0, 0.1, 0.2, 0.4, 0.8])
    np.testing.assert_allclose(curve.tradeoff(x), [0.9, 0.7, 0.5, 0.3, 0.0], atol=1e-12)
    for y, expected in ((0.0, 0.0), (0.3, 0.1), (0.5, 0.2), (0.7, 0.4), (1.0, 0.7)):
        assert curve.inverse_blowup(y) == pytest.approx(expected, abs=1e-12)
    # a pair below the envelope of the others changes nothing, in any order
    more = Curve(np.array([0.0, 0.5, np.log(2)]), np.array([0.3, 0.9, 0.1]))
    for y in np.linspace(0, 1, 41):
        assert more.inverse_blowup(y) == pytest.approx(curve.inverse_blowup(y), abs=1e-12)


def test_every_inverse_of_a_fine_curve_is_the_largest_line():
    curve = curve_of(1.3)
    for y in np.linspace(0.001, 0.999, 57):
        lines = (y - curve.deltas) * np.exp(-curve.epsilons)
        assert curve.inverse_blowup(y) == pytest.approx(max(0.0, lines.max()), abs=1e-10)


def test_a_gaussian_epsilon_by_its_definition():
    from scipy.special import ndtr

    for mu, delta in ((1.0, 1e-5), (0.3, 0.01), (5.0, 1e-9), (0.5, 0.3)):
        epsilon = Gaussian(mu).epsilon(delta)
        if epsilon == 0:
            assert ndtr(mu / 2) - ndtr(-mu / 2) <= delta
            continue
        found = ndtr(mu / 2 - epsilon / mu) - np.exp(epsilon) * ndtr(-mu / 2 - epsilon / mu)
        assert found == pytest.approx(delta, rel=1e-6)
    assert Gaussian(1.0).epsilon(1e-5) == pytest.approx(4.377, abs=1e-3)  # Dong et al., cor. 2.13
    for delta in (0.0, 1.0, 1.5):
        with pytest.raises(InvalidInput):
            Gaussian(1.0).epsilon(delta)


def test_one_full_batch_step_is_a_gaussian_at_every_epsilon():
    pytest.importorskip("dp_accounting")
    one = subsampled_gaussian(2.0, 1.0, 4)  # four steps of noise 2: mu = 1
    for delta in (1e-6, 1e-3, 0.1):
        exact = Gaussian(1.0).epsilon(delta)
        # upper bounds on a grid of steps of .05
        assert exact - 1e-6 <= one.epsilon(delta) <= exact + 0.06
    np.testing.assert_allclose(one.tradeoff(X), Gaussian(1.0).tradeoff(X), atol=2e-3)
    assert one.epsilons.min() == -60
    assert one.epsilons.max() == 60
    for bad in ((1.0, 0.0, 1), (1.0, 1.1, 1), (1.0, 0.5, 0), (-1.0, 0.5, 1)):
        with pytest.raises(InvalidInput, match="noise > 0"):
            subsampled_gaussian(*bad)


def test_a_false_positive_rate_is_never_above_one():
    """At epsilon -1 the line is e y: 2.4 at .9."""
    curve = Curve(np.array([-1.0, 0.0]), np.array([0.0, 0.0]))
    assert curve.inverse_blowup(0.9) == 1.0
    assert curve.inverse_blowup(0.2) == pytest.approx(0.2 * np.e)
    assert curve.inverse_blowup(0.0) == 0.0


@pytest.mark.parametrize(
    ("epsilon", "delta"), [(-1.0, 1e-5), (1e-5, 8), (1.0, 1.0), (1.0, -1e-9), (np.nan, 0.0)]
)
def test_a_claim_that_cannot_be_is_refused(epsilon, delta):
    """Epsilon and delta in each other's place, for example."""
    with pytest.raises(InvalidInput, match=r"`ApproxDP\(epsilon, delta\)` needs"):
        ApproxDP(epsilon, delta)


@pytest.mark.parametrize("mu", [-0.1, np.nan])
def test_a_gaussian_of_less_than_no_loss_is_refused(mu):
    with pytest.raises(InvalidInput, match="`mu` of a Gaussian needs 0 or more"):
        Gaussian(mu)
    assert Gaussian(0.0).epsilon(1e-5) == 0
