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


@pytest.mark.parametrize("top_k", [1, 2, 7, 19, 20, 21])
def test_top_k_keeps_the_k_largest_of_many(top_k):
    logits = np.random.default_rng(top_k).normal(size=(50, 20))
    found = Sampler(top_k=top_k).log_probabilities(logits)
    kept = np.isfinite(found)
    assert (kept.sum(axis=1) == min(top_k, 20)).all()
    assert (np.where(kept, logits, np.inf).min(1) >= np.where(kept, -np.inf, logits).max(1)).all()
    assert np.exp(found).sum(axis=1) == pytest.approx(1.0)


def test_a_sampler_is_plain_only_where_it_changes_nothing():
    assert Sampler().plain
    assert Sampler(top_p=1).plain
    assert not any(
        sampler.plain for sampler in (Sampler(temperature=2), Sampler(top_k=2), Sampler(top_p=0.99))
    )
    assert str(Sampler(temperature=0.5, top_k=3, top_p=0.9)) == (
        "temperature 0.5, top-k 3, nucleus 0.9"
    )
    for wrong in ({"top_p": 0.0}, {"top_p": 1.01}, {"top_k": 0}, {"temperature": 0.0}):
        with pytest.raises(InvalidInput, match=next(iter(wrong))):
            Sampler(**wrong)


def test_a_sampler_says_what_it_changes():
    assert str(Sampler()) == ""
    assert str(Sampler(top_p=1.0)) == ""
    assert str(Sampler(temperature=2.0)) == "temperature 2"
    assert str(Sampler(0.5, 40, 0.9)) == "temperature 0.5, top-k 40, nucleus 0.9"
    assert str(Sampler(top_k=1, top_p=1.0)) == "top-k 1"
