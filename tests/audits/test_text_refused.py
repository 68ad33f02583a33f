"""What the audit of a language model refuses, and says why."""

from dataclasses import replace

import numpy as np
import pytest

import tacit
from tacit.audits.steps.text_game import Shadows
from tacit.core import InvalidInput, Membership, Tokens

WORDS = np.array([f"word{i}" for i in range(400)])


def world(n):
    """Tokens of a model, who of the texts was trained on, and the texts."""
    rng = np.random.default_rng(0)
    words = rng.integers(0, 400, (n, 24))
    logp = -rng.gamma(4.0, 0.6, n * 24)
    tokens = Tokens(logp=logp, start=np.arange(0, 24 * n + 1, 24), token=words.ravel(), digest="w")
    return tokens, np.arange(n) < n // 2, [" ".join(row) for row in WORDS[words]]


class Served:
    """Something that is asked for Tokens, and so no tokenizer."""

    tokens = None


def constant(asked, prompts=None):
    return [np.full(5, -1.0) for _ in asked]


def test_texts_are_compared_by_their_words_where_a_model_gives_no_token_numbers():
    texts = world(120)[2]
    half = [*texts[:30], *texts[60:90]]
    with pytest.raises(InvalidInput, match=r"50 % of the members.*24 words in a row"):
        tacit.audit_text(constant, member=texts[:60], nonmember=half)
    dropped = tacit.audit_text(constant, member=texts[:60], nonmember=half, overlap="drop")
    assert dropped.environment["texts_sharing_24_words"] == 60
    assert dropped.environment["n_members"] == 30
    edited = [f"{text.upper()} And more." for text in texts[:60]]
    with pytest.raises(InvalidInput, match="hold the same texts"):
        tacit.audit_text(constant, member=texts[:60], nonmember=edited)


def test_a_copy_of_the_audited_model_is_no_reference():
    tokens, member, _ = world(60)
    sides = {"member": tokens.take(member), "nonmember": tokens.take(~member)}
    near = replace(tokens, logp=np.minimum(tokens.logp + np.float32(2e-6), 0))
    for copy in (tokens, near):
        with pytest.raises(InvalidInput, match="'base' answers as the audited model does"):
            tacit.audit_text(**sides, reference={"base": copy})


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda logp, inside: (logp, np.ones_like(inside)), "Fine-tune 0.*all of the texts"),
        (lambda logp, inside: (logp, inside & [[True], [False]]), "Fine-tune 1.*none of the texts"),
        (lambda logp, inside: (logp[[0, 0]], inside), "copies of one model"),
    ],
)
def test_fine_tunes_that_cannot_be_compared_are_named(change, match):
    rng = np.random.default_rng(0)
    inside = rng.random(40) < 0.5
    given = change(rng.normal(-2, 1, (2, 40)), np.stack([inside, ~inside]))
    with pytest.raises(InvalidInput, match=match):
        Shadows(*given)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"context": "64"}, "`context` needs 4 tokens or more, got '64'"),
        ({"context": 64.5}, "`context` needs 4 tokens"),
        ({"prefix": 5.5}, "`prefix` needs 1 token or more, got 5.5"),
        ({"suffix": None}, "`suffix` needs 1 token"),
        ({"sampler": None}, "`sampler` needs a Sampler.*got NoneType"),
        ({"sampler": {"top_k": 3}}, "`sampler` needs a Sampler.*got dict"),
        ({"shadows": 2, "recipe": 3}, "`recipe` needs a FineTune or a TextRecipe, got int"),
        ({"reference": (constant, Served())}, r"pair needs \(model, its tokenizer\).*as a list"),
        ({"reference": (1, 2, 3)}, r"got \(int, int, int\)"),
        ({"reference": 7}, "`reference` needs a language model.*got int"),
    ],
)
def test_settings_of_another_kind_are_named(options, match):
    texts = world(80)[2]
    if "recipe" not in options and "reference" not in options:
        options = {"reference": None} | options
    with pytest.raises(InvalidInput, match=match):
        tacit.audit_text(constant, member=texts[:40], nonmember=texts[40:], **options)


@pytest.mark.parametrize(
    ("answer", "match"),
    [
        (lambda text: np.full(5, -1j), "row 0 holds masked or complex"),
        (lambda text: np.ma.masked_array(np.full(5, -1.0), mask=[1, 0, 0, 0, 0]), "masked"),
        (lambda text: np.full(5, 3.0), "0 or less, finite.*got 3"),
        (lambda text: np.full(5, -np.inf), "got -inf"),
    ],
)
def test_numbers_that_are_no_log_probabilities_are_refused(answer, match):
    texts = world(80)[2]
    with pytest.raises(InvalidInput, match=match):
        tacit.audit_text(
            lambda asked: [answer(text) for text in asked], member=texts[:40], nonmember=texts[40:]
        )


def test_texts_of_one_side_alone_are_inconclusive_and_not_refused():
    """Nobody is there to compare them with: too little data is a report, not an exception."""
    from tacit.audits.text import text_audit

    rng = np.random.default_rng(0)
    tokens = Tokens(
        logp=-rng.gamma(2, 1, 320),
        start=np.arange(0, 321, 8),
        token=rng.integers(0, 99, 320).astype(np.int32),
    )
    for inside in (True, False):
        report = text_audit(tokens, Membership(np.full(40, inside)))
        assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
