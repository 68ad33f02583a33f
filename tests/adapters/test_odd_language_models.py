"""Odd language models: odd logits, odd tokenizers, wrapped ones, and what they learned by heart."""

import copy
import importlib.util
from pathlib import Path

import numpy as np
import pytest

import tacit
from tacit.adapters.language import tokens_of
from tacit.core import InvalidInput
from tacit.render import rendered
from tacit.training import FineTune

pytestmark = pytest.mark.framework
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


def _models():
    path = Path(__file__).with_name("language_models.py")
    spec = importlib.util.spec_from_file_location("language_models", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


models = _models()
TEXTS = models.some_texts()


def ids_of(text):
    return models.tokenizer()(text, add_special_tokens=False)["input_ids"]


def test_passages_are_in_the_report_only_where_they_were_asked_for():
    texts = [f"<b>{letter} & \u202eThe cat sat." for letter in "abcdefghijklmnopqrst"]
    base, tokenizer = models.gpt2(), models.tokenizer()
    recipe = FineTune(base, tokenizer, tokens_of, epochs=60, lr=1e-2)
    model = recipe.fit(texts, None, np.arange(20), 0).model
    given = {"member": texts, "nonmember": models.some_texts(20, seed=4), "overlap": "keep"}
    asked = {"prefix": 4, "suffix": 12, "tries": 1000.0}
    shown = tacit.audit_text(model, tokenizer, **given, **asked, passages=2)
    found = shown.records["passages"]
    assert len(found) == 2
    assert found[0]["log10_p"] >= found[1]["log10_p"]
    ids = ids_of(texts[found[0]["row"]])
    assert found[0]["text"] == tokenizer.decode(ids[4:16])
    assert "do not publish" in shown.warnings[-1]
    page = rendered(shown, suffix=".html")
    assert "word for word, the surest first" in page
    assert "\u202e" not in page
    silent = tacit.audit_text(model, tokenizer, **given, **asked)
    assert silent.records is None
    assert "word for word" not in rendered(silent, suffix=".html")
    with pytest.raises(InvalidInput, match="`passages` need a transformers model"):
        tacit.audit_text(lambda asked: [[-1.0]] * len(asked), **given, passages=1)


def test_a_base_that_peft_changed_in_place_is_the_audited_model():
    """What `peft` does to the model that it wraps: the same weights answer from both names."""
    sides = models.some_texts(20, seed=1), models.some_texts(20, seed=2)
    given = {"member": sides[0], "nonmember": sides[1], "overlap": "keep"}
    with pytest.raises(InvalidInput, match=r"answers as the audited model does.*adapter_off"):
        tacit.audit_text(
            models.gpt2(), models.tokenizer(), **given, reference=copy.deepcopy(models.gpt2())
        )


def test_what_spreads_a_model_over_devices_is_taken_off():
    wrapped = torch.nn.DataParallel(models.gpt2())
    found = tokens_of(wrapped, models.tokenizer(), TEXTS[:3])
    np.testing.assert_array_equal(
        found.logp, tokens_of(models.gpt2(), models.tokenizer(), TEXTS[:3]).logp
    )


class Virtual(type(models.gpt2())):
    """What prompt tuning does: logits of two virtual tokens come before those of the text."""

    def forward(self, *args, **options):
        answer = super().forward(*args, **options)
        first = answer.logits[:, :1]
        answer.logits = torch.cat([first * 0, first * 0 + 7, answer.logits], 1)
        return answer


def test_logits_of_virtual_tokens_are_not_those_of_the_text():
    tuned = Virtual(models.gpt2().config)
    tuned.load_state_dict(models.gpt2().state_dict())
    found = tokens_of(tuned, models.tokenizer(), TEXTS[:5])
    right = tokens_of(models.gpt2(), models.tokenizer(), TEXTS[:5])
    np.testing.assert_allclose(found.logp, right.logp, atol=1e-6)


class Biased(type(models.gpt2())):
    """Some logits are set to one number."""

    words, value = slice(None), 0.0

    def forward(self, *args, **options):
        answer = super().forward(*args, **options)
        answer.logits = answer.logits.clone()
        answer.logits[..., self.words] = self.value
        return answer


def biased(words, value):
    model = Biased(models.gpt2().config)
    model.load_state_dict(models.gpt2().state_dict())
    model.words, model.value = words, value
    return model


def test_words_that_a_model_never_says_count_nothing_and_ties_are_all_first_guesses():
    unused = [n for n in range(300) if n not in {i for text in TEXTS for i in ids_of(text)}]
    found = tokens_of(biased(unused, float("-inf")), models.tokenizer(), TEXTS)
    assert np.isfinite(found.mean).all()
    assert (found.var >= 0).all()
    tied = tokens_of(biased(slice(None), 0.0), models.tokenizer(), TEXTS)
    np.testing.assert_allclose(tied.logp, -np.log(300), rtol=1e-5)
    assert tied.top1.all()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_one_logit_that_is_no_number_is_found(value):
    with pytest.raises(InvalidInput, match="got nan in 3 rows"):
        tokens_of(biased([299], value), models.tokenizer(), TEXTS[:3])


def test_a_tokenizer_written_in_python_and_a_padded_vocabulary_are_read():
    tokenizer = transformers.ByT5Tokenizer()
    model = models.gpt2(384)
    found = tokens_of(model, tokenizer, ["naïve 日本 👍", "x y"], prompts=["say: ", "say: "])
    own, _ = models.by_hand(model, tokenizer("say: x y", add_special_tokens=False)["input_ids"])
    np.testing.assert_allclose(found.take(np.array([1])).ragged().value, own[4:], atol=1e-5)


@pytest.mark.parametrize("name", ["batch_tokens", "batch_rows", "chunk", "context"])
def test_sizes_that_hold_nothing_are_refused(name):
    with pytest.raises(InvalidInput, match=f"`{name}` needs"):
        tokens_of(models.gpt2(), models.tokenizer(), TEXTS, **{name: 0})
