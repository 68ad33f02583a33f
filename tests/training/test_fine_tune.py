"""Fine-tunes of a small real model: seeded, resumed, kept as Tokens, and used by the audit."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import tacit
from tacit.adapters.language import tokens_of
from tacit.core import InvalidInput
from tacit.training import FineTune, TextRecipe, fine_tunes

pytestmark = pytest.mark.framework
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")


def _models():
    path = Path(__file__).parents[1] / "adapters" / "language_models.py"
    spec = importlib.util.spec_from_file_location("language_models", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


models = _models()


def texts(n, *, seed=0):
    rng = np.random.default_rng(seed)
    words = [f"{a}{b}" for a in ("ba", "do", "ri", "mu", "te") for b in ("na", "lo", "si", "ku")]
    return [" ".join(rng.choice(words, 8)) for _ in range(n)]


def recipe(**options):
    given = {"epochs": 4, "lr": 5e-3, "batch_size": 16} | options
    return FineTune(models.gpt2(), models.tokenizer(), tokens_of, **given)


def test_members_fit_better_and_the_base_is_left_alone():
    before = {name: value.clone() for name, value in models.gpt2().state_dict().items()}
    run, tokens = fine_tunes(recipe(), texts(60), n=2, seed=1)
    inside = run.shadow[:, :, 0][run.member].mean()
    assert inside > run.shadow[:, :, 0][~run.member].mean() + 0.1
    assert (run.member[0] == ~run.member[1]).all()
    for name, value in models.gpt2().state_dict().items():
        assert torch.equal(value, before[name])
    for one, row in zip(tokens, run.shadow):
        np.testing.assert_allclose(one.ragged().mean(), row[:, 0], atol=1e-6)
        assert one.top1 is not None


def test_a_run_is_seeded_and_goes_on_where_it_was_killed(tmp_path):
    first, _ = fine_tunes(recipe(epochs=1), texts(30), n=2, store=tmp_path)
    seen = []
    again, tokens = fine_tunes(
        recipe(epochs=1), texts(30), n=4, store=tmp_path, progress=lambda p: seen.append(p.reused)
    )
    assert seen[0] == 2
    np.testing.assert_array_equal(again.shadow[:2], first.shadow)
    assert len(tokens) == 4
    fresh, _ = fine_tunes(recipe(epochs=1), texts(30), n=2)
    np.testing.assert_array_equal(fresh.shadow, first.shadow)
    other, _ = fine_tunes(recipe(epochs=1, lr=1e-3), texts(30), n=2, store=tmp_path)
    assert (other.shadow != first.shadow).any()


def test_random_states_are_left_alone():
    torch.manual_seed(3)
    state = torch.get_rng_state()
    recipe(epochs=1).fit(texts(20), None, np.arange(10), 0)
    assert torch.equal(torch.get_rng_state(), state)


def test_long_texts_become_several_rows_and_schedules_differ():
    long = [" ".join(texts(20))]
    rows = recipe(context=16)._rows(long)
    assert max(map(len, rows)) <= 16
    assert sum(len(row) - 1 for row in rows) == len(
        models.tokenizer()(long[0], add_special_tokens=False)["input_ids"]
    )
    answers = [
        recipe(epochs=1, schedule=kind).fit(texts(40), None, np.arange(40), 0)(texts(5)).loss
        for kind in ("constant", "linear", "cosine")
    ]
    assert (answers[0] != answers[1]).any()
    assert (answers[1] != answers[2]).any()


def test_the_price_is_told_before_a_run():
    price = recipe(epochs=2).seconds(texts(64), 2)
    assert 0 < price < 600
    np.testing.assert_allclose(recipe().seconds(texts(64), 4) > 0, True)


def test_any_way_of_training_is_a_recipe():
    def train_fn(some, seed):
        torch.manual_seed(seed)
        return models.transformers.GPT2LMHeadModel(models.gpt2().config)

    run, tokens = fine_tunes(TextRecipe(train_fn, models.tokenizer(), tokens_of), texts(20), n=2)
    assert run.n_models == len(tokens) == 2


@pytest.mark.parametrize(
    "wrong", [{"epochs": 0}, {"lr": 0.0}, {"batch_size": 0}, {"schedule": "steps"}]
)
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(InvalidInput, match="`schedule`" if "schedule" in wrong else "`epochs`"):
        recipe(**wrong)
    with pytest.raises(InvalidInput, match="causal"):
        FineTune(models.t5(), models.tokenizer(), tokens_of)


def test_a_fine_tuned_model_is_audited_end_to_end(tmp_path):
    """Model, tokenizer, texts and base in; a pair of fine-tunes; one report out."""
    both = texts(240, seed=5)
    inside = np.random.default_rng(0).random(240) < 0.5
    member = [text for text, yes in zip(both, inside) if yes]
    nonmember = [text for text, yes in zip(both, inside) if not yes]
    mine = recipe(epochs=8)
    model = mine.fit(both, None, np.flatnonzero(inside), 7).model
    report = tacit.audit_text(
        model,
        models.tokenizer(),
        member=member,
        nonmember=nonmember,
        reference=models.gpt2(),
        shadows=4,
        recipe=mine,
        store=tmp_path,
        assignment="coin",
    )
    assert report.finding == "leak"
    assert report.title == "GPT2LMHeadModel"
    assert report.environment["n_shadows"] == 4
    assert report.check("error zone, reference")
    with_base = tacit.audit_text(
        model, models.tokenizer(), member=member, nonmember=nonmember, reference=models.gpt2()
    )
    assert any("fine-tuned references" in u.metric for u in with_base.unknown)


def test_a_model_that_was_not_trained_is_not_accused():
    model, tokenizer, worlds = models.gpt2(), models.tokenizer(), 12
    leaks = 0
    for seed in range(worlds):
        both = texts(120, seed=50 + seed)
        report = tacit.audit_text(model, tokenizer, member=both[:60], nonmember=both[60:])
        leaks += report.finding == "leak"
    # at 5 % a world, more than 3 of 12 come with a chance of .002
    assert leaks <= 3
