"""Fine-tunes of a transformers classifier, alone and as shadow models of one call."""

import copy
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import tacit
from tacit.adapters.transformers import is_language_model
from tacit.core import InvalidInput
from tacit.training import ClassifierFineTune, RecordColumns, shadow

pytestmark = pytest.mark.framework
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

SMALL = {
    "vocab_size": 60,
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 16,
}
N = 80


def build(**changes):
    config = transformers.BertConfig(**{**SMALL, "num_labels": 2, **changes})
    return transformers.BertForSequenceClassification(config)


@pytest.fixture(scope="module")
def base():
    torch.manual_seed(0)
    return build()


@pytest.fixture(scope="module")
def sides():
    """Texts of 6 to 10 tokens with labels that only memory can tell, padded to two widths."""
    rng = np.random.default_rng(0)

    def side(width):
        mask = np.arange(width) < rng.integers(6, 11, N)[:, None]
        ids = rng.integers(1, 60, (N, width)) * mask
        return {"input_ids": ids, "attention_mask": mask.astype(int)}, rng.integers(0, 2, N)

    return side(12), side(10)


@pytest.fixture(scope="module")
def recipe(base):
    return ClassifierFineTune(base, epochs=25, batch_size=16, lr=3e-3, schedule="constant")


@pytest.fixture(scope="module")
def audited(base, sides):
    """Fine-tuned by a loop of its own, as a user's model is."""
    torch.manual_seed(1)
    (columns, label), _ = sides
    model = copy.deepcopy(base).train()
    step = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.0)
    given = {name: torch.as_tensor(part) for name, part in columns.items()}
    for _ in range(25):
        for rows in torch.randperm(N).split(16):
            step.zero_grad()
            batch = {name: part[rows] for name, part in given.items()}
            model(**batch, labels=torch.as_tensor(label)[rows]).loss.backward()
            step.step()
    return model.eval()


def test_a_classifier_is_audited_with_fine_tunes_in_one_call(audited, recipe, sides):
    before = [part.clone() for part in audited.parameters()]
    store = {}
    call = partial(
        tacit.audit,
        audited,
        train=sides[0],
        test=sides[1],
        shadows=4,
        train_fn=recipe,
        store=store,
        effort="quick",
    )
    report = call()
    assert report.finding == "leak"
    assert report.environment["n_shadows"] == 4
    assert report.environment["game"] == "online"
    assert report.environment["free_check"].startswith("without shadow models: ")
    assert all((one == other).all() for one, other in zip(before, audited.parameters()))
    stored = sum(name.endswith(".npy") for name in store)
    assert call().to_json() == report.to_json()
    assert sum(name.endswith(".npy") for name in store) == stored == 4


def test_a_data_set_and_the_output_of_a_tokenizer_are_the_same_records(audited, recipe, sides):
    datasets = pytest.importorskip("datasets")
    as_sets = [
        datasets.Dataset.from_dict(
            {name: part.tolist() for name, part in columns.items()} | {"labels": label.tolist()}
        )
        for columns, label in sides
    ]
    short = replace(recipe, epochs=1)
    found = [
        tacit.audit(audited, train=train, test=test, shadows=4, train_fn=short, effort="quick")
        for train, test in (sides, as_sets)
    ]
    assert found[0].check(found[0].chosen).estimates == found[1].check(found[1].chosen).estimates


def test_shadow_models_answer_as_the_adapter_reads_them(base, sides):
    from tacit.adapters import outputs_of

    (columns, label), _ = sides
    untrained = ClassifierFineTune(base, epochs=1, lr=1e-12)
    found = untrained.fit(RecordColumns(columns), label, np.arange(8), 0)(RecordColumns(columns))
    np.testing.assert_allclose(found.logits, outputs_of(base, columns, label).logits, atol=1e-5)


