"""Temperature, top-k and nucleus."""

import numpy as np
import pytest

from tacit.core import InvalidInput, Sampler

LOGITS = np.log([[0.5, 0.2, 0.2, 0.1]])


def test_the_plain_sampler_is_a_softmax():
    assert Sampler().plain
    np.testing.assert_allclose(np.exp(Sampler().log_probabilities(LOGITS + 7)), np.exp(LOGITS))


def test_a_temperature_flattens_or_sharpens():
    p = np.exp(Sampler(temperature=0.5).log_probabilities(LOGITS))[0]
    squares = np.exp(LOGITS[0]) ** 2
    np.testing.assert_allclose(p, squares / squares.sum())


def test_top_k_keeps_ties_at_its_edge():
    p = np.exp(Sampler(top_k=2).log_probabilities(LOGITS))[0]
    np.testing.assert_allclose(p, [5 / 9, 2 / 9, 2 / 9, 0])
    p = np.exp(Sampler(top_k=1).log_probabilities(LOGITS))[0]
    np.testing.assert_allclose(p, [1, 0, 0, 0])


def test_the_nucleus_holds_the_token_that_crosses_it():
    p = np.exp(Sampler(top_p=0.6).log_probabilities(LOGITS))[0]
    np.testing.assert_allclose(p, [5 / 7, 2 / 7, 0, 0])
    p = np.exp(Sampler(top_p=0.49).log_probabilities(LOGITS))[0]
    np.testing.assert_allclose(p, [1, 0, 0, 0])


def test_top_k_comes_before_the_nucleus():
    p = np.exp(Sampler(top_k=1, top_p=0.99).log_probabilities(LOGITS))[0]
    np.testing.assert_allclose(p, [1, 0, 0, 0])
    assert str(Sampler(0.7, 40, 0.9)) == "temperature 0.7, top-k 40, nucleus 0.9"


@pytest.mark.parametrize(
    "wrong", [{"temperature": 0}, {"temperature": np.nan}, {"top_k": 0}, {"top_p": 1.5}]
)
def test_samplers_that_cannot_be_are_refused(wrong):
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        Sampler(**wrong)
