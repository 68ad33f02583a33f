import hashlib
import json

import numpy as np
import pytest
from scipy.stats import binom

from tacit.core import InvalidInput
from tacit.design import (
    Canaries,
    Manifest,
    digests,
    mislabelled,
    out_of_distribution,
    random_pixels,
    random_tokens,
    rare_rows,
)


def test_mislabelled_canaries_never_keep_their_label():
    label = np.arange(300) % 10
    canaries = mislabelled(np.arange(300)[:, None], label, n_classes=10, seed=1)
    assert np.all(canaries.label != label)
    assert set(canaries.label.tolist()) == set(range(10))


def test_coins_are_fair_independent_of_content_and_repeatable():
    canaries = random_pixels(4000, (2, 2), n_classes=3, seed=5)
    assert abs(canaries.member.mean() - 0.5) < 4 * 0.5 / np.sqrt(4000)
    assert abs(np.corrcoef(canaries.member, canaries.x[:, 0, 0])[0, 1]) < 4 / np.sqrt(4000)
    np.testing.assert_array_equal(
        canaries.member, random_pixels(4000, (2, 2), n_classes=3, seed=5).member
    )
    assert not np.array_equal(
        canaries.member, random_pixels(4000, (2, 2), n_classes=3, seed=6).member
    )
    assert canaries.manifest.membership.assignment == "coin"


def test_coins_are_fair_to_a_hundredth():
    # exact binomial limits, 1 in 10^6 on either side: 50,000 +- 773 of 100,000; .52 gives 52,000
    low, high = binom.ppf([1e-6, 1 - 1e-6], 100_000, 0.5)
    canaries = Canaries(np.arange(100_000)[:, None], None, "counted", seed=0)
    assert low <= canaries.member.sum() <= high
    assert high < binom.ppf(1e-6, 100_000, 0.52)


def test_copies_share_a_coin_and_a_cluster():
    x = np.repeat(np.arange(50)[:, None], 3, axis=0)
    membership = out_of_distribution(x, n_classes=2).manifest.membership
    assert len(np.unique(membership.cluster)) == 50
    assert np.all(membership.member.reshape(50, 3) == membership.member.reshape(50, 3)[:, :1])
    assert random_pixels(20, (3,), n_classes=2).manifest.membership.cluster is None


def test_pixels_have_their_range_and_type():
    x = random_pixels(50, (4, 4, 3), n_classes=2, high=255, dtype=np.uint8).x
    assert x.dtype == np.uint8
    assert x.shape == (50, 4, 4, 3)
    assert x.max() == 255
    assert random_pixels(5, (4,), n_classes=2).x.dtype == np.float32


def test_rare_rows_hold_only_far_values():
    table = np.random.default_rng(0).normal(size=(2000, 5))
    rows = rare_rows(table, 30, n_classes=2, share=0.01).x
    assert np.all(np.abs(rows) > 2)
    assert rows.shape == (30, 5)


def test_tokens_as_ids_and_as_words():
    ids = random_tokens(10, 6, vocabulary=1000)
    assert ids.x.shape == (10, 6)
    assert ids.label is None
    words = random_tokens(10, 6, vocabulary=["red", "oak", "sea", "new"])
    assert all(len(text.split()) == 6 for text in words.x.tolist())


@pytest.mark.parametrize(
    "canaries",
    [random_pixels(9, (2,), n_classes=2), random_tokens(9, 3, vocabulary=["ä", "b"], seed=3)],
)
def test_canaries_and_manifest_survive_the_disk(tmp_path, canaries):
    back = Canaries.load(canaries.save(tmp_path / "canaries.npz"))
    np.testing.assert_array_equal(back.x, canaries.x)
    np.testing.assert_array_equal(back.member, canaries.member)
    for manifest in (
        Manifest.load(tmp_path / "canaries.npz"),
        Manifest.load(canaries.manifest.save(tmp_path / "coins.json")),
    ):
        np.testing.assert_array_equal(manifest.member, canaries.member)
        assert manifest.digest == canaries.manifest.digest
        manifest.require_same(canaries.x)


def test_other_canaries_or_another_order_are_noticed():
    canaries = random_pixels(30, (3,), n_classes=2)
    with pytest.raises(InvalidInput, match="another order"):
        canaries.manifest.require_same(canaries.x[::-1])
    with pytest.raises(InvalidInput, match="30 canaries differ from the manifest"):
        canaries.manifest.require_same(canaries.x + 1)
    with pytest.raises(InvalidInput, match="another order"):
        canaries.manifest.require_same_digests(digests(canaries.x)[::-1])
    with pytest.raises(InvalidInput, match="30 canaries, got 29"):
        canaries.manifest.require_same(canaries.x[1:])


