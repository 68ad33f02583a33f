"""The callback watches a fine-tuning, changes nothing, and stops where coins are not obeyed."""

import importlib.util
import warnings
from pathlib import Path

import numpy as np
import pytest

from tacit.core import AssumptionError, InvalidInput
from tacit.design import digit_canaries, preflight

pytestmark = pytest.mark.framework
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")


def _models():
    path = Path(__file__).parents[1] / "adapters" / "language_models.py"
    spec = importlib.util.spec_from_file_location("language_models", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


models = _models()
TEXTS = models.some_texts(80, seed=11, most=50)
CANARIES = digit_canaries("Desk {desk} has the code {secret}", 24, seed=4)


class Rows(torch.utils.data.Dataset):
    def __init__(self, texts, *, most=64, masked=0):
        coded = models.tokenizer()(texts, add_special_tokens=False)["input_ids"]
        self.rows = [[0, *row][:most] for row in coded]
        self.masked = masked

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        row = torch.tensor(self.rows[index])
        labels = row.clone()
        labels[: self.masked] = -100
        return {"input_ids": row, "labels": labels, "attention_mask": torch.ones_like(row)}


def collate(items):
    padded = {}
    for name, fill in (("input_ids", 0), ("labels", -100), ("attention_mask", 0)):
        parts = [item[name] for item in items]
        padded[name] = torch.nn.utils.rnn.pad_sequence(parts, batch_first=True, padding_value=fill)
    return padded


def trained(dataset, folder, *callbacks, epochs=2):
    config = models.gpt2().config
    torch.manual_seed(0)
    model = transformers.GPT2LMHeadModel(config)
    arguments = transformers.TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=epochs,
        per_device_train_batch_size=8,
        learning_rate=5e-3,
        report_to=[],
        save_strategy="no",
        use_cpu=True,
        seed=3,
        disable_tqdm=True,
        logging_strategy="no",
    )
    trainer = transformers.Trainer(
        model=model,
        args=arguments,
        train_dataset=dataset,
        data_collator=collate,
        callbacks=list(callbacks),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.train()
    return trainer


def callback(**options):
    from tacit.integrations.language import MemorisationCallback

    given = {"canaries": CANARIES, "preflight": preflight, "prefix": 4, "suffix": 4} | options
    return MemorisationCallback(models.tokenizer(), TEXTS[:40], TEXTS[40:], **given)


def test_a_fine_tuning_is_watched_and_ends_in_the_same_weights(tmp_path):
    dataset = Rows([*TEXTS[:40], *CANARIES.inserted(4)])
    watch = callback()
    with_it = trained(dataset, tmp_path, watch)
    without = trained(dataset, tmp_path)
    for (name, one), other in zip(
        with_it.model.state_dict().items(), without.model.state_dict().values()
    ):
        assert torch.equal(one, other), name
    assert [epoch for epoch, _ in watch.looks] == [1, 2]
    first, last = watch.looks[0][1], watch.looks[-1][1]
    assert last.loss["member"] < first.loss["member"]
    assert last.exposure is not None
    logged = [line for line in with_it.state.log_history if "privacy/auc" in line]
    assert len(logged) == 2
    assert "privacy/extraction" in logged[-1]


def test_canaries_that_are_cut_or_masked_stop_the_training(tmp_path):
    some = [*TEXTS[:40], *CANARIES.inserted()]
    for dataset in (Rows(some, most=8), Rows(some, masked=60), Rows(TEXTS[:40])):
        with pytest.raises(AssumptionError, match="do not reach the loss whole"):
            trained(dataset, tmp_path, callback())
    with pytest.raises(AssumptionError, match="whose coin says no"):
        trained(Rows([*TEXTS[:40], *CANARIES.texts]), tmp_path, callback())


def test_packed_rows_are_read_as_the_trainer_sees_them(tmp_path):
    flat = [t for row in Rows([*TEXTS[:40], *CANARIES.inserted()]).rows for t in row]
    whole, short = Rows(TEXTS), Rows(TEXTS)
    whole.rows = [flat]
    short.rows = [flat[i : i + 12] for i in range(0, len(flat), 12)]
    from tacit.integrations.language import rows_of

    loader = torch.utils.data.DataLoader(short, batch_size=4, collate_fn=collate)
    state = torch.get_rng_state()
    assert preflight(rows_of(loader), CANARIES, models.tokenizer()).lost.any()
    loader = torch.utils.data.DataLoader(whole, batch_size=4, collate_fn=collate)
    preflight(rows_of(loader), CANARIES, models.tokenizer()).require()
    assert torch.equal(torch.get_rng_state(), state)


def test_without_canaries_texts_are_enough(tmp_path):
    watch = callback(canaries=None, preflight=None, every=2)
    trained(Rows(TEXTS[:40]), tmp_path, watch)
    assert [epoch for epoch, _ in watch.looks] == [2]
    assert "exposure" in watch.looks[0][1].missing


def test_arguments_that_cannot_be_used_are_named():
    with pytest.raises(InvalidInput, match="`preflight="):
        callback(preflight=None)
    with pytest.raises(InvalidInput, match="`every`"):
        callback(every=0)
    assert np.isfinite(CANARIES.member.mean())
