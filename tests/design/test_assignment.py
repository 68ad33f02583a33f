import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.design import assign


def test_antithetic_pairs_put_every_record_into_half_of_the_models():
    design = assign(501, 8, seed=3)
    assert (design.member.sum(axis=0) == 4).all()
    assert (design.member[0::2] == ~design.member[1::2]).all()
    assert design.partner.tolist() == [1, 0, 3, 2, 5, 4, 7, 6]
    assert design.assignment == "coin"


def test_an_odd_last_model_has_no_partner():
    assert assign(50, 3).partner.tolist() == [1, 0, -1]


def test_coins_are_fair_and_independent_between_records_and_models():
    member = assign(4000, 40, kind="coin", seed=1).member
    assert abs(member.mean() - 0.5) < 5 * 0.5 / np.sqrt(member.size)
    between_models = np.corrcoef(member) - np.eye(40)
    assert np.abs(between_models).max() < 5 / np.sqrt(4000)
    between_records = member[:, :-1] == member[:, 1:]
    assert abs(between_records.mean() - 0.5) < 5 * 0.5 / np.sqrt(between_records.size)


def test_antithetic_models_of_different_pairs_are_independent():
    member = assign(4000, 20, seed=1).member[::2]
    assert np.abs(np.corrcoef(member) - np.eye(10)).max() < 5 / np.sqrt(4000)


def test_fixed_size_is_exact():
    design = assign(101, 5, kind="fixed_size", share=0.3, seed=2)
    assert design.member.sum(axis=1).tolist() == [30] * 5
    assert design.assignment == "fixed_size"
    assert len({row.tobytes() for row in design.member}) == 5


def test_a_biased_coin_is_not_called_a_coin():
    design = assign(2000, 4, kind="coin", share=0.2)
    assert design.assignment == "observed"
    assert abs(design.member.mean() - 0.2) < 0.03


@pytest.mark.parametrize("kind", ["antithetic", "coin", "fixed_size"])
def test_clusters_are_in_or_out_as_a_whole(kind):
    user = np.array(list("abcdefghijklmnop"))[np.arange(80) % 16]
    design = assign(80, 6, kind=kind, cluster=user, seed=5)
    for name in np.unique(user):
        rows = design.member[:, user == name]
        assert (rows.all(axis=1) | ~rows.any(axis=1)).all()
    assert design.membership(0).cluster.max() == 15


@pytest.mark.parametrize("kind", ["antithetic", "coin", "fixed_size"])
def test_a_longer_design_begins_with_the_shorter_one(kind):
    short, long = assign(60, 4, kind=kind, seed=9), assign(60, 9, kind=kind, seed=9)
    np.testing.assert_array_equal(short.member, long.member[:4])


def test_seeds_differ():
    assert (assign(60, 4, seed=1).member != assign(60, 4, seed=2).member).any()


def test_references_leave_out_the_target_and_its_complement():
    design = assign(50, 6)
    assert design.references(3).tolist() == [0, 1, 4, 5]
    without = design.member[design.references(3)].sum(axis=0)
    assert (without == 2).all(), "counting the references must tell nothing about the target"
    assert assign(50, 6, kind="coin").references(3).tolist() == [0, 1, 2, 4, 5]


def test_membership_is_that_of_the_model():
    design = assign(50, 4, kind="fixed_size")
    np.testing.assert_array_equal(design.membership(2).member, design.member[2])
    assert design.membership(2).assignment == "fixed_size"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"share": 0.3}, "share"),
        ({"share": 1.0, "kind": "coin"}, "share"),
        ({"kind": "dice"}, "kind"),
        ({"n": 1}, "2 records"),
        ({"models": 0}, "1 model"),
        ({"cluster": np.zeros(5), "n": 5}, "in and out"),
        ({"cluster": np.zeros(4), "n": 5}, "cluster"),
        ({"n": 3, "kind": "fixed_size", "share": 0.1}, "in and out"),
    ],
)
def test_impossible_designs_are_refused(options, words):
    arguments = {"n": 10, "models": 2, **options}
    with pytest.raises(InvalidInput, match=words):
        assign(arguments.pop("n"), arguments.pop("models"), **arguments)


