"""Language models answer with a log-probability a token, whatever the batch, padding or length."""

import copy
import importlib.util
import warnings
from pathlib import Path

import numpy as np
import pytest

import tacit
import tacit.design
from tacit.adapters.language import tokens_of
from tacit.core import InvalidInput, Sampler, Tokens
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


def ids_of(text, tokenizer=None):
    made = tokenizer or models.tokenizer()
    return made(text, add_special_tokens=False)["input_ids"]


def test_every_number_is_that_of_the_text_alone():
    model = models.gpt2()
    found = tokens_of(model, models.tokenizer(), TEXTS)
    for row, text in enumerate(TEXTS):
        own, whole = models.by_hand(model, [0, *ids_of(text)])
        one = found.take(np.array([row]))
        p = np.exp(whole)
        mean = (p * whole).sum(axis=1)
        np.testing.assert_allclose(one.logp, own, atol=1e-5)
        np.testing.assert_allclose(one.mean, mean, atol=1e-5)
        np.testing.assert_allclose(one.var, (p * whole**2).sum(axis=1) - mean**2, atol=1e-5)
        assert one.top1.tolist() == (whole.argmax(axis=1) == ids_of(text)).tolist()
        assert one.token.tolist() == ids_of(text)


@pytest.mark.parametrize("name", ["gpt2", "gemma2"])
def test_batches_chunks_and_padding_change_nothing(name):
    model, tokenizer = getattr(models, name)(), models.tokenizer()
    right = tokens_of(model, tokenizer, TEXTS, batch_rows=1)
    same = [
        tokens_of(model, tokenizer, TEXTS),
        tokens_of(model, tokenizer, TEXTS, batch_tokens=70),
        tokens_of(model, tokenizer, TEXTS, chunk=300 * 5),
    ]
    tokenizer.padding_side = "left"
    same.append(tokens_of(model, tokenizer, TEXTS))
    tokenizer.pad_token = tokenizer.bos_token
    same.append(tokens_of(model, tokenizer, TEXTS))
    tokenizer.padding_side, tokenizer.pad_token = "right", None
    order = np.random.default_rng(0).permutation(len(TEXTS))
    shuffled = tokens_of(model, tokenizer, [TEXTS[i] for i in order])
    same.append(shuffled.take(np.argsort(order)))
    for found in same:
        for part in ("logp", "mean", "var"):
            np.testing.assert_allclose(getattr(found, part), getattr(right, part), atol=1e-5)
        np.testing.assert_array_equal(found.top1, right.top1)


def test_a_large_vocabulary_is_never_whole(monkeypatch):
    """No array over the vocabulary is larger than the chunk, and logits are float32."""
    model = models.gemma2()
    seen = []
    head = model.get_output_embeddings()
    hook = head.register_forward_hook(lambda *args: seen.append(args[2].numel()))
    tokens_of(model, models.tokenizer(), ["a longer text that is cut into parts"], chunk=300 * 3)
    hook.remove()
    assert max(seen) <= 300 * 3
    assert "forward" not in head.__dict__


def test_a_model_that_does_something_else_to_its_logits_is_not_asked_in_parts():
    class Odd(type(models.gemma2())):
        def forward(self, *args, **options):
            answer = super().forward(*args, **options)
            answer.logits = answer.logits * 3 - 1
            return answer

    torch.manual_seed(0)
    odd = Odd(models.gemma2().config)
    with pytest.raises(InvalidInput, match="larger `chunk`"):
        tokens_of(odd, models.tokenizer(), TEXTS, chunk=300 * 3)
    tokens_of(odd, models.tokenizer(), TEXTS[:2])


def test_half_precision_has_no_negative_variance_at_a_vocabulary_of_256k():
    torch.manual_seed(0)
    config = models.gpt2().config.__class__(
        vocab_size=256_000,
        n_positions=16,
        n_embd=8,
        n_layer=1,
        n_head=1,
        bos_token_id=0,
        eos_token_id=0,
    )
    model = models.transformers.GPT2LMHeadModel(config).to(torch.bfloat16)
    with torch.no_grad():
        model.transformer.wte.weight.mul_(30)
    found = tokens_of(model, models.tokenizer(), ["one two", "three"], chunk=256_000 * 4)
    assert (found.var >= 0).all()
    assert found.logp.dtype == np.float32
    assert np.isfinite(found.logp).all()


def test_a_model_is_left_as_it_was():
    model = models.gpt2()
    model.train()
    state = torch.get_rng_state()
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    first = tokens_of(model, models.tokenizer(), TEXTS)
    assert all(module.training for module in model.modules())
    assert torch.equal(torch.get_rng_state(), state)
    for name, value in model.state_dict().items():
        assert torch.equal(value, weights[name])
    np.testing.assert_array_equal(first.logp, tokens_of(model, models.tokenizer(), TEXTS).logp)


