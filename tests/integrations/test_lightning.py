"""Lightning: the callback changes nothing, logs to the trainer's logger, goes on after a
checkpoint, and can stop.
"""

import numpy as np
import pytest

from tacit.integrations import Stop

pytestmark = pytest.mark.framework
torch = pytest.importorskip("torch")
lightning = pytest.importorskip("lightning.pytorch")
pytest.importorskip("lightning.pytorch.loggers")


class Module(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        nn = torch.nn
        self.net = nn.Sequential(
            nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3)
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, _):
        return torch.nn.functional.cross_entropy(self(batch[0]), batch[1])

    def validation_step(self, batch, _):
        self.log("val_acc", (self(batch[0]).argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 0.01)


@pytest.fixture(scope="module")
def sets():
    rng = np.random.default_rng(0)
    x, y = (
        torch.as_tensor(rng.normal(size=(60, 4)), dtype=torch.float32),
        torch.as_tensor(rng.integers(0, 3, 60)),
    )
    return torch.utils.data.TensorDataset(x[:40], y[:40]), torch.utils.data.TensorDataset(
        x[40:], y[40:]
    )


@pytest.mark.filterwarnings("ignore")
def fit(sets, *callbacks, epochs=3, logger=False, **options):
    lightning.seed_everything(0, verbose=False)
    module = Module()
    quiet = {
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "accelerator": "cpu",
    }
    trainer = lightning.Trainer(
        max_epochs=epochs,
        callbacks=list(callbacks),
        logger=logger,
        num_sanity_val_steps=0,
        **quiet,
        **options,
    )
    loaders = [
        torch.utils.data.DataLoader(data, batch_size=10, shuffle=i == 0)
        for i, data in enumerate(sets)
    ]
    trainer.fit(module, *loaders)
    return module, trainer


@pytest.mark.filterwarnings("ignore")
def test_training_is_the_same_bit_for_bit_and_the_numbers_are_logged(sets, tmp_path):
    from tacit.integrations.lightning import PrivacyCallback

    alone, _ = fit(sets)
    logger = lightning.loggers.CSVLogger(tmp_path, flush_logs_every_n_steps=1)
    callback = PrivacyCallback(*sets, every=1, path=tmp_path / "run.trace")
    watched, trainer = fit(sets, callback, logger=logger)
    for name, weights in alone.state_dict().items():
        assert torch.equal(weights, watched.state_dict()[name]), name
    assert trainer.callback_metrics["privacy/advantage"] == pytest.approx(
        callback.trace.history.points[-1].advantage.value
    )
    assert callback.trace.history.points[-1].measure == "validation accuracy"
    logged = next(tmp_path.rglob("metrics.csv")).read_text()
    assert "privacy/auc_low" in logged.splitlines()[0]
    more = PrivacyCallback(*sets, every=1, path=tmp_path / "run.trace")
    fit(sets, more, epochs=1)
    assert [point.epoch for point in more.trace.history.points] == [0]


@pytest.mark.filterwarnings("ignore")
def test_a_stop_ends_the_training(sets):
    from tacit.integrations.lightning import PrivacyCallback

    callback = PrivacyCallback(
        *sets, every=1, stop_when=lambda seen: Stop("enough", 0) if len(seen.points) == 2 else None
    )
    _, trainer = fit(sets, callback, epochs=6)
    assert trainer.current_epoch == 2