def test_fixed_records_are_in_every_model_or_in_none_and_the_others_are_drawn_as_ever():
    fixed = np.r_[np.full(10, 1), np.full(5, 0), np.full(100, -1)]
    design = assign(115, 4, fixed=fixed, seed=3)
    assert design.member[:, :10].all()
    assert not design.member[:, 10:15].any()
    assert design.member[:, 15:].sum(axis=0).tolist() == [2] * 100
    assert np.array_equal(design.member[:, 15:], assign(100, 4, seed=3).member)


def test_a_share_is_of_the_records_that_are_drawn():
    fixed = np.r_[np.full(300, 1), np.full(100, -1)]
    design = assign(400, 3, kind="fixed_size", share=0.25, fixed=fixed)
    assert design.member.sum(axis=1).tolist() == [325] * 3


def test_fixed_clusters_stay_whole():
    cluster = np.repeat(np.arange(20), 5)
    fixed = np.where(cluster < 4, 1, -1)
    member = assign(100, 4, cluster=cluster, fixed=fixed).member
    assert all(len(set(row[cluster == unit])) == 1 for row in member for unit in range(20))


@pytest.mark.parametrize("fixed", [[1, 0, 2], [1, 1, 0], [1, -1]])
def test_fixed_needs_a_code_a_record_and_records_to_draw(fixed):
    with pytest.raises(InvalidInput, match="`fixed` needs"):
        assign(3, 2, fixed=fixed)


def test_every_model_or_pair_is_drawn_by_a_generator_of_its_own_that_no_release_may_change():
    """Shadow models that were trained yesterday are to fit the design of today."""

    def drawn(number, n=60):
        seeds = np.random.SeedSequence(9, spawn_key=(number,))
        return np.random.default_rng(seeds).random(n)

    pairs = assign(60, 5, seed=9).member
    for model in range(5):
        inside = drawn(model // 2) < 0.5
        assert pairs[model].tolist() == (inside if model % 2 == 0 else ~inside).tolist()
    coins = assign(60, 3, kind="coin", share=0.3, seed=9).member
    for model in range(3):
        assert coins[model].tolist() == (drawn(model) < 0.3).tolist()


@pytest.mark.parametrize(("share", "inside"), [(0.28, 3), (0.35, 4), (0.44, 4), (0.5, 5)])
def test_a_fixed_size_is_rounded_to_whole_clusters(share, inside):
    """Of ten clusters of three: 2.8, 3.5, 4.4 and 5 (halves go to the even number)."""
    cluster = np.arange(30) // 3
    design = assign(30, 4, kind="fixed_size", share=share, cluster=cluster)
    assert design.member.sum(axis=1).tolist() == [3 * inside] * 4


def test_a_share_is_of_the_clusters_that_are_drawn():
    """Four of twenty clusters of five are fixed; a quarter of the other sixteen are four more."""
    cluster = np.repeat(np.arange(20), 5)
    fixed = np.where(cluster < 4, 1, -1)
    design = assign(100, 3, kind="fixed_size", share=0.25, cluster=cluster, fixed=fixed)
    assert design.member.sum(axis=1).tolist() == [20 + 20] * 3
    assert design.cluster.tolist() == cluster.tolist()
    assert design.membership(1).cluster.tolist() == cluster.tolist()


def test_only_a_coin_of_one_half_is_called_a_coin():
    assert assign(50, 2, kind="coin").assignment == "coin"
    assert assign(50, 2, kind="coin", share=0.499).assignment == "observed"
    assert assign(50, 2, kind="fixed_size", share=0.4).assignment == "fixed_size"


def test_one_model_and_two_records_are_a_design():
    found = assign(2, 1, kind="fixed_size")
    assert (found.n_models, found.n) == (1, 2)
    assert found.member.sum() == 1
    assert found.partner.tolist() == [-1]
    assert found.references(0).tolist() == []


def test_without_a_seed_the_design_is_that_of_seed_zero():
    assert np.array_equal(assign(60, 3).member, assign(60, 3, seed=0).member)