def test_a_manifest_holds_no_content(tmp_path):
    canaries = random_tokens(3, 4, vocabulary=["secret", "words"])
    assert "secret" not in canaries.manifest.save(tmp_path / "m.json").read_text()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        '{"schema": 9, "kind": "x", "seed": 0, "member": [1], "cluster": [0], "digest": ["a"]}',
    ],
)
def test_a_file_that_is_no_manifest_is_named(tmp_path, text):
    path = tmp_path / "m.json"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=r"m\.json"):
        Manifest.load(path)


def test_lists_of_different_length_are_refused(tmp_path):
    path = random_pixels(5, (2,), n_classes=2).manifest.save(tmp_path / "m.json")
    plain = json.loads(path.read_text())
    plain["digest"].pop()
    path.write_text(json.dumps(plain))
    with pytest.raises(InvalidInput, match="length"):
        Manifest.load(path)


def test_bad_arguments_are_named(tmp_path):
    with pytest.raises(InvalidInput, match="`label`"):
        mislabelled(np.zeros((3, 2)), [0, 1, 5], n_classes=3)
    with pytest.raises(InvalidInput, match="table"):
        rare_rows(np.zeros(5), 3, n_classes=2)
    with pytest.raises(InvalidInput, match="two words"):
        random_tokens(3, 3, vocabulary=["one"])
    with pytest.raises(InvalidInput, match=r"\.npz"):
        random_pixels(3, (2,), n_classes=2).save(tmp_path / "m.json")
    with pytest.raises(InvalidInput, match="cannot be read"):
        Canaries.load(tmp_path / "absent.npz")
    with pytest.raises(InvalidInput, match="at least one row"):
        out_of_distribution(np.zeros((0, 2)), n_classes=2)


def test_a_coin_is_thrown_for_each_digest_in_their_order_by_a_stream_of_its_own():
    """Written plainly: an audit of next year is to know the coins of today's canaries."""
    x = np.array([[3, 1], [2, 2], [3, 1], [7, 0], [5, 5]])
    canaries = Canaries(x, None, "by hand", 11)
    digest = [hashlib.sha256(row.tobytes()).hexdigest()[:16] for row in x]
    assert canaries.manifest.digest == tuple(digest) == digests(x)
    different = sorted(set(digest))
    coin = np.random.default_rng(np.random.SeedSequence([11, 0xC014])).random(4) < 0.5
    assert canaries.member.tolist() == [coin[different.index(one)] for one in digest]
    assert canaries.manifest.cluster.tolist() == [different.index(one) for one in digest]
    assert digests(["ä"]) == (hashlib.sha256("ä".encode()).hexdigest()[:16],)


def test_inserted_are_the_rows_whose_coin_says_so_with_their_labels():
    canaries = out_of_distribution(np.arange(40)[:, None], n_classes=7, seed=2)
    x, label = canaries.inserted
    assert x[:, 0].tolist() == np.flatnonzero(canaries.member).tolist()
    assert label.tolist() == canaries.label[canaries.member].tolist()
    assert 0 < len(x) < 40


def test_wrong_labels_are_each_as_likely():
    """Two wrong classes of three: 3,000 +- 212 of 6,000, 1 in 10^7 on either side."""
    canaries = mislabelled(np.arange(6000)[:, None], np.zeros(6000, int), n_classes=3, seed=4)
    low, high = binom.ppf([1e-7, 1 - 1e-7], 6000, 0.5)
    assert low <= (canaries.label == 1).sum() <= high
    assert set(canaries.label.tolist()) == {1, 2}
    two = mislabelled(np.arange(9)[:, None], [0, 1, 0, 1, 1, 0, 0, 0, 1], n_classes=2)
    assert two.label.tolist() == [1, 0, 1, 0, 0, 1, 1, 1, 0]


def test_rare_values_are_the_outermost_of_each_column_on_both_sides():
    """The outermost 3 of 100 are 0, 1, 2 and 97, 98, 99; of 50 rows a hundredth is one at least."""
    table = np.column_stack([np.arange(100.0), 1000 + np.arange(100.0)])
    rows = rare_rows(table, 400, n_classes=2, share=0.03).x
    assert set(rows[:, 0].tolist()) == {0, 1, 2, 97, 98, 99}
    assert set((rows[:, 1] - 1000).tolist()) == {0, 1, 2, 97, 98, 99}
    # 400 fair sides: 200 +- 54, 1 in 10^7 on either side; columns are drawn apart
    low, high = binom.ppf([1e-7, 1 - 1e-7], 400, 0.5)
    assert low <= (rows[:, 0] < 50).sum() <= high
    assert low <= ((rows[:, 0] < 50) == (rows[:, 1] < 1050)).sum() <= high
    assert set(rare_rows(table[:50], 60, n_classes=2).x[:, 0].tolist()) == {0, 49}
    assert rare_rows(table[:2], 9, n_classes=2, share=0.5).x.shape == (9, 2)
    for share in (0.0, 0.51):
        with pytest.raises(InvalidInput, match="`share` in"):
            rare_rows(table, 9, n_classes=2, share=share)


