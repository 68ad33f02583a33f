"""The blind guesser looks into the data sets of the frameworks; those it cannot are refused."""

import numpy as np
import pytest

from tacit import InvalidInput
from tacit.adapters.records import seen_records

pytestmark = pytest.mark.framework
RNG = np.random.default_rng(0)
N = 40
X = RNG.normal(size=(N, 3)).astype(np.float32)
Y = RNG.integers(0, 2, N)
TEXTS = [f"text number {i}" for i in range(N)]
PICTURES = RNG.integers(0, 255, (N, 8, 8, 3)).astype(np.uint8)
HALVES = (range(N // 2), range(N // 2, N))
SLICES = (slice(0, N // 2), slice(N // 2, N))


def torch_sets():
    torch = pytest.importorskip("torch")
    from torch.utils.data import DataLoader, Dataset, IterableDataset, Subset, TensorDataset

    class Of(Dataset):
        def __init__(self, item, rows):
            self.item, self.rows = item, list(rows)

        def __len__(self):
            return len(self.rows)

        def __getitem__(self, i):
            return self.item(self.rows[i])

    class Stream(IterableDataset):
        def __init__(self, rows):
            self.rows = rows

        def __iter__(self):
            return iter([(X[i], Y[i]) for i in self.rows])

    def picture(i):
        from PIL import Image

        return Image.fromarray(PICTURES[i]), int(Y[i])

    def both(item):
        return tuple(Of(item, rows) for rows in HALVES)

    def loaded(sets):
        return tuple(DataLoader(part, 8) for part in sets)

    pairs = both(lambda i: ((X[i], X[i]), int(Y[i])))
    texts = both(lambda i: (TEXTS[i], int(Y[i])))
    whole = TensorDataset(torch.tensor(X), torch.tensor(Y))
    streams = tuple(Stream(rows) for rows in HALVES)
    return {
        "subsets": tuple(Subset(whole, rows) for rows in HALVES),
        "loaders": loaded(Subset(whole, rows) for rows in HALVES),
        "dicts": both(lambda i: {"x": X[i], "labels": int(Y[i])}),
        "pairs": pairs,
        "loaders of pairs": loaded(pairs),
        "pictures": both(picture),
        "texts": texts,
        "loaders of texts": loaded(texts),
        "streams": streams,
        "loaders of streams": loaded(streams),
        "records of different length": both(
            lambda i: (np.full(2 + i % 3, i, np.float32), int(Y[i]))
        ),
        "records alone": both(lambda i: X[i]),
        "sparse tensors": tuple((torch.tensor(X[rows]).to_sparse(), Y[rows]) for rows in SLICES),
        "bfloat16": tuple((torch.tensor(X[rows]).bfloat16(), Y[rows]) for rows in SLICES),
    }


def huggingface_sets():
    datasets = pytest.importorskip("datasets")
    columns = {"x": X.tolist(), "text": TEXTS, "m": [None, 1.0] * (N // 2), "label": Y.tolist()}
    whole = datasets.Dataset.from_dict(columns)
    parts = tuple(whole.select(rows) for rows in HALVES)
    tokens = datasets.Dataset.from_dict({"input_ids": [list(range(2 + i)) for i in range(N)]})
    return {
        "data sets": parts,
        "as numpy": tuple(part.with_format("numpy") for part in parts),
        "as pandas": tuple(part.with_format("pandas") for part in parts),
        "streams": tuple(part.to_iterable_dataset() for part in parts),
        "tokens": tuple(tokens.select(rows) for rows in HALVES),
    }


def tensorflow_sets():
    tf = pytest.importorskip("tensorflow")

    def both(make):
        return tuple(tf.data.Dataset.from_tensor_slices(make(rows)) for rows in SLICES)

    plain = both(lambda rows: (X[rows], Y[rows]))
    return {
        "batches": tuple(part.batch(8) for part in plain),
        "single records": plain,
        "dicts": tuple(
            part.batch(8) for part in both(lambda rows: ({"a": X[rows], "t": TEXTS[rows]}, Y[rows]))
        ),
        "records alone": tuple(part.batch(8) for part in both(lambda rows: X[rows])),
        "texts": tuple(part.batch(8) for part in both(lambda rows: (TEXTS[rows], Y[rows]))),
        "two inputs": tuple(
            part.batch(8) for part in both(lambda rows: ((X[rows], X[rows]), Y[rows]))
        ),
        "sparse tensors": tuple((tf.sparse.from_dense(X[rows]), Y[rows]) for rows in SLICES),
    }


@pytest.mark.parametrize("sets", [torch_sets, huggingface_sets, tensorflow_sets])
def test_every_record_is_seen_whatever_holds_it(sets):
    for name, (train, test) in sets().items():
        seen = seen_records(train, test)
        assert seen.columns is not None, f"{name}: {seen.reason}"
        assert len(seen.columns) == len(np.unique(seen.digest)) == N, name
        assert np.isfinite(seen.columns).all(), name


def test_a_data_set_without_an_end_is_refused_and_single_records_are_named():
    tf = pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    from tacit.adapters import outputs_of

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation="sigmoid")])
    plain = tf.data.Dataset.from_tensor_slices((X, Y))
    assert "without an end" in seen_records(plain.repeat(), plain).reason
    with pytest.raises(InvalidInput, match="without an end"):
        outputs_of(model, plain.batch(8).repeat())
    with pytest.raises(InvalidInput, match=r"single records.*\.batch"):
        outputs_of(model, plain)
    with pytest.raises(InvalidInput, match="taken in slices, got a SparseTensor"):
        outputs_of(model, tf.sparse.from_dense(X), Y)
