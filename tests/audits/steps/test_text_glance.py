"""One look at a language model in training."""

import numpy as np
import pytest

from tacit.audits.steps.text_glance import text_glance
from tacit.core import InvalidInput, NotEnoughData, Tokens

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


def test_numbers_for_a_logger_by_name():
    from tacit.audits.steps.text_glance import TextGlance
    from tacit.core import Estimate

    def estimate(value, low, high):
        return Estimate("x", value, low, high, 0.95, 9, "by hand")

    look = TextGlance(
        estimate(0.5, 0.25, 0.75), None, estimate(3.0, -np.inf, np.inf), {"member": 2.0}, {}
    )
    assert look.numbers() == {
        "privacy/member_loss": 2.0,
        "privacy/auc": 0.5,
        "privacy/auc_low": 0.25,
        "privacy/auc_high": 0.75,
        "privacy/exposure": 3.0,
    }


def test_a_look_is_held_against_the_first_one_and_the_sides_are_told_apart():
    """Members gain .5 a token, non-members nothing: every member stands above every other."""
    now, before = said(0.0), said(0.0)
    look = text_glance(now, before, MEMBER, level=0.8)
    assert look.auc.level == 0.8
    rows = np.where(MEMBER[:, None], 0.5, 0.0)
    logp = np.minimum(now.logp.reshape(100, 30) - 1.0 + rows, 0)
    first = Tokens(logp=now.logp - 1.0, start=now.start)
    gained = Tokens(logp=logp.ravel(), start=now.start)
    assert text_glance(gained, first, MEMBER).auc.value == 1.0
    assert text_glance(gained, first, ~MEMBER).auc.value == 0.0
    assert repr_of_guesser() == "log-ratio to the model before training"


def repr_of_guesser():
    from tacit.audits.steps.text_glance import _Ratio

    return repr(_Ratio())


def test_sides_of_unequal_size_are_extracted_apart(monkeypatch):
    """Of 30 members 2 are too short, of 70 others 3: 28 and 67."""
    found = []

    def rate(inside, outside, *, n, level):
        found.append((len(inside), len(outside), n, level))
        raise NotEnoughData("few", needed=1, got=0)

    monkeypatch.setattr("tacit.audits.steps.text_glance.extraction_rate", rate)
    length = np.full(100, 6)
    length[[0, 1, 30, 31, 32]] = 5
    start = np.r_[0, np.cumsum(length)]
    texts = Tokens(logp=np.full(start[-1], -1.0), start=start)
    look = text_glance(texts, texts, np.arange(100) < 30, prefix=2, suffix=4, tries=9.0, level=0.9)
    assert found == [(28, 67, 9.0, 0.9)]
    assert look.missing["extraction"] == "few"


def test_no_canary_and_none_inserted_are_the_same():
    from tacit.audits.steps.text_glance import _most_exposed

    for canary, inserted in (
        (None, None),
        (np.zeros(2), None),
        (None, np.ones(2, bool)),
        (np.zeros(2), np.zeros(2, bool)),
    ):
        with pytest.raises(NotEnoughData, match="no canary was inserted") as error:
            _most_exposed(canary, inserted, 0.95)
        assert (error.value.needed, error.value.got) == (1, 0)
    for level in (0.8, 0.95):
        score = np.array([3.0, 1, 2, 4])
        assert _most_exposed(score, np.arange(4) < 1, level).level == level
