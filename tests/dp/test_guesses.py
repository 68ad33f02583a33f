import numpy as np
import pytest
from scipy.stats import binom

from tacit.core import Evidence
from tacit.dp.guesses import SIDES, n_right, ranked, whole_blocks


def evidence(score, member):
    score = np.asarray(score, np.float64)
    return Evidence(score, np.asarray(member, bool), None, "coin", "by hand", np.arange(len(score)))


SCORE = [5.0, 1.0, 3.0, 2.0, 4.0]
MEMBER = [1, 1, 0, 0, 1]


def test_guesses_by_hand():
    # ascending: members 1, 0, 0, 1, 1; the middle score is no guess of both ends
    found = ranked(evidence(SCORE, MEMBER))
    assert found.member.tolist() == [True, False, False, True, True]
    top, ends = whole_blocks(found, "top")
    assert top.tolist() == [True, True, False, False, True]
    assert ends.tolist() == [1, 2, 3, 4, 5]
    bottom, _ = whole_blocks(found, "bottom")
    assert bottom.tolist() == [False, True, True, False, False]
    both, ends = whole_blocks(found, "both")
    assert sorted(both[:2].tolist()) == [False, True]  # 1 is taken for "not", 5 for "member"
    assert both[2:].tolist() == [True, True]
    assert ends.tolist() == [2, 4]
    looks = [("top", 2), ("top", 5), ("bottom", 3), ("both", 2), ("both", 4)]
    assert list(n_right(found, looks)) == [2, 3, 2, 1, 3]


def test_ties_are_never_cut_where_blocks_count():
    found = ranked(evidence([3, 3, 2, 1, 1, 1], [1, 0, 1, 0, 1, 0]))
    right, ends = whole_blocks(found, "top")
    assert ends.tolist() == [2, 3, 6]
    assert right[ends - 1].shape == (3,)
    right, ends = whole_blocks(found, "both")
    # distances of the mean ranks from the middle, twice: 4 (3s), 1 (2), 3 (1s)
    assert ends.tolist() == [2, 5, 6]
    # the member of score 2 stands just above the middle and is accused
    assert right[5]
    assert list(n_right(found, [("both", 5), ("both", 6)])) == [3, 4]
    assert found.centre.tolist() == [-3, -3, -3, 1, 4, 4]


def test_one_score_for_all_is_no_guess():
    found = ranked(evidence(np.zeros(6), [1, 0, 1, 0, 1, 0]))
    right, ends = whole_blocks(found, "both")
    assert len(right) == len(ends) == 0


@pytest.mark.parametrize("side", SIDES)
def test_cut_ties_say_nothing_of_rows_in_order_of_membership(side):
    # all scores equal, all members first: 40 guesses are right as 40 fair coins would be.
    # Exact limits of 4,000 coins, 1 in 10^6 on either side; guesses in the order of rows give
    # 0 or 4,000, guesses that always say "member" in the middle stay within them too.
    member = np.arange(80) < 40
    total = sum(
        next(n_right(ranked(evidence(np.zeros(80), member), seed=s), [(side, 40)]))
        for s in range(100)
    )
    low, high = binom.ppf([1e-6, 1 - 1e-6], 4000, 0.5)
    assert low <= total <= high


def test_the_number_of_guesses_never_depends_on_the_scores():
    member = np.arange(100) % 2 == 0
    for score in (np.zeros(100), np.arange(100), np.arange(100) // 9, member * 1.0):
        for side in SIDES:
            flipped = evidence(score, ~member)
            for r in (1, 10, 77, 100):
                right = next(n_right(ranked(evidence(score, member)), [(side, r)]))
                wrong = next(n_right(ranked(flipped), [(side, r)]))
                assert right + wrong == r


def test_coins_drawn_with_the_same_seed_are_not_told_by_the_order_of_ties():
    # everybody draws coins like this; an order from the same stream sorts them
    for seed in range(5):
        member = np.random.default_rng(seed).random(1000) < 0.5
        world = ranked(evidence(np.zeros(1000), member), seed=seed)
        low, high = binom.ppf([1e-5, 1 - 1e-5], 100, 0.5)
        for side in SIDES:
            assert low <= next(n_right(world, [(side, 100)])) <= high


def test_the_middle_is_guessed_by_a_toss():
    tossed = [
        next(n_right(ranked(evidence([0, 1, 2], [0, 1, 1]), seed=s), [("both", 3)]))
        for s in range(60)
    ]
    assert set(tossed) == {2, 3}
    low, high = binom.ppf([1e-6, 1 - 1e-6], 60, 0.5)
    assert low <= sum(t == 3 for t in tossed) <= high


def test_a_seed_repeats_the_draw():
    world = evidence(np.arange(50) // 10, np.arange(50) % 3 == 0)
    assert ranked(world, seed=1).member.tolist() == ranked(world, seed=1).member.tolist()
    assert ranked(world, seed=1).member.tolist() != ranked(world, seed=2).member.tolist()
    assert ranked(world).member.tolist() == ranked(world, seed=0).member.tolist()


@pytest.mark.parametrize("seed", range(6))
def test_every_mark_is_that_of_the_definition(seed):
    """Of each canary: the canaries below it less those above. Accused where that is above 0,
    cleared where below, surest where it is farthest from 0; blocks of equal scores stay whole.
    """
    rng = np.random.default_rng(seed)
    m = 11 + seed
    score, member = rng.integers(0, 5 + seed, m).astype(float), rng.random(m) < 0.5
    found = ranked(evidence(score, member), seed=seed)
    ascending = np.sort(score)
    centre = np.array([(score < s).sum() - (score > s).sum() for s in ascending])
    assert found.centre.tolist() == centre.tolist()
    assert found.start.tolist() == [int((score < s).sum()) for s in np.unique(score)]
    assert found.size.tolist() == [int((score == s).sum()) for s in np.unique(score)]
    for s in np.unique(score):
        assert found.member[ascending == s].sum() == member[score == s].sum()
    marks = {
        "top": (score, member),
        "bottom": (-score, ~member),
        "both": (
            np.abs([(score < s).sum() - (score > s).sum() for s in score]),
            np.where([(score < s).sum() > (score > s).sum() for s in score], member, ~member),
        ),
    }
    for side, (sureness, right) in marks.items():
        known = [
            (int((sureness >= at).sum()), int(right[sureness >= at].sum()))
            for at in np.unique(sureness)[::-1]
            if side != "both" or at > 0
        ]
        hits, ends = whole_blocks(found, side)
        assert ends.tolist() == [count for count, _ in known]
        assert np.cumsum(hits)[ends - 1].tolist() == [hit for _, hit in known]
        counted = list(n_right(found, [(side, count) for count, _ in known]))
        assert counted == [hit for _, hit in known]
        assert len(hits) == (m if side != "both" else int((centre != 0).sum()))


def test_the_order_among_ties_is_the_same_in_every_release_and_in_any_order_of_rows():
    """Row by row from the seed and a number of its own, so that no coin drawn with the seed is
    told; the tosses follow.
    """
    rng = np.random.default_rng([3, 0x71E5])
    key, toss = rng.random(9), rng.random(9) < 0.5
    member = np.array([1, 1, 1, 0, 0, 0, 1, 0, 1], bool)
    found = ranked(evidence(np.zeros(9), member), seed=3)
    assert found.member.tolist() == member[np.argsort(key)].tolist()
    assert found.toss.tolist() == toss.tolist()
    apart = ranked(evidence(np.arange(9.0), member), seed=3)
    assert apart.member.tolist() == member.tolist()
