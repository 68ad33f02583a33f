"""The guesser that sees texts only: fair on coins, sharp on a shift."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from tacit.attacks.blind_text import VIEWS, BlindText, _most_one_sided, _naive_bayes
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


def test_words_are_counted_with_one_more_on_each_side():
    """Words of members 2, 0, 1 and of others 0, 1, 1: with one each 3, 1, 2 of 6 and 1, 2, 2 of 5.

    The first word once and the third twice: log(3/6) - log(1/5) + 2 (log(2/6) - log(2/5)).
    """
    table = csr_matrix(np.array([[2, 0, 0], [0, 0, 1], [0, 1, 1], [1, 0, 2]], np.float32))
    member = np.array([[True], [True], [False]])
    found = _naive_bayes(table, np.arange(3), member, np.array([3]))
    wanted = np.log(3 / 6) - np.log(1 / 5) + 2 * (np.log(2 / 6) - np.log(2 / 5))
    np.testing.assert_allclose(found, [[wanted]], rtol=1e-6)


def test_the_most_one_sided_word_in_three_texts_or_more_decides():
    """Words in 3 texts of members and 0 of others, in 1 and 2, in 2 and 0 (too few to say).

    log(3.5 / .5) and log(1.5 / 2.5); a text with neither has the lowest of these less 1.
    """
    table = csr_matrix(
        np.array(
            [
                [1, 1, 1],
                [1, 0, 1],
                [1, 0, 0],
                [0, 1, 0],
                [0, 1, 0],
                [1, 1, 0],
                [0, 1, 1],
                [0, 0, 1],
                [0, 0, 0],
            ],
            np.float32,
        )
    )
    member = np.array([True, True, True, False, False])
    found = _most_one_sided(table, np.arange(5), member, np.arange(5, 9))
    low = np.log(1.5 / 2.5)
    np.testing.assert_allclose(found, [np.log(7), low, low - 1, low - 1], rtol=1e-6)


def test_numbers_of_a_text_are_told_by_a_ridge_with_a_penalty_of_their_mean_square():
    """One column x standardised over all texts, members less their share y: x (x'y) / (x'x + c),
    with c the mean square of x among the known.
    """
    numbers = np.array([[1.0], [2], [4], [5], [9], [3]])
    guess = BlindText("surface", tuple("abcdef"), numbers)
    known = np.array([1, 0, 1, 1, 0, -1])
    score = guess(Signals.of(np.zeros(6), known=known))
    x = (numbers[:, 0] - 4) / numbers.std()
    rows, y = x[:5], np.array([0.4, -0.6, 0.4, 0.4, -0.6])
    np.testing.assert_allclose(score, x * (rows @ y) / (rows @ rows + (rows**2).mean()))


def test_each_part_is_guessed_from_the_other_parts():
    numbers = np.random.default_rng(0).normal(size=(9, 2))
    guess = BlindText("surface", tuple("abcdefghi"), numbers)
    part, member = np.arange(9) % 3, np.arange(9) % 2 == 0
    score = guess.cross_fitted(member[:, None], part)[:, 0]
    for hidden in range(3):
        known = np.where(part == hidden, -1, member.astype(int))
        alone = guess(Signals.of(np.zeros(9), known=known))
        np.testing.assert_allclose(score[part == hidden], alone[part == hidden])