def test_without_a_token_to_begin_with_the_first_token_is_not_scored():
    tokenizer = models.tokenizer(begin=False)
    text = TEXTS[0]
    found = tokens_of(models.gpt2(), tokenizer, [text])
    own, _ = models.by_hand(models.gpt2(), ids_of(text, tokenizer))
    np.testing.assert_allclose(found.ragged().value, own, atol=1e-5)
    assert found.scored.tolist() == [False] + [True] * (found.n_tokens - 1)
    with pytest.raises(InvalidInput, match=r"got none in 1 row \(first: 1\)"):
        tokens_of(models.gpt2(), tokenizer, [text, "."])


def test_prompts_are_conditioned_on_and_not_scored():
    prompts, texts = ["The old cat"] * 2, [" sat on the mat.", " ate 1234 apples."]
    found = tokens_of(models.gpt2(), models.tokenizer(), texts, prompts=prompts)
    for row in range(2):
        before, whole = len(ids_of(prompts[row])), ids_of(prompts[row] + texts[row])
        own, _ = models.by_hand(models.gpt2(), [0, *whole])
        one = found.take(np.array([row]))
        np.testing.assert_allclose(one.ragged().value, own[before:], atol=1e-5)
    assert found.n_bytes.tolist() == [len(text) for text in texts]


def test_a_token_across_the_end_of_a_prompt_is_counted_and_said():
    with pytest.warns(UserWarning, match="In 1 of 2 texts one token spans"):
        found = tokens_of(
            models.gpt2(), models.tokenizer(), ["the mat", " mat"], prompts=["sat on ", "the"]
        )
    assert found.ragged().lengths.tolist()[1] >= 1


def test_a_tokenizer_that_knows_no_places_needs_prompts_whose_tokens_stay():
    class Slow:
        """Words and blanks, but a prompt that ends in a word joins the next one."""

        is_fast, bos_token_id = False, 0

        def __call__(self, texts, **_):
            return {"input_ids": [[1 + len(word) for word in t.split()] or [9] for t in texts]}

    found = tokens_of(models.gpt2(), Slow(), ["two three"], prompts=["one "])
    assert found.scored.tolist() == [False, True, True]
    with pytest.raises(InvalidInput, match="end prompts at a space"):
        tokens_of(models.gpt2(), Slow(), ["d three"], prompts=["wor"])


def test_long_texts_are_refused_or_scored_in_windows_that_are_stated():
    model, long = models.gpt2(), " ".join(models.SENTENCES)
    with pytest.raises(InvalidInput, match=r"1 row.*context of 64 tokens.*long='windows'"):
        tokens_of(model, models.tokenizer(), ["short", long])
    found = tokens_of(model, models.tokenizer(), ["short", long], long="windows")
    assert (found.n_windowed, found.context) == (1, 64)
    assert found.scored is None
    ids = [0, *ids_of(long)]
    own, _ = models.by_hand(model, ids[:64])
    one = found.take(np.array([1]))
    np.testing.assert_allclose(one.logp[:63], own, atol=1e-5)
    own, _ = models.by_hand(model, ids[32:96])
    np.testing.assert_allclose(one.logp[63:95], own[31:63], atol=1e-5)
    assert one.n_tokens == len(ids) - 1


def test_one_token_and_a_hundred_thousand():
    model, tokenizer = models.gpt2(), models.tokenizer()
    long = "".join(models.some_texts(3000, seed=4))
    found = tokens_of(model, tokenizer, ["a", long, "日本語の文"], long="windows")
    assert found.lengths[0] == 1
    assert found.lengths[1] > 50_000
    assert np.isfinite(found.ragged().mean()).all()


def test_a_text_is_predicted_from_what_an_encoder_reads():
    model = models.t5()
    source, target = "the old cat", "sat on the mat"
    found = tokens_of(model, models.tokenizer(), [target, "x y"], prompts=[source, "another one"])
    given = torch.tensor([models.tokenizer()(source)["input_ids"]])
    ids = ids_of(target)
    with torch.no_grad():
        answer = model.eval()(input_ids=given, decoder_input_ids=torch.tensor([[0, *ids[:-1]]]))
    own = torch.log_softmax(answer.logits[0], -1)[torch.arange(len(ids)), ids]
    np.testing.assert_allclose(found.take(np.array([0])).logp, own.numpy(), atol=1e-5)
    with pytest.raises(InvalidInput, match="`prompts=`"):
        tokens_of(model, models.tokenizer(), [target])