def test_pixels_labels_and_tokens_take_every_value_of_their_range():
    whole = random_pixels(200, (2,), n_classes=3, low=3, high=5, dtype=np.uint8)
    assert set(whole.x.ravel().tolist()) == {3, 4, 5}
    assert set(whole.label.tolist()) == {0, 1, 2}
    real = random_pixels(500, (4,), n_classes=2, low=5, high=7).x
    assert 5 <= real.min() < 5.05
    assert 6.95 < real.max() <= 7
    assert set(out_of_distribution(np.zeros((60, 1)), n_classes=3).label.tolist()) == {0, 1, 2}
    assert set(random_tokens(50, 4, vocabulary=3).x.ravel().tolist()) == {0, 1, 2}
    texts = random_tokens(50, 4, vocabulary=["a", "b", "c"]).x.tolist()
    assert set(" ".join(texts).split()) == {"a", "b", "c"}
    assert random_tokens(1, 1, vocabulary=2).x.shape == (1, 1)


def test_canaries_that_differ_are_counted_and_the_first_named():
    canaries = random_tokens(6, 8, vocabulary=100, seed=1)
    other = canaries.x.copy()
    other[[2, 4]] = 200
    with pytest.raises(InvalidInput, match=r"2 canaries differ from the manifest \(first: row 2\)"):
        canaries.manifest.require_same(other)


def test_copies_with_two_coins_and_impossible_manifests_are_refused():
    good = {"kind": "x", "seed": 0, "member": [1, 0, 1], "cluster": [4, 7, 4], "digest": "aba"}
    digest = ("a", "b", "a")
    made = Manifest("x", 0, np.array([1, 0, 1]), np.array([4, 7, 4]), digest)
    assert made.membership.cluster.tolist() == [0, 1, 0]
    with pytest.raises(InvalidInput, match="those of row 0 are in and out"):
        Manifest("x", 0, np.array([1, 0, 0]), np.array([4, 7, 4]), digest)
    with pytest.raises(InvalidInput, match="those of row 1 are in and out"):
        Manifest("x", 0, np.array([1, 0, 1]), np.array([4, 7, 7]), digest)
    for change in ({"seed": -1}, {"seed": True}, {"kind": 3}, {"digest": "aba"}):
        given = {**good, "digest": digest, **change}
        with pytest.raises(InvalidInput, match="of a manifest needs"):
            Manifest(*given.values())
    with pytest.raises(InvalidInput, match="one entry a canary, got 0, 0 and 0"):
        Manifest("x", 0, np.zeros(0, int), np.zeros(0, int), ())


def test_a_manifest_s_clusters_are_whole_numbers_of_64_bits(tmp_path):
    plain = {"schema": 1, "kind": "x", "seed": 0, "member": [1], "digest": ["a"]}
    path = tmp_path / "m.json"
    for cluster, fits in ((2**63 - 1, True), (2**63, False), (1.5, False)):
        path.write_text(json.dumps({**plain, "cluster": [cluster]}))
        if fits:
            assert Manifest.load(path).cluster.tolist() == [cluster]
        else:
            with pytest.raises(InvalidInput, match="whole numbers"):
                Manifest.load(path)


def test_without_a_seed_or_a_range_canaries_are_those_of_seed_zero_between_zero_and_one():
    table = np.arange(20.0)[:, None]
    pairs = [
        (
            mislabelled(table, [0] * 20, n_classes=9),
            mislabelled(table, [0] * 20, n_classes=9, seed=0),
        ),
        (out_of_distribution(table, n_classes=9), out_of_distribution(table, n_classes=9, seed=0)),
        (rare_rows(table, 9, n_classes=9), rare_rows(table, 9, n_classes=9, share=0.01, seed=0)),
        (
            random_pixels(9, (2,), n_classes=9),
            random_pixels(9, (2,), n_classes=9, low=0.0, high=1.0, dtype=np.float32, seed=0),
        ),
        (random_tokens(9, 2, vocabulary=9), random_tokens(9, 2, vocabulary=9, seed=0)),
    ]
    for plain, zero in pairs:
        np.testing.assert_array_equal(plain.x, zero.x)
        np.testing.assert_array_equal(plain.member, zero.member)
        assert plain.seed == 0
        if plain.label is not None:
            assert plain.label.tolist() == zero.label.tolist()
