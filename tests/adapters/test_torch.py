"""PyTorch modules answer in evaluation mode and stay as they were."""

import copy

import numpy as np
import pytest

from tacit.adapters import adapter_of, outputs_of
from tacit.core import InvalidInput
from tacit.testing import check_adapter

pytestmark = pytest.mark.framework
torch = pytest.importorskip("torch")


def network():
    torch.manual_seed(0)
    nn = torch.nn
    net = nn.Sequential(
        nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 4)
    )
    net.train()
    net(torch.randn(40, 3))
    net[1].eval()
    return net


@pytest.fixture
def x():
    return torch.randn(30, 3, generator=torch.Generator().manual_seed(3))


@pytest.fixture
def y():
    return torch.arange(30) % 4


def expected(net, x):
    with torch.no_grad():
        return copy.deepcopy(net).eval()(x).numpy()


def state(net):
    return {
        "weights": {name: value.clone() for name, value in net.state_dict().items()},
        "modes": {name: module.training for name, module in net.named_modules()},
        "dice": [torch.get_rng_state().numpy(), np.random.get_state()[1]],  # noqa: NPY002
        "gradients": [p.requires_grad for p in net.parameters()],
    }


def test_a_module_keeps_the_contract(x, y):
    net = network()
    assert adapter_of(net) == "torch"
    check_adapter(outputs_of, net, x, y, expected=expected(net, x), state=lambda: state(net))


def test_a_loader_and_a_data_set_keep_the_contract(x, y):
    net = network()
    data = torch.utils.data.TensorDataset(x, y)
    for source in (data, torch.utils.data.DataLoader(data, batch_size=8)):
        before = state(net)
        found = outputs_of(net, source)
        np.testing.assert_allclose(found.logits, expected(net, x), atol=1e-5)
        np.testing.assert_array_equal(found.label, y)
        after = state(net)
        assert before["modes"] == after["modes"]
        np.testing.assert_array_equal(before["dice"][0], after["dice"][0])


def test_double_precision_arrays_fit_a_single_precision_module(x, y):
    net = network()
    np.testing.assert_allclose(
        outputs_of(net, x.numpy().astype(float), y.numpy()).logits, expected(net, x), atol=1e-5
    )


def test_a_half_precision_module_is_not_taken_for_a_random_one(x, y):
    net = network().to(torch.bfloat16)
    assert outputs_of(net, x, y).logits.dtype == np.float32


def test_a_wrapped_module_is_unwrapped(x, y):
    net = network()
    np.testing.assert_allclose(
        outputs_of(torch.nn.DataParallel(net), x, y).logits, expected(net, x), atol=1e-5
    )


def test_modes_come_back_when_the_model_fails(y):
    net = network()
    with pytest.raises(InvalidInput, match="could not answer: RuntimeError"):
        outputs_of(net, torch.zeros(30, 99), y)
    assert [module.training for module in net] == [True, False, True, True, True]


def test_a_shuffling_loader_is_an_error(x, y):
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), shuffle=True)
    with pytest.raises(InvalidInput, match=r"shuffles.*shuffle=False"):
        outputs_of(network(), loader)


def test_a_loader_that_leaves_records_out_is_an_error(x, y):
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(x, y), batch_size=8, drop_last=True
    )
    with pytest.raises(InvalidInput, match="drops its last batch"):
        outputs_of(network(), loader)


def test_augmentation_in_the_loader_is_an_error(x, y):
    class Augmented(torch.utils.data.Dataset):
        def __len__(self):
            return 30

        def __getitem__(self, row):
            return x[row] + torch.randn(3), y[row]

    with pytest.raises(InvalidInput, match="augments its records at random"):
        outputs_of(network(), Augmented())


def test_dropout_that_is_always_on_is_an_error(x, y):
    class Always(torch.nn.Module):
        def forward(self, part):
            return torch.nn.functional.dropout(part @ torch.ones(3, 4), training=True)

    with pytest.raises(InvalidInput, match="differently when asked twice"):
        outputs_of(Always(), x, y)


def test_batch_norm_without_running_statistics_is_an_error(x, y):
    net = torch.nn.Sequential(
        torch.nn.BatchNorm1d(3, track_running_stats=False), torch.nn.Linear(3, 4)
    )
    with pytest.raises(InvalidInput, match="Batch norm is using"):
        outputs_of(net, x, y)


def test_labels_are_not_taken_twice(x, y):
    with pytest.raises(InvalidInput, match="`y` cannot be given beside"):
        outputs_of(network(), torch.utils.data.TensorDataset(x, y), y)