def test_fine_tunes_are_seeded_and_leave_the_base_and_torch_as_they_were(base, recipe, sides):
    (columns, label), _ = sides
    short, rows = replace(recipe, epochs=2), RecordColumns(columns)
    weights = [part.clone() for part in base.parameters()]
    state = torch.get_rng_state()
    first, again, other = (
        short.fit(rows, label, np.arange(40), seed)(rows).logits for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()
    assert (torch.get_rng_state() == state).all()
    assert all((one == two).all() for one, two in zip(weights, base.parameters()))


def test_a_function_builds_a_new_head_for_every_fine_tune(sides):
    (columns, label), _ = sides
    rows = RecordColumns(columns)
    built = ClassifierFineTune(build, epochs=1, lr=1e-12)
    first, again, other = (
        built.fit(rows, label, np.arange(8), seed)(rows).logits for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert np.abs(first - other).max() > 1e-3
    run = shadow(built, (rows, label), n=2)
    assert run.statistic == "scaled_logit"


def test_fine_tunes_are_explored_by_their_settings(recipe, sides):
    (columns, label), _ = sides
    variants = {"as it is": {}, "1 epoch": {"epochs": 1}}
    data = (RecordColumns(columns), label)
    found = tacit.explore(replace(recipe, epochs=20), variants, data, confirm=False, tolerance=0.5)
    assert found.winner == "1 epoch"
    assert found.comparison.point("as it is").accuracy is not None


@pytest.mark.parametrize(
    "change", [{"epochs": 2}, {"lr": 1.0}, {"clip": 2.0}, {"schedule": "cosine"}]
)
def test_what_changes_the_numbers_changes_the_place_in_the_store(base, change):
    from tacit.training.digest import digest_of

    first = ClassifierFineTune(base)
    assert digest_of(first.identity) == digest_of(ClassifierFineTune(base).identity)
    assert digest_of(first.identity) != digest_of(replace(first, **change).identity)


# of peft, about transformers
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_adapters_alone_can_be_trained(base, sides):
    peft = pytest.importorskip("peft", reason="peft is not installed")
    (columns, label), _ = sides
    rows = RecordColumns(columns)
    lora = peft.LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["query", "value"])
    small = ClassifierFineTune(base, epochs=2, lr=1e-2, lora=lora)
    found = small.fit(rows, label, np.arange(40), 0)(rows)
    assert found.logits.shape == (N, 2)
    assert np.isfinite(found.logits).all()
    audited = peft.get_peft_model(copy.deepcopy(base), lora)
    report = tacit.audit(
        audited, train=sides[0], test=sides[1], shadows=4, train_fn=small, effort="quick"
    )
    assert report.environment["n_shadows"] == 4
    tiny = transformers.GPT2Config(vocab_size=60, n_positions=16, n_embd=16, n_layer=1, n_head=2)
    plain = peft.LoraConfig(r=2, target_modules=["c_attn"], fan_in_fan_out=True)
    assert is_language_model(peft.get_peft_model(transformers.GPT2LMHeadModel(tiny), plain))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"epochs": 0}, "`epochs`"),
        ({"lr": 0.0}, "`lr`"),
        ({"schedule": "cosin"}, "'cosin'"),
        ({"model": 3}, "a function that builds one, got int"),
        ({"model": lambda: build(num_labels=1)}, "1 label"),
        ({"model": lambda: build(problem_type="multi_label_classification")}, "multi_label"),
    ],
)
def test_what_cannot_be_fine_tuned_is_said(base, sides, given, says):
    (columns, label), _ = sides
    with pytest.raises(InvalidInput, match=says):
        ClassifierFineTune(**{"model": base, **given}).fit(columns, label, np.arange(8), 0)


def test_a_model_of_transformers_asks_for_its_own_recipe(audited, sides):
    with pytest.raises(InvalidInput, match="ClassifierFineTune"):
        tacit.audit(audited, train=sides[0], test=sides[1], shadows=4)
    language = transformers.GPT2LMHeadModel(
        transformers.GPT2Config(vocab_size=60, n_positions=16, n_embd=16, n_layer=1, n_head=2)
    )
    with pytest.raises(InvalidInput, match=r"audit_text\(\.\.\., shadows=2"):
        tacit.audit(language, train=sides[0], test=sides[1], shadows=4)


def test_sides_that_do_not_fit_are_said(audited, recipe, sides):
    (columns, label), (other, other_label) = sides
    bare = {"input_ids": other["input_ids"]}
    for test, says in (
        ((bare, other_label), "same columns"),
        ((other | {"token_type_ids": other["input_ids"] * 0}, other_label), "same columns"),
    ):
        with pytest.raises(InvalidInput, match=says):
            tacit.audit(audited, train=(columns, label), test=test, shadows=4, train_fn=recipe)
    narrow = ({"input_ids": columns["input_ids"]}, label)
    with pytest.raises(InvalidInput, match="one length on both sides"):
        tacit.audit(audited, train=narrow, test=(bare, other_label), shadows=4, train_fn=recipe)


def test_columns_of_other_lengths_are_no_records():
    with pytest.raises(InvalidInput, match="one length, got a 2, b 3"):
        RecordColumns({"a": np.ones(2), "b": np.ones(3)})
    with pytest.raises(InvalidInput, match="got none"):
        RecordColumns({})
