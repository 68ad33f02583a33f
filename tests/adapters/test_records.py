"""The blind guesser sees what the model sees."""

import numpy as np
import pytest

from tacit import InvalidInput
from tacit.adapters.records import SeenRecords, seen_features, seen_records

N = 40
RNG = np.random.default_rng(0)
Y = np.arange(N) % 2
IMAGES = RNG.integers(0, 255, (N, 3, 16, 16)).astype(np.uint8)


def containers():
    pandas = pytest.importorskip("pandas")
    sparse = pytest.importorskip("scipy.sparse")
    frame = pandas.DataFrame(
        {
            "number": np.where(np.arange(N) == 3, np.nan, RNG.normal(size=N)),
            "text": RNG.choice(["x", "y", None], N),
            "category": pandas.Categorical(RNG.choice(["u", "v"], N)),
            "flag": RNG.random(N) > 0.5,
            "nullable": pandas.array([1, None] * (N // 2), dtype="Int64"),
            "date": pandas.date_range("2020", periods=N),
            "words": [f"hello {i} world" for i in range(N)],
        }
    )
    return {
        "frame": frame,
        "object array": frame.to_numpy(),
        "series": frame["text"],
        "missing values": frame[["number"]].to_numpy(),
        "wide sparse": sparse.random(N, 5000, 0.01, format="csr", random_state=0),
        "sparse": sparse.random(N, 50, 0.1, format="coo", random_state=0),
        "images": IMAGES,
        "texts": ["some words"] * N,
        "dict": {"a": RNG.normal(size=(N, 3)), "b": IMAGES},
        "several inputs": [RNG.normal(size=(N, 3)), RNG.normal(size=(N, 2))],
        "token numbers": [list(range(1 + i % 7)) for i in range(N)],
        "one column": RNG.normal(size=N),
        "huge": RNG.normal(size=(N, 2)) * 1e300,
    }


@pytest.mark.parametrize("name", containers())
def test_every_container_of_records_becomes_finite_columns(name):
    x = containers()[name]
    seen = seen_records((x, Y), (x, Y))
    assert seen.reason == ""
    assert seen.columns.shape[0] == len(seen.digest) == 2 * N
    assert np.isfinite(seen.columns).all()
    np.testing.assert_array_equal(seen.digest[:N], seen.digest[N:])


def test_other_records_have_other_digests_and_an_equal_one_the_same():
    other = IMAGES.copy()
    other[1:] = 255 - other[1:]
    seen = seen_records((IMAGES, Y), (other, Y))
    assert np.isin(seen.digest[N:], seen.digest[:N]).sum() == 1
    assert seen.chance < 1e-9


def test_what_cannot_be_read_says_so():
    seen = seen_records((object(), Y), (object(), Y))
    assert seen.columns is None
    assert "could not be read" in seen.reason


def test_features_need_a_table():
    with pytest.raises(InvalidInput, match="one column a feature"):
        seen_features(np.zeros((N, 2, 2)), np.zeros((N, 2, 2)), SeenRecords())
    one = seen_features(np.arange(N), -np.arange(N), SeenRecords())
    assert one.columns is not None
    assert one.columns.shape == (2 * N, 1)


def test_padding_says_nothing_of_a_side_and_hides_no_repeat():
    rng = np.random.default_rng(0)
    length = rng.integers(4, 9, 60)

    def tokenized(width, rows):
        mask = np.arange(width) < length[rows, None]
        ids = np.random.default_rng(1).integers(1, 50, (60, 12))[rows, :width]
        return {"input_ids": ids * mask, "attention_mask": mask.astype(int)}

    train, test = tokenized(12, np.arange(40)), tokenized(9, np.arange(35, 60))
    found = seen_records(train, test)
    assert not found.reason
    # the texts 35 to 39 are on both sides
    assert np.isin(found.digest[40:], found.digest[:40]).tolist() == [True] * 5 + [False] * 20
    assert found.columns[:40, 0].tolist() == length[:40].tolist()
    assert found.chance < 1e-6
    unmasked = seen_records({"input_ids": train["input_ids"]}, {"input_ids": train["input_ids"]})
    assert unmasked.columns.shape[1] >= 12


@pytest.mark.parametrize(
    "column",
    [
        np.datetime64("2026-11-26T10:00:00") + np.arange(2 * N).astype("timedelta64[s]"),
        20_260_000_000 + np.arange(2 * N),
        np.where(np.arange(2 * N) == 5, np.nan, 1e12 + np.arange(2 * N)),
    ],
    ids=["seconds", "customers", "with a gap"],
)
def test_large_numbers_that_are_close_together_stay_different(column):
    """In float32 neighbours of 1.8e9 are 128 apart."""
    rows = column[:, None]
    seen = seen_features(rows[:N], rows[N:], SeenRecords())
    shown = seen.columns[:, 0].astype(float)
    known = np.arange(2 * N) != 5
    assert (np.diff(shown[known]) >= 1).all()


def test_numbers_that_are_far_apart_stay_as_they_are():
    """Half of them within 10,000th of the middle is what moves a column."""
    rows = np.concatenate([[0.0, 50_000.0], np.linspace(100_000, 100_400, 2 * N - 2)])[:, None]
    seen = seen_features(rows[:N], rows[N:], SeenRecords())
    assert (seen.columns == rows.astype(np.float32)).all()
