"""One look at a language model in training."""

import numpy as np
import pytest

from tacit.audits.steps.text_glance import text_glance
from tacit.core import InvalidInput, Tokens

MEMBER = np.arange(100) < 50


def said(gain, *, length=30):
    rng = np.random.default_rng(0)
    logp = np.minimum(-rng.gamma(4, 0.6, (100, length)) + gain * MEMBER[:, None], 0)
    return Tokens(logp=logp.ravel(), start=np.arange(0, 100 * length + 1, length))


def test_a_look_measures_what_has_changed_since_the_beginning():
    rng = np.random.default_rng(1)
    canary = np.r_[9.0, rng.normal(0, 1, 20)]
    inserted = np.arange(21) < 1
    look = text_glance(
        said(0.5), said(0.0), MEMBER, canary=canary, inserted=inserted, prefix=10, suffix=10
    )
    assert look.auc.low > 0.9
    assert look.extraction.value == 0
    assert look.exposure.value == pytest.approx(np.log2(21))
    assert look.loss["member"] < look.loss["nonmember"]
    assert not look.missing
    numbers = look.numbers()
    assert "privacy/exposure_high" not in numbers, "an open end is no number"
    assert np.isfinite(list(numbers.values())).all()


def test_what_cannot_be_measured_says_why():
    look = text_glance(said(0.0), said(0.0), MEMBER)
    assert look.auc.value == 0.5
    assert look.extraction is None
    assert "no canary" in look.missing["exposure"]
    assert set(look.missing) == {"extraction", "exposure"}
    with pytest.raises(InvalidInput, match="`member`"):
        text_glance(said(0.0), said(0.0), MEMBER[:5])
    with pytest.raises(InvalidInput, match="`inserted`"):
        text_glance(said(0.0), said(0.0), MEMBER, canary=np.zeros(3), inserted=np.ones(2, bool))


def test_only_canaries_that_were_inserted_are_exposed_and_losses_are_positive():
    """The inserted ones reach 2; of four references 5 and 3 are above."""
    canary = np.array([2.0, 1.0, 5.0, 3.0, 0.5, 1.5])
    inserted = np.array([1, 1, 0, 0, 0, 0], bool)
    look = text_glance(said(0.0), said(0.0), MEMBER, canary=canary, inserted=inserted)
    assert look.exposure.value == pytest.approx(np.log2(5 / 3))
    own = said(0.0).logp.reshape(100, 30).mean(axis=1)
    assert look.loss["member"] == pytest.approx(-own[:50].mean(), rel=1e-5)
    assert look.loss["nonmember"] == pytest.approx(-own[50:].mean(), rel=1e-5)


def test_fifty_tokens_after_fifty_are_drawn_a_thousand_times():
    """A suffix of chance 1 / 1,000 comes out of a thousand draws with chance 1 - 1 / e, above a
    half; of one token more, or in half as many draws, with less.
    """
    logp = np.zeros((20, 100))
    logp[:, 50:] = np.log(1e-3) / 50
    texts = Tokens(logp=logp.ravel(), start=np.arange(0, 2001, 100))
    member = np.arange(20) < 10
    look = text_glance(texts, texts, member)
    assert look.extraction.value == 0
    found = []

    def rate(inside, outside, *, n, level):
        found.append((len(inside), len(outside), n, level))
        return look.extraction

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tacit.audits.steps.text_glance.extraction_rate", rate)
        text_glance(texts, texts, member)
    assert found == [(10, 10, 1000.0, 0.95)]
