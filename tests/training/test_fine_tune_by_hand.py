"""Rows, rates, prices and losses of a fine-tune by hand; only those marked need PyTorch."""

import hashlib
import itertools
import types

import numpy as np
import pytest

from tacit.core import InvalidInput, Tokens
from tacit.training import fine_tune
from tacit.training.fine_tune import (
    FineTune,
    TextObserver,
    TextRecipe,
    digest_of_weights,
    fine_tunes,
    keep_tokens,
    rate_share,
    require_loop,
    stored_tokens,
)


class Words:
    """A tokenizer: one token a word, the number that it is."""

    def __init__(self, begin=None):
        self.bos_token_id = begin

    def __call__(self, texts, add_special_tokens):
        assert add_special_tokens is False
        assert isinstance(texts, list)
        return {"input_ids": [[int(word) for word in text.split()] for text in texts]}


def model_of(**config):
    return types.SimpleNamespace(config=types.SimpleNamespace(**config))


def recipe(begin=None, model=None, **options):
    return FineTune(model or model_of(), Words(begin), None, **options)


def test_the_defaults_are_those_that_the_guide_names():
    made = recipe()
    assert (made.epochs, made.batch_size, made.lr, made.weight_decay) == (3, 16, 5e-5, 0.0)
    assert (made.schedule, made.context, made.lora, made.device) == ("constant", None, None, None)


@pytest.mark.parametrize(
    ("schedule", "at_0", "at_quarter", "at_end"),
    [
        ("constant", 1, 1, 1),
        ("linear", 1, 0.75, 0),
        # (1 + cos(pi / 4)) / 2
        ("cosine", 1, (1 + np.sqrt(0.5)) / 2, 0),
    ],
)
def test_what_is_left_of_the_rate(schedule, at_0, at_quarter, at_end):
    found = [rate_share(schedule, done) for done in (0.0, 0.25, 1.0)]
    assert found == pytest.approx([at_0, at_quarter, at_end], abs=1e-12)


def test_the_smallest_settings_are_allowed_and_those_below_are_not():
    require_loop(1, 1, 1e-12, "cosine")
    for wrong in ((0, 1, 1.0), (1, 0, 1.0), (1, 1, 0.0), (1, 1, -1.0), (1, 1, np.nan)):
        with pytest.raises(InvalidInput, match=f"got {wrong[0]}, {wrong[1]} and"):
            require_loop(*wrong, "linear")
    with pytest.raises(InvalidInput, match="got 'step'"):
        require_loop(1, 1, 1.0, "step")


def test_models_that_read_before_they_write_are_refused():
    with pytest.raises(InvalidInput, match="TextRecipe"):
        recipe(model=model_of(is_encoder_decoder=True))
    recipe(model=model_of(is_encoder_decoder=False))


@pytest.mark.parametrize(
    ("config", "context", "room"),
    [
        ({}, None, 512),
        ({}, 700, 700),
        ({"n_positions": 64}, None, 64),
        ({"n_positions": 64}, 16, 16),
        ({"n_positions": 1024}, None, 512),
        ({"max_position_embeddings": 8, "n_positions": 64}, None, 8),
        ({"max_position_embeddings": None, "n_positions": 64}, None, 64),
    ],
)
def test_a_row_is_as_long_as_is_wanted_and_as_the_model_can_hold(config, context, room):
    assert recipe(model=model_of(**config), context=context)._room() == room


def test_longer_texts_become_rows_that_each_begin_with_the_first_token():
    made = recipe(0, context=4)
    assert made._rows(["1 2 3 4 5 6 7", "8", ""]) == [
        [0, 1, 2, 3],
        [0, 4, 5, 6],
        [0, 7],
        [0, 8],
    ]


def test_without_a_first_token_a_row_of_one_teaches_nothing():
    made = recipe(None, context=3)
    assert made._rows(["1 2 3 4", "5", "6 7"]) == [[1, 2, 3], [6, 7]]
    with pytest.raises(InvalidInput, match="two tokens or more"):
        made._rows(["5"])


def test_the_price_is_the_middle_step_times_the_steps_and_the_scoring_of_all(monkeypatch):
    seen = {}

    def trained(self, model, rows, seed):
        seen["rows"], seen["seed"] = len(rows), seed
        yield from [None] * 3

    def ask(model, tokenizer, texts):
        assert model == "evaluated"
        seen["asked"] = len(texts)

    made = FineTune(model_of(), Words(), ask, batch_size=2, epochs=5)
    copied = types.SimpleNamespace(eval=lambda: "evaluated")
    monkeypatch.setattr(FineTune, "_copy", lambda self, seed: copied)
    monkeypatch.setattr(FineTune, "_trained", trained)
    # the trial begins at 0; its steps take 9 (it warms up), 2 and 3; a batch is scored in 6
    clock = iter([0.0, 9.0, 11.0, 14.0, 20.0, 26.0])
    monkeypatch.setattr(fine_tune.time, "perf_counter", lambda: next(clock))
    price = made.seconds(["1 2"] * 21, 4)
    # 2 x 3 texts are tried; 5 epochs of ceil(10.5 / 2) = 6 steps of 3 s; 21 texts of 1 s
    assert seen == {"rows": 6, "seed": 0, "asked": 6}
    assert price == 4 * (3 * 5 * 6 + 21 * 1)