def test_a_sampler_gives_the_log_probabilities_of_what_it_draws():
    sampler = Sampler(temperature=0.7, top_k=20)
    found = tokens_of(models.gpt2(), models.tokenizer(), TEXTS, sampler=sampler)
    _, whole = models.by_hand(models.gpt2(), [0, *ids_of(TEXTS[3])])
    expected = sampler.log_probabilities(whole)[np.arange(len(whole)), ids_of(TEXTS[3])]
    one = found.take(np.array([3]))
    np.testing.assert_allclose(one.logp, expected, atol=1e-4)
    assert np.isneginf(found.logp).any()
    assert found.sampler == "temperature 0.7, top-k 20"


def test_a_function_may_answer_with_rows_or_with_tokens():
    rows = tokens_of(lambda texts: [[-1.0] * len(text) for text in texts], None, ["ab", "c"])
    assert rows.lengths.tolist() == [2, 1]
    assert tokens_of(lambda texts: rows, None, ["ab", "c"]) is rows
    with pytest.raises(InvalidInput, match="each of 1 texts, it answered 2"):
        tokens_of(lambda texts: rows, None, ["ab"])
    with pytest.raises(InvalidInput, match="`model` needs"):
        tokens_of(3, None, ["ab"])


@pytest.mark.parametrize(
    ("texts", "match"),
    [
        ("a text", "list of texts"),
        ([], "at least one"),
        (["a", "", " \n"], r"2 rows \(first: 1, 2\)"),
        (["a", None], r"NoneType in 1 row \(first: 1\)"),
        (7, "got int"),
    ],
)
def test_texts_that_cannot_be_scored_are_named(texts, match):
    with pytest.raises(InvalidInput, match=match):
        tokens_of(models.gpt2(), models.tokenizer(), texts)


def test_a_tokenizer_of_another_model_is_refused():
    with pytest.raises(InvalidInput, match="do not belong together"):
        tokens_of(models.gpt2(270), models.tokenizer(300), TEXTS)
    with pytest.raises(InvalidInput, match="`tokenizer`"):
        tokens_of(models.gpt2(), None, TEXTS)
    digests = {
        tokens_of(models.gpt2(), models.tokenizer(*size), ["a text"]).digest
        for size in ((300,), (299,))
    }
    assert len(digests) == 2


def test_a_model_that_diverged_is_named_by_its_texts():
    torch.manual_seed(0)
    broken = models.transformers.GPT2LMHeadModel(models.gpt2().config)
    with torch.no_grad():
        broken.transformer.ln_f.bias.fill_(float("nan"))
    with pytest.raises(InvalidInput, match="nan in 2 rows"):
        tokens_of(broken, models.tokenizer(), ["one", "two"])


def test_adapters_can_be_switched_off():
    class WithAdapter(type(models.gpt2())):
        """What a PEFT model offers, without the package."""

        off = False

        def disable_adapter(self):
            from contextlib import contextmanager

            @contextmanager
            def switched():
                self.off = True
                yield
                self.off = False

            return switched()

        def forward(self, *args, **options):
            answer = super().forward(*args, **options)
            if not self.off:
                answer.logits = answer.logits * 2
            return answer

    adapted = WithAdapter(models.gpt2().config)
    adapted.load_state_dict(models.gpt2().state_dict())
    base = tokens_of(models.gpt2(), models.tokenizer(), TEXTS)
    off = tokens_of(adapted, models.tokenizer(), TEXTS, adapter="off")
    np.testing.assert_allclose(off.logp, base.logp, atol=1e-6)
    assert (tokens_of(adapted, models.tokenizer(), TEXTS).logp != base.logp).any()
    with pytest.raises(InvalidInput, match="PEFT"):
        tokens_of(models.gpt2(), models.tokenizer(), TEXTS, adapter="off")


def test_all_nine_scores_come_from_one_pass_over_the_texts():
    from tacit.audits.steps.text_scores import scores_of

    texts = models.some_texts(300, seed=1)
    found = tokens_of(models.gpt2(), models.tokenizer(), texts)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = scores_of(found, {"itself": found})
    assert len(scores) == 9
    assert isinstance(found, Tokens)


def test_a_model_that_sees_what_it_predicts_is_refused():
    sizes = {"vocab_size": 300, "max_position_embeddings": 64, **models.sizes()}
    masked = transformers.BertForMaskedLM(transformers.BertConfig(**sizes))
    with pytest.raises(InvalidInput, match="BertForMaskedLM looks ahead"):
        tokens_of(masked, models.tokenizer(), TEXTS)
    causal = transformers.BertConfig(**sizes, is_decoder=True)
    assert tokens_of(transformers.BertLMHeadModel(causal), models.tokenizer(), TEXTS).n == 25


@pytest.mark.parametrize("kind", ["GPT2Model", "GPT2ForSequenceClassification"])
def test_a_model_without_a_head_over_its_vocabulary_is_refused(kind):
    model = getattr(transformers, kind)(models.gpt2().config)
    with pytest.raises(InvalidInput, match=f"language-model head, a {kind} has none"):
        tokens_of(model, models.tokenizer(), TEXTS)


