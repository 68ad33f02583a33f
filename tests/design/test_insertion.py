import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.design import Canaries, random_pixels, random_tokens
from tacit.design.insertion import insert_arrays, insert_huggingface, insert_torch


def test_arrays_gain_exactly_the_members():
    canaries = random_pixels(40, (3,), n_classes=2, low=5, high=6)
    x, label = insert_arrays(
        np.zeros((100, 3), np.float32), np.zeros(100, np.int64), canaries, seed=1
    )
    assert x.dtype == np.float32
    found = {tuple(row) for row in x[x[:, 0] > 1].tolist()}
    assert found == {tuple(row) for row in canaries.x[canaries.member].tolist()}
    assert len(label) == len(x) == 100 + canaries.member.sum()
    assert not np.all(x[:100] == 0)  # shuffled


def test_shapes_must_fit():
    with pytest.raises(InvalidInput, match=r"shape \(4,\)"):
        insert_arrays(np.zeros((5, 4)), np.zeros(5), random_pixels(9, (3,), n_classes=2))
    with pytest.raises(InvalidInput, match="label"):
        insert_arrays(np.zeros((5, 3)), np.zeros(5), random_tokens(9, 3, vocabulary=7))


@pytest.mark.framework
def test_torch_data_set_gains_the_members():
    torch = pytest.importorskip("torch")
    canaries = random_pixels(20, (1, 4, 4), n_classes=3)
    base = torch.utils.data.TensorDataset(
        torch.zeros(10, 1, 4, 4), torch.zeros(10, dtype=torch.long)
    )
    both = insert_torch(base, canaries)
    assert len(both) == 10 + canaries.member.sum()
    image, label = both[10]
    np.testing.assert_allclose(image.numpy(), canaries.x[canaries.member][0])
    assert label.dtype == torch.long
    loader = torch.utils.data.DataLoader(both, batch_size=len(both), shuffle=True)
    assert next(iter(loader))[0].shape == (len(both), 1, 4, 4)
    with pytest.raises(InvalidInput, match="shape"):
        insert_torch(base, random_pixels(4, (2,), n_classes=3))


@pytest.mark.framework
def test_hugging_face_data_set_gains_the_members():
    datasets = pytest.importorskip("datasets")
    base = datasets.Dataset.from_dict({"text": ["a", "b"], "source": ["x", "y"]})
    canaries = random_tokens(12, 5, vocabulary=["oak", "sea", "red"])
    both = insert_huggingface(base, canaries, column="text")
    assert len(both) == 2 + canaries.member.sum()
    assert set(both["text"][2:]) == set(canaries.x[canaries.member].tolist())
    with pytest.raises(InvalidInput, match="no column"):
        insert_huggingface(base, canaries, column="tokens")


def test_every_row_keeps_its_label_in_the_new_order():
    """Rows and labels are both the number of the record, 50 and beyond for canaries."""
    drawn = random_pixels(30, (1,), n_classes=2, low=50, high=10**6, dtype=np.int64)
    canaries = Canaries(drawn.x, drawn.x[:, 0] * 1, "counted", 3)
    x, label = insert_arrays(np.arange(50)[:, None], np.arange(50), canaries, seed=4)
    assert x[:, 0].tolist() == label.tolist()
    assert sorted(label.tolist()) == sorted([*range(50), *drawn.x[canaries.member, 0].tolist()])
    order = np.random.default_rng(4).permutation(len(x))
    assert (order >= 50).tolist() == (label >= 50).tolist()


def test_without_a_seed_the_order_is_that_of_seed_zero():
    canaries = random_pixels(9, (1,), n_classes=2)
    data = np.arange(20.0)[:, None], np.arange(20)
    plain, zero = insert_arrays(*data, canaries), insert_arrays(*data, canaries, seed=0)
    assert plain[0].tolist() == zero[0].tolist()
    assert plain[1].tolist() == zero[1].tolist()
