"""Transformers classifiers answer with logits, language models with a loss a text."""

import numpy as np
import pytest

from tacit.adapters import adapter_of, outputs_of
from tacit.core import InvalidInput
from tacit.testing import check_adapter

pytestmark = pytest.mark.framework
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
SMALL = {
    "vocab_size": 50,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
}


@pytest.fixture(scope="module")
def tokens():
    rng = np.random.default_rng(0)
    mask = np.arange(12) < rng.integers(4, 13, 20)[:, None]
    return {"input_ids": rng.integers(1, 50, (20, 12)) * mask, "attention_mask": mask.astype(int)}


def test_a_classifier_keeps_the_contract(tokens):
    torch.manual_seed(0)
    model = transformers.BertForSequenceClassification(
        transformers.BertConfig(**SMALL, num_labels=3)
    ).train()
    assert adapter_of(model) == "transformers"
    y = np.arange(20) % 3
    model.eval()
    with torch.no_grad():
        right = model(
            **{name: torch.as_tensor(part) for name, part in tokens.items()}
        ).logits.numpy()
    model.train()
    check_adapter(
        outputs_of,
        model,
        tokens,
        y,
        expected=right,
        state=lambda: [[m.training for m in model.modules()], torch.get_rng_state().numpy()],
    )
    np.testing.assert_array_equal(outputs_of(model, tokens | {"labels": y}).label, y)


def test_a_data_set_with_columns_is_read(tokens):
    datasets = pytest.importorskip("datasets")
    model = transformers.BertForSequenceClassification(
        transformers.BertConfig(**SMALL, num_labels=3)
    )
    columns = {name: part.tolist() for name, part in tokens.items()} | {
        "label": (np.arange(20) % 3).tolist()
    }
    found = outputs_of(model, datasets.Dataset.from_dict(columns))
    np.testing.assert_allclose(found.logits, outputs_of(model, tokens).logits, atol=1e-6)
    np.testing.assert_array_equal(found.label, np.arange(20) % 3)


def test_a_language_model_answers_with_the_loss_of_each_text(tokens):
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=50,
        n_positions=16,
        n_embd=16,
        n_layer=1,
        n_head=2,
        bos_token_id=0,
        eos_token_id=0,
    )
    model = transformers.GPT2LMHeadModel(config).eval()
    right = []
    for ids, mask in zip(tokens["input_ids"], tokens["attention_mask"]):
        text = torch.as_tensor(ids[: mask.sum()])[None]
        with torch.no_grad():
            right.append(float(model(input_ids=text, labels=text).loss))
    check_adapter(outputs_of, model.train(), tokens, None, expected=np.array(right))


def test_text_is_refused(tokens):
    model = transformers.BertForSequenceClassification(
        transformers.BertConfig(**SMALL, num_labels=3)
    )
    with pytest.raises(InvalidInput, match="Pass what the tokenizer returns"):
        outputs_of(model, {"input_ids": ["a text", "another"]}, [0, 1])
    with pytest.raises(InvalidInput, match="padding=True"):
        outputs_of(model, {"input_ids": [[1, 2], [1, 2, 3]]}, [0, 1])
