"""Denoising losses as signals."""

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.signals.denoising import denoising_fit

KEPT = np.array([0.9, 0.5, 0.1])


def test_a_perfect_denoiser_has_no_loss_and_a_blind_one_that_of_the_noise():
    x = np.zeros((4, 2000))  # of an empty record the noise is all that there is
    perfect = denoising_fit(lambda z, t: z / np.sqrt(1 - KEPT[t]), x, kept=KEPT, steps=[0, 2])
    blind = denoising_fit(lambda z, t: np.zeros_like(z), x, kept=KEPT, steps=[0, 2])
    assert perfect == pytest.approx(np.zeros((4, 8)), abs=1e-20)
    assert blind == pytest.approx(-np.ones((4, 8)), abs=0.2)


def test_all_records_and_all_models_get_the_same_noises():
    x = np.ones((3, 5))
    first, again = (
        denoising_fit(lambda z, t: z, x, kept=KEPT, steps=[1], seed=7) for _ in range(2)
    )
    assert first.tolist() == again.tolist()
    assert (first == first[0]).all()
    other = denoising_fit(lambda z, t: z, x, kept=KEPT, steps=[1], seed=8)
    assert not np.array_equal(first, other)


def test_bad_input_is_named():
    x = np.ones((3, 5))
    with pytest.raises(InvalidInput, match="`steps`"):
        denoising_fit(lambda z, t: z, x, kept=KEPT, steps=[3])
    with pytest.raises(InvalidInput, match="`kept`"):
        denoising_fit(lambda z, t: z, x, kept=[1.5], steps=[0])
    with pytest.raises(InvalidInput, match="`denoise`"):
        denoising_fit(lambda z, t: z[:1], x, kept=KEPT, steps=[0])


def test_the_loss_of_a_record_is_that_of_the_formula_step_after_step():
    """-||e - e_model(sqrt(a) x + sqrt(1 - a) e)||^2 / d, with the noises in the order asked."""
    x = np.array([[1.0, 2.0], [0.0, -1.0]])
    found = denoising_fit(lambda z, t: z / 2, x, kept=KEPT, steps=[2, 0], n_noises=1, seed=5)
    rng = np.random.default_rng(5)
    for column, share in enumerate([0.1, 0.9]):
        noise = rng.standard_normal(2)
        noisy = np.sqrt(share) * x + np.sqrt(1 - share) * noise
        np.testing.assert_allclose(found[:, column], -((noise - noisy / 2) ** 2).mean(axis=1))


def test_the_first_and_the_last_step_and_a_single_noise_are_allowed_and_no_others():
    x = np.ones((1, 2))
    ask = {"kept": KEPT, "n_noises": 1}
    assert denoising_fit(lambda z, t: z, x, steps=[0, 2], **ask).shape == (1, 2)
    for steps in ([-1, 1], [1, 3], []):
        with pytest.raises(InvalidInput, match="`steps`"):
            denoising_fit(lambda z, t: z, x, steps=steps, **ask)
    with pytest.raises(InvalidInput, match="`n_noises` 1 or more"):
        denoising_fit(lambda z, t: z, x, kept=KEPT, steps=[0], n_noises=0)
    assert denoising_fit(lambda z, t: z, x, kept=[1.0], steps=[0]).shape == (1, 4)
    with pytest.raises(InvalidInput, match="`kept`"):
        denoising_fit(lambda z, t: z, x, kept=[0.0], steps=[0])
