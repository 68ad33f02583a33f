import numpy as np
import pytest
from scipy import stats

from tacit.compat.tf_privacy.privacy_tests.secret_sharer import exposures


def test_exposure_by_rank_by_hand():
    """Of 8 references: none at most as perplexing gives 3 bits, three give log2 (8 / 4), all 0."""
    found = exposures.compute_exposure_interpolation(
        {1: [0.5, 3.5, 99.0], "b": [3.0]}, [5.0, 1.0, 2.0, 3.0, 6.0, 7.0, 8.0, 9.0]
    )
    np.testing.assert_allclose(found[1], [3.0, 1.0, 3 - np.log2(9)])
    np.testing.assert_allclose(found["b"], [1.0])


def test_exposure_beyond_the_references_is_the_log_of_the_tail_below(monkeypatch):
    """A fit of a standard normal: half of it lies below 0 (one bit), 2.3 % below -2."""
    monkeypatch.setattr(stats.skewnorm, "fit", lambda values: (0.0, 0.0, 1.0))
    found = exposures.compute_exposure_extrapolation({"a": [0.0, -2.0, 9.0]}, [1.0])
    np.testing.assert_allclose(found["a"], [1.0, -np.log2(stats.norm.cdf(-2)), 0.0], atol=1e-6)


def test_a_rare_secret_is_more_exposed_than_any_reference():
    reference = np.random.default_rng(0).normal(10, 1, 500)
    found = exposures.compute_exposure_extrapolation({"a": [5.0, 10.0]}, reference)["a"]
    assert found[0] > 12
    assert found[1] == pytest.approx(1.0, abs=0.15)
