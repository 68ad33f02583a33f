"""A hand-written PyTorch loop: looking changes nothing."""

import numpy as np
import pytest

from tacit.core import InvalidInput
from tacit.integrations import PrivacyTrace

pytestmark = pytest.mark.framework
torch = pytest.importorskip("torch")


def records():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 6)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int64) + (rng.random(200) < 0.3)
    return (x[:100], y[:100]), (x[100:], y[100:])


def trained(trace=None):
    torch.manual_seed(0)
    nn = torch.nn
    net = nn.Sequential(
        nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 3)
    )
    optimizer = torch.optim.Adam(net.parameters(), 0.01)
    data = torch.utils.data.TensorDataset(*map(torch.as_tensor, records()[0]))
    loader = torch.utils.data.DataLoader(data, batch_size=20, shuffle=True)
    for epoch in range(4):
        net.train()
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            optimizer.step()
        if trace is not None:
            trace.observe(epoch, net)
    return net


def test_looking_leaves_every_bit_of_the_weights_alone():
    alone, watched = trained(), trained(trace := PrivacyTrace(*records(), every=1))
    assert len(trace.history.points) == 4
    for name, weights in alone.state_dict().items():
        assert torch.equal(weights, watched.state_dict()[name]), name
    assert watched.training


def test_data_sets_are_sampled_like_arrays():
    as_arrays = PrivacyTrace(*records(), size=20, every=1)
    sets = [torch.utils.data.TensorDataset(*map(torch.as_tensor, part)) for part in records()]
    as_sets = PrivacyTrace(*sets, size=20, every=1)
    net = trained()
    first, second = as_arrays.observe(0, net), as_sets.observe(0, net)
    assert first.auc == second.auc


def test_a_data_set_that_augments_is_refused():
    class Augmented(torch.utils.data.Dataset):
        def __len__(self):
            return 50

        def __getitem__(self, row):
            return torch.randn(6), 1

    with pytest.raises(InvalidInput, match="evaluation transforms"):
        PrivacyTrace(Augmented(), Augmented())