def test_a_text_s_loss_is_minus_its_mean_log_probability():
    tokens = Tokens(logp=np.array([-1.0, -3.0, -0.5]), start=np.array([0, 2, 3]))
    asked = []

    def ask(model, tokenizer, texts):
        asked.append((model, tokenizer, texts))
        return tokens

    observe = TextObserver("model", "tokenizer", ask)
    assert observe.tokens is None
    assert observe(("a", "b")).loss.tolist() == [2.0, 0.5]
    assert asked == [("model", "tokenizer", ["a", "b"])]
    kept = Tokens.load(keep_tokens(observe))
    assert kept.logp.tolist() == tokens.logp.tolist()


def test_any_way_of_training_is_given_its_texts_and_seed():
    def train_fn(texts, seed):
        return texts, seed

    def ask(*_):
        raise AssertionError

    made = TextRecipe(train_fn, "tokenizer", ask)
    found = made.fit(["a", "b", "c"], None, np.array([2, 0]), 5)
    assert found.model == (["c", "a"], 5)
    assert (found.tokenizer, found.ask) == ("tokenizer", ask)
    assert made.identity == [train_fn, ask]


def ask_words(model, tokenizer, texts):
    lengths = [len(text.split()) for text in texts]
    start = np.concatenate([[0], np.cumsum(lengths)])
    inside = np.repeat([text in model for text in texts], lengths)
    return Tokens(logp=np.where(inside, -1.0, -2.0), start=start)


def learn_words(texts, seed):
    return list(texts)


def test_fine_tunes_are_one_pair_whose_tokens_come_in_the_order_of_the_models():
    texts = [f"{k} {k}" for k in range(6)]
    store = {}
    run, tokens = fine_tunes(TextRecipe(learn_words, None, ask_words), texts, store=store)
    assert run.n_models == len(tokens) == 2
    for member, row, found in zip(run.member, run.shadow, tokens, strict=True):
        assert row[:, 0].tolist() == np.where(member, -1.0, -2.0).tolist()
        assert found.ragged().mean().tolist() == row[:, 0].tolist()
    first = next(name for name in store if name.endswith(".model"))
    assert stored_tokens(store, first).n == 6
    with pytest.raises(InvalidInput, match="no Tokens under nowhere"):
        stored_tokens(store, "nowhere")


@pytest.mark.framework
def test_the_loss_leaves_the_filled_places_and_the_first_token_out():
    torch = pytest.importorskip("torch")
    seen = {}

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, input_ids, attention_mask, use_cache):
            seen.update(ids=input_ids.tolist(), mask=attention_mask.tolist(), cache=use_cache)
            # at every place the chances of 3 tokens are 1/2, 1/4, 1/4
            chances = torch.log(torch.tensor([0.5, 0.25, 0.25]))
            return types.SimpleNamespace(logits=chances.expand(*input_ids.shape, 3) + self.weight)

    loss = fine_tune._loss(Model(), [[1, 0, 0, 2], [2, 1]])
    # predicted are 0, 0, 2 of the first row and 1 of the second: (1 + 1 + 2 + 2) / 4 bits
    assert loss.item() == pytest.approx(1.5 * np.log(2), abs=1e-6)
    assert seen["ids"] == [[1, 0, 0, 2], [2, 1, 0, 0]]
    assert seen["mask"] == [[1, 1, 1, 1], [1, 1, 0, 0]]
    assert seen["cache"] is False


@pytest.mark.framework
def test_every_epoch_takes_every_row_once_in_an_order_of_its_own_at_the_rate_of_the_step(
    monkeypatch,
):
    torch = pytest.importorskip("torch")
    batches, rates, seeds = [], [], []

    def loss(model, batch):
        batches.append([row[0] for row in batch])
        seeds.append(torch.initial_seed())
        assert model.training
        return (model.weight * 1.0).sum()

    class Adam(torch.optim.AdamW):
        def step(self, closure=None):
            rates.append(self.param_groups[0]["lr"])
            kept.append(self.param_groups[0]["weight_decay"])
            return super().step(closure)

    kept = []
    monkeypatch.setattr(fine_tune, "_loss", loss)
    monkeypatch.setattr(torch.optim, "AdamW", Adam)
    made = recipe(batch_size=2, epochs=2, lr=0.6, schedule="linear", weight_decay=0.25)
    model = torch.nn.Linear(1, 1).eval()
    steps = list(made._trained(model, [[k, k] for k in range(5)], 2**63 + 9))
    assert len(steps) == 6
    assert [len(batch) for batch in batches] == [2, 2, 1] * 2
    first, second = ([*itertools.chain(*part)] for part in (batches[:3], batches[3:]))
    assert sorted(first) == sorted(second) == [0, 1, 2, 3, 4]
    rng = np.random.default_rng(2**63 + 9)
    assert first == rng.permutation(5).tolist()
    assert second == rng.permutation(5).tolist()
    assert rates == pytest.approx([0.6 * (1 - k / 6) for k in range(6)])
    assert kept == [0.25] * 6
    assert set(seeds) == {9}, "a seed of 64 bits begins again at 0 in torch"


