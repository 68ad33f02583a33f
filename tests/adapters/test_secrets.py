"""All secrets of a space are scored as one by one, with a tenth of the passes."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from tacit.adapters.language import tokens_of
from tacit.adapters.secrets import scores_of_secrets
from tacit.core import InvalidInput, Membership, Signals, collect
from tacit.metrics.memorization import exact_exposure, exposure

pytestmark = pytest.mark.framework
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")


def _models():
    path = Path(__file__).with_name("language_models.py")
    spec = importlib.util.spec_from_file_location("language_models", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


models = _models()
PROMPT = "The old code:"
CODES = [f"{value:03d}" for value in range(1000)]


def test_every_secret_has_the_score_that_it_has_alone():
    found = scores_of_secrets(models.gpt2(), models.tokenizer(), PROMPT, CODES, batch_rows=37)
    tokens = tokens_of(models.gpt2(), models.tokenizer(), CODES, prompts=[PROMPT] * 1000)
    np.testing.assert_allclose(found, tokens.ragged().sum(), atol=1e-4)


def test_beginnings_are_asked_once():
    asked = []
    model = models.gpt2()
    hook = model.register_forward_hook(
        lambda module, args, given, answer: asked.append(len(given["input_ids"])), with_kwargs=True
    )
    scores_of_secrets(model, models.tokenizer(), PROMPT, CODES)
    hook.remove()
    assert sum(asked) <= 110, "1,000 numbers, of which few are joined to one token"


def test_the_rank_among_some_holds_the_exact_exposure():
    score = scores_of_secrets(models.gpt2(), models.tokenizer(), PROMPT, CODES)
    rng = np.random.default_rng(0)
    held = 0
    for secret in rng.choice(1000, 60, replace=False).tolist():
        exact = exact_exposure(score[secret], score)
        found = exposure(score[secret], rng.choice(score, 200), size=1000)
        held += found.low <= exact.value <= found.high
    assert held >= 53, "95 % of 60, less what chance allows in 1 of 100"


def test_secrets_of_different_lengths_and_bad_prompts():
    some = ["1", "12", "a longer secret", "Über"]
    found = scores_of_secrets(models.gpt2(), models.tokenizer(), PROMPT, some)
    tokens = tokens_of(models.gpt2(), models.tokenizer(), some, prompts=[PROMPT] * 4)
    np.testing.assert_allclose(found, tokens.ragged().sum(), atol=1e-4)
    with pytest.raises(InvalidInput, match="`prompt`"):
        scores_of_secrets(models.gpt2(), models.tokenizer(begin=False), "", ["12", "34"])
    with pytest.raises(InvalidInput, match="the model has 64"):
        scores_of_secrets(models.gpt2(), models.tokenizer(), PROMPT, ["7" * 80])


def test_text_canaries_bound_an_epsilon_from_one_run():
    """Coins for the texts make the one-run bound valid for a language model too."""
    from tacit.design import digit_canaries
    from tacit.dp import one_run_epsilon
    from tacit.training import FineTune

    canaries = digit_canaries("Desk {desk}: {secret}", 60, seed=1)
    recipe = FineTune(models.gpt2(), models.tokenizer(), tokens_of, epochs=40, lr=1e-2)
    texts = canaries.inserted()
    model = recipe.fit(texts, None, np.arange(len(texts)), 0).model
    gains = [
        tokens_of(each, models.tokenizer(), canaries.secrets, prompts=canaries.prompts)
        .ragged()
        .sum()
        for each in (model, models.gpt2())
    ]

    class Guess:
        def __call__(self, signals):
            return signals.target[:, 0]

    membership = canaries.manifest.membership
    assert isinstance(membership, Membership)
    evidence = collect(Guess(), Signals.of(gains[0] - gains[1]), membership)
    assert one_run_epsilon(evidence, delta=1e-5).low > 1