def test_a_model_without_weights_and_too_long_a_context_are_refused():
    with pytest.raises(InvalidInput, match="meta device"):
        tokens_of(copy.deepcopy(models.gpt2()).to("meta"), models.tokenizer(), TEXTS)
    with pytest.raises(InvalidInput, match="`context` needs 64 or less"):
        tokens_of(models.gpt2(), models.tokenizer(), TEXTS, context=65)


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32"])
def test_the_front_door_leaves_any_model_as_it_was(kind):
    model = copy.deepcopy(models.gpt2()).to(getattr(torch, kind)).train()
    model.transformer.h[0].eval()
    modes = [part.training for part in model.modules()]
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    drawn = torch.get_rng_state().clone()
    sides = models.some_texts(30, seed=1), models.some_texts(30, seed=2)
    report = tacit.audit_text(
        model, models.tokenizer(), member=sides[0], nonmember=sides[1], overlap="keep"
    )
    assert report.finding in ("no leak shown", "inconclusive")
    assert [part.training for part in model.modules()] == modes
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), drawn)


def test_an_encoder_that_was_given_nothing_to_read_says_so():
    sides = models.some_texts(30, seed=1), models.some_texts(30, seed=2)
    given = {"member": sides[0], "nonmember": sides[1], "overlap": "keep"}
    report = tacit.audit_text(models.t5(), models.tokenizer(), **given)
    assert "read an empty one" in report.unknown[-1].reason
    read = tacit.audit_text(models.t5(), models.tokenizer(), **given, prompts="say ")
    assert not any("read an empty one" in note.reason for note in read.unknown)
    assert read.to_json() != report.to_json()


def test_long_texts_are_scored_alike_under_the_model_and_its_fine_tunes():
    texts = models.some_texts(24, seed=5, most=50)
    texts[0] = " ".join(models.SENTENCES) * 2
    report = tacit.audit_text(
        models.gpt2(),
        models.tokenizer(),
        member=texts[:12],
        nonmember=texts[12:],
        reference=models.gpt2(seed=3),
        shadows=2,
        long="windows",
        overlap="keep",
    )
    assert report.environment["texts_in_windows"] == 1
    assert report.environment["n_shadows"] == 2


def test_a_reference_with_its_own_tokenizer_is_compared_by_whole_texts():
    sides = models.some_texts(30, seed=1), models.some_texts(30, seed=2)
    report = tacit.audit_text(
        models.gpt2(),
        models.tokenizer(),
        member=sides[0],
        nonmember=sides[1],
        reference=(models.gpt2(350), models.tokenizer(290)),
        overlap="keep",
    )
    names = [check.name for check in report.checks]
    assert "ratio a byte, reference" in names
    assert not any("window votes" in name for name in names)


def test_planted_secrets_are_told_from_those_left_out():
    template = "Desk {desk} has the code {secret}."
    canaries = tacit.design.digit_canaries(template, 40, digits=6, seed=2)
    base, tokenizer = models.gpt2(), models.tokenizer()
    recipe = FineTune(base, tokenizer, tokens_of, epochs=25, lr=3e-3)
    sides = models.some_texts(20, seed=1), models.some_texts(20, seed=2)
    learned = [*sides[0], *canaries.inserted(2)]
    model = recipe.fit(learned, None, np.arange(len(learned)), 0).model
    given = {"member": sides[0], "nonmember": sides[1], "overlap": "keep"}
    report = tacit.audit_text(model, tokenizer, **given, reference=base, canaries=canaries)
    told = report.check("planted secrets, in against out")
    assert told.estimates[0].low > 0.5
    assert told.statistic == "log-probability less that of reference"
    assert report.check("exposure of the planted secret exposed most").estimates
    assert "has the code" not in report.to_json()
    innocent = tacit.audit_text(base, tokenizer, **given, canaries=canaries)
    assert innocent.check(told.name).estimates[0].low < 0.5
    with pytest.raises(InvalidInput, match="`canaries` needs TextCanaries"):
        tacit.audit_text(base, tokenizer, **given, canaries=["a"])


def test_the_prior_is_asked_under_the_same_sampler():
    sides = models.some_texts(20, seed=1), models.some_texts(20, seed=2)
    report = tacit.audit_text(
        models.gpt2(),
        models.tokenizer(),
        member=sides[0],
        nonmember=sides[1],
        reference=models.gpt2(seed=3),
        sampler=Sampler(top_k=300),
        prefix=1,
        suffix=1,
        tries=1e6,
        overlap="keep",
    )
    shares = {check.name.partition(" (")[0]: check.estimates for check in report.checks}
    assert shares["extraction of members"][0].value == 1
    assert shares["extraction beyond control and references"][0].value == 0
