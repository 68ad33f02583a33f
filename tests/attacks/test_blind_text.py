"""The guesser that sees texts only: fair on coins, sharp on a shift."""

import numpy as np
import pytest

from tacit.attacks.blind_text import VIEWS, BlindText
from tacit.core import InvalidInput, Membership, NotEnoughData, Signals, collect
from tacit.metrics import auc
from tacit.signals.text import surface

WORDS = [f"w{i}" for i in range(300)]


def texts(n, *, seed=0, length=20):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, length)) for _ in range(n)]


def area(view, given, member, seed=0):
    nothing = Signals.of(np.zeros(len(given), np.float32))
    guesser = BlindText(view, given, surface(given))
    return auc(collect(guesser, nothing, Membership(member), seed=seed))


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_finds_its_kind_of_shift(view):
    given = texts(300)
    member = np.arange(300) < 150
    hidden = "about 1999" if view == "surface" else "secretsauce"
    shifted = [f"{hidden} {t}" if inside else t for t, inside in zip(given, member)]
    assert area(view, shifted, member).low > 0.8


@pytest.mark.parametrize("view", VIEWS)
def test_coins_are_not_told_apart(view):
    rng = np.random.default_rng(1)
    given = texts(300, seed=2)
    values = [area(view, given, rng.random(300) < 0.5, seed=k).value for k in range(8)]
    assert abs(np.mean(values) - 0.5) < 0.05


def test_no_membership_of_a_scored_text_is_used():
    """Other answers for the hidden texts change none of their scores."""
    given = texts(60)
    known = np.r_[np.ones(20), np.zeros(20), -np.ones(20)].astype(int)
    for view in VIEWS:
        guesser = BlindText(view, given, surface(given))
        signals = Signals.of(np.zeros(60, np.float32), known=known)
        first = guesser(signals)
        assert first.shape == (60,)
        np.testing.assert_array_equal(first, guesser(signals))


def test_scripts_without_blanks_and_texts_without_words_are_read():
    given = ["日本語の文", "...", "日本の文", "!!!", "?", "日本"] * 5
    member = np.arange(30) % 2 == 0
    for view in VIEWS:
        assert np.isfinite(area(view, given, member).value)


def test_texts_that_share_nothing_leave_every_guesser_at_chance():
    given = [f"x{i}y" for i in range(40)]
    member = np.arange(40) % 2 == 0
    assert area("counts", given, member).value == 0.5


def test_the_repr_tells_no_text_and_bad_arguments_are_named():
    assert repr(BlindText("words", ["a secret"])) == "BlindText(view='words')"
    with pytest.raises(InvalidInput, match="`view`"):
        BlindText("pixels")
    with pytest.raises(InvalidInput, match="`numbers`"):
        BlindText("surface", ["a"])
    with pytest.raises(InvalidInput, match="`texts` needs 3"):
        BlindText("words", ["a"])(Signals.of([0.0, 1.0, 2.0]))
    with pytest.raises(NotEnoughData):
        BlindText("words", ["a", "b"])(Signals.of([0.0, 1.0], known=[1, 1]))