@pytest.mark.framework
def test_gradients_of_one_step_are_not_carried_into_the_next(monkeypatch):
    torch = pytest.importorskip("torch")
    grads = []

    class Sgd(torch.optim.SGD):
        def __init__(self, weights, lr, weight_decay):
            super().__init__(weights, lr=lr)

        def step(self, closure=None):
            grads.append(self.param_groups[0]["params"][0].grad.item())

    monkeypatch.setattr(torch.optim, "AdamW", Sgd)
    monkeypatch.setattr(fine_tune, "_loss", lambda model, batch: 3 * model.weight.sum())
    model = torch.nn.Linear(1, 1, bias=False)
    list(recipe(batch_size=1, epochs=2)._trained(model, [[1, 1], [2, 2]], 0))
    assert grads == [3.0] * 4


@pytest.mark.framework
def test_what_is_frozen_is_not_trained(monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(fine_tune, "_loss", lambda model, batch: model(torch.ones(1, 2)).sum())
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 1))
    model[0].requires_grad_(False)
    before = [part.clone() for part in model.parameters()]
    list(recipe(lr=0.1)._trained(model, [[1, 1]], 0))
    same = [bool(torch.equal(a, b)) for a, b in zip(before, model.parameters(), strict=True)]
    assert same == [True, True, False, False]


@pytest.mark.framework
def test_a_copy_goes_where_it_is_told_and_is_none_of_the_base():
    torch = pytest.importorskip("torch")
    base = torch.nn.Linear(2, 2)
    base.config = types.SimpleNamespace()
    one = recipe(model=base)._copy(0)
    assert one is not base
    assert torch.equal(one.weight, base.weight)
    assert recipe(model=base, device="meta")._copy(0).weight.device.type == "meta"


@pytest.mark.framework
def test_weights_are_told_apart_by_name_shape_type_and_number():
    torch = pytest.importorskip("torch")

    def state(**parts):
        return types.SimpleNamespace(state_dict=lambda: parts)

    one = torch.tensor([1.0, 2.0])
    total = hashlib.blake2b(digest_size=16)
    total.update(b"a (2,) torch.float32")
    total.update(np.array([1, 2], np.float32).tobytes())
    assert digest_of_weights(state(a=one)) == total.hexdigest()
    for other in (
        state(b=one),
        state(a=one[None]),
        state(a=one.double()),
        state(a=one + 1),
        state(a=one, b=one),
    ):
        assert digest_of_weights(other) != digest_of_weights(state(a=one))
    assert digest_of_weights(state(a=one, b=one)) == digest_of_weights(state(b=one, a=one))


@pytest.mark.framework
def test_all_that_moves_the_numbers_is_in_the_identity():
    torch = pytest.importorskip("torch")
    from dataclasses import replace

    base = torch.nn.Linear(2, 2)
    first = FineTune(base, Words(), ask_words)
    changes = [
        {"epochs": 4},
        {"batch_size": 8},
        {"lr": 1e-3},
        {"weight_decay": 0.1},
        {"schedule": "linear"},
        {"context": 9},
        {"lora": types.SimpleNamespace(to_dict=lambda: {"r": 8})},
        {"ask": learn_words},
        {"model": torch.nn.Linear(2, 2)},
    ]
    found = [str(replace(first, **change).identity) for change in [{}, *changes]]
    assert len(set(found)) == len(found)
    assert str(replace(first, device="cpu").identity) == found[0], "where it runs is no setting"


def test_what_is_ignored_is_the_number_of_no_token():
    assert fine_tune.IGNORED < 0


@pytest.mark.parametrize(("seed", "given"), [(5, 5), (2**63 + 9, 9)])
def test_adapters_begin_by_the_seed_and_torch_goes_on_as_before(monkeypatch, seed, given):
    log = []

    class Forked:
        def __enter__(self):
            log.append("forked")

        def __exit__(self, *_):
            log.append("joined")

    torch = types.SimpleNamespace(
        random=types.SimpleNamespace(fork_rng=lambda devices: Forked()), manual_seed=log.append
    )
    peft = types.SimpleNamespace(get_peft_model=lambda model, lora: log.append(lora) or "adapted")
    monkeypatch.setattr(fine_tune, "require", lambda name, **_: {"torch": torch}.get(name, peft))
    lora = {"r": 8}
    assert recipe(lora=lora)._copy(seed) == "adapted"
    assert log == ["forked", given, lora, "joined"]
    assert log[2] is not lora
