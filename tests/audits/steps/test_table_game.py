"""The game that the risks of a release are guessed in: who is asked what, by which table."""

import numpy as np
import pytest

from tacit.audits.steps.inference import inference
from tacit.audits.steps.linkability import linkability
from tacit.audits.steps.singling_out import singling_out
from tacit.audits.steps.table_game import TableGame
from tacit.core import Membership
from tacit.core.frame import Frame
from tacit.signals.embedding import Embedding

N = 30
UP = np.arange(float(N))


def frame(u, v, s):
    return Frame.of({"u": np.asarray(u, float), "v": np.asarray(v, float), "s": list(s)})


def turned(texts):
    return ["b" if text == "a" else "a" for text in texts]


def game(nonmember, reference):
    """A release that holds the members' rows as they are."""
    secret = ["a", "b"] * (N // 2)
    member = frame(UP, UP, secret)
    embed = Embedding.fitted(reference, member, nonmember)
    return TableGame(member, nonmember, member, reference, embed)


def test_a_secret_is_guessed_from_the_other_columns_and_the_baseline_from_the_population():
    """Members are in the release; non-members stand a little beside a row with the other value,
    while rows with their own value are one step away: nearest with the secret, not without it.
    """
    secret = ["a", "b"] * (N // 2)
    played = game(frame(UP + 0.1, UP + 0.1, turned(secret)), frame(UP + 0.3, UP, turned(secret)))
    inside, outside, known = inference(played, ["s"])["s"]
    assert inside.all()
    assert not outside.any()
    assert not known.any()


def test_halves_meet_in_few_neighbours_of_the_release_and_of_the_population_apart():
    """The columns of the population run against each other: it links few members."""

    def pair(u, v):
        return Frame.of({"u": u, "v": v})

    member, turned_round = pair(UP, UP), pair(UP, UP[::-1].copy())
    embed = Embedding.fitted(turned_round, member)
    played = TableGame(member, turned_round, member, turned_round, embed)
    inside, outside, baseline = linkability(played, seed=0)
    assert inside.all()
    # u and 29 - u are among each other's five nearest around the middle only
    assert 0 < outside.sum() <= 6
    assert 0 < baseline.sum() <= 6


def test_both_sides_are_asked_the_same_descriptions():
    """Non-members equal to the members answer as they do; of the population's none fits one."""
    rows = frame(UP, UP + 100, ["a"] * N)
    reference = frame(UP + 0.5, UP + 100.5, ["a"] * N)
    embed = Embedding.fitted(reference, rows)
    played = TableGame(rows, rows, rows, reference, embed)
    inside, outside, baseline = singling_out(played, width=1, seed=0)
    assert (inside == outside).all()
    assert (inside.sum(axis=1) == 1).all()
    # but for the ends that reach one row: at least 29.5 fits nobody, at most .5 one of them
    assert baseline.sum() <= 2


def test_as_many_of_each_side_are_drawn_and_no_larger_baseline_than_the_release():
    rows = frame(np.arange(90.0), np.arange(90.0), ["a"] * 90)
    member = np.arange(90) < 25
    reference = frame(np.arange(80.0) + 200, np.arange(80.0), ["a"] * 80)
    release = frame(np.arange(40.0), np.arange(40.0), ["a"] * 40)
    played = TableGame.drawn(rows, Membership(member), release, reference, seed=0)
    assert (played.member.n, played.nonmember.n, played.baseline.n) == (25, 25, 40)
    assert set(played.member.columns["u"]) == set(range(25))
    assert played.nonmember.columns["u"].min() >= 25
    assert TableGame.drawn(rows, Membership(member), release, reference, seed=0, most=7).n == 7
    asked = played.asked.columns["u"]
    inside, outside = played.sides(asked < 25)
    assert inside.all()
    assert not outside.any()


@pytest.mark.parametrize("kept", [19, 20])
def test_twenty_descriptions_are_enough(kept):
    from tacit.core import NotEnoughData

    rows = frame(np.r_[np.arange(kept - 2.0), np.repeat(50.0, N - kept + 2)], [0.0] * N, "a" * N)
    embed = Embedding.fitted(rows)
    played = TableGame(rows, rows, rows, rows, embed)
    # the values that occur once, and the lower end; the upper one is reached by many
    if kept - 1 < 20:
        with pytest.raises(NotEnoughData, match=f"found {kept - 1}"):
            singling_out(played, width=1, seed=0)
    else:
        assert len(singling_out(played, width=1, seed=0)[0]) == kept - 1


def test_two_columns_are_enough_to_be_linked_and_one_is_not():
    from tacit.core import NotEnoughData

    def played(*names):
        rows = Frame.of(dict.fromkeys(names, UP))
        return TableGame(rows, rows, rows, rows, Embedding.fitted(rows))

    inside, outside, baseline = linkability(played("u", "v"), seed=0)
    assert inside.all()
    assert outside.all()
    assert baseline.all()
    with pytest.raises(NotEnoughData, match="needs 2 columns to link, got 1"):
        linkability(played("u"), seed=0)


def test_a_thousand_guesses_a_side_and_no_more():
    rows = Frame.of({"u": np.arange(2003.0)})
    key = Membership(np.arange(2003) < 1001)
    small = Frame.of({"u": np.arange(9.0)})
    played = TableGame.drawn(rows, key, small, small, seed=0)
    assert (played.n, played.member.n, played.nonmember.n) == (1000, 1000, 1000)
    # no row twice, in the order of the table
    for side in (played.member, played.nonmember):
        assert (np.diff(side.columns["u"]) > 0).all()


def test_rows_are_drawn_at_random_by_the_seed_of_this_game_alone():
    """The rows are those of the generator seeded by (seed, 1): other steps draw by other pairs."""
    rows = Frame.of({"u": np.arange(60.0)})
    key = Membership(np.arange(60) < 30)
    reference = Frame.of({"u": np.arange(40.0)})
    release = Frame.of({"u": np.arange(10.0)})

    def drawn(seed):
        played = TableGame.drawn(rows, key, release, reference, seed=seed, most=10)
        sides = (played.member, played.nonmember, played.baseline)
        return [side.columns["u"].astype(int).tolist() for side in sides]

    rng = np.random.default_rng([3, 1])
    expected = [sorted(rng.permutation(part)[:10]) for part in (np.arange(30), np.arange(30, 60))]
    assert drawn(3) == [*expected, sorted(rng.permutation(40)[:10])]
    assert drawn(3) == drawn(3) != drawn(4)


def test_a_reference_smaller_than_the_release_is_all_of_the_baseline():
    rows = Frame.of({"u": np.arange(20.0)})
    small = Frame.of({"u": np.arange(5.0)})
    played = TableGame.drawn(rows, Membership(np.arange(20) < 8), rows, small, seed=0)
    assert played.baseline.columns["u"].tolist() == [0, 1, 2, 3, 4]
    assert (played.release.n, played.n) == (20, 8)


def test_the_units_of_the_rows_that_were_drawn_are_numbered_on_each_side():
    """Members are three a unit, non-members two; units of both sides begin at 0."""
    rows = Frame.of({"u": np.arange(24.0)})
    unit = np.r_[np.repeat([7, 3, 9, 5], 3), np.repeat([20, 12, 14, 16, 11, 30], 2)]
    key = Membership(np.arange(24) < 12, unit)
    played = TableGame.drawn(rows, key, rows, rows, seed=0, most=8)
    for side, codes in zip((played.member, played.nonmember), played.units):
        own = unit[side.columns["u"].astype(int)]
        assert sorted(set(codes)) == list(range(len(set(own))))
        assert len(set(zip(own, codes))) == len(set(own))
    plain = TableGame.drawn(rows, Membership(np.arange(24) < 12), rows, rows, seed=0, most=8)
    assert plain.cluster is None
    assert [codes.tolist() for codes in plain.units] == [list(range(8))] * 2
