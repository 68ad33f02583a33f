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
