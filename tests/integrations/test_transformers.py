"""Transformers: the TrainerCallback changes nothing, its numbers are logged, and it can stop."""

import numpy as np
import pytest

from tacit.integrations import Stop

pytestmark = pytest.mark.framework
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
datasets = pytest.importorskip("datasets")
SMALL = {
    "vocab_size": 30,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
}


@pytest.fixture(scope="module")
def sets():
    rng = np.random.default_rng(0)
    tokens, labels = rng.integers(1, 30, (48, 6)), rng.integers(0, 2, 48)
    columns = {"input_ids": tokens, "attention_mask": np.ones_like(tokens), "labels": labels}
    return [
        datasets.Dataset.from_dict({name: part[rows].tolist() for name, part in columns.items()})
        for rows in (slice(32), slice(32, 48))
    ]


def train(sets, folder, *callbacks, epochs=2, attach=False):
    transformers.set_seed(0)
    model = transformers.BertForSequenceClassification(
        transformers.BertConfig(**SMALL, num_labels=2)
    )
    quiet = {
        "use_cpu": True,
        "report_to": [],
        "save_strategy": "no",
        "disable_tqdm": True,
        "logging_strategy": "no",
    }
    arguments = transformers.TrainingArguments(
        str(folder), num_train_epochs=epochs, per_device_train_batch_size=8, **quiet
    )
    trainer = transformers.Trainer(
        model, arguments, train_dataset=sets[0], callbacks=list(callbacks)
    )
    for callback in callbacks:
        callback.trainer = trainer if attach else None
    trainer.train()
    return model, trainer


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("attach", [False, True])
def test_training_is_the_same_bit_for_bit_and_the_numbers_are_logged(sets, tmp_path, attach):
    from tacit.integrations.transformers import PrivacyCallback

    alone, _ = train(sets, tmp_path)
    callback = PrivacyCallback(*sets, every=1, path=tmp_path / "run.trace")
    watched, trainer = train(sets, tmp_path, callback, attach=attach)
    for name, weights in alone.state_dict().items():
        assert torch.equal(weights, watched.state_dict()[name]), name
    logged = [
        entry["privacy/advantage"]
        for entry in trainer.state.log_history
        if "privacy/advantage" in entry
    ]
    assert logged == [point.advantage.value for point in callback.trace.history.points]
    assert [point.epoch for point in callback.trace.history.points] == [0, 1]


@pytest.mark.filterwarnings("ignore")
def test_a_stop_ends_the_training(sets, tmp_path):
    from tacit.integrations.transformers import PrivacyCallback

    callback = PrivacyCallback(*sets, every=1, stop_when=lambda seen: Stop("enough", 0))
    _, trainer = train(sets, tmp_path, callback, epochs=4)
    assert trainer.state.epoch == 1
