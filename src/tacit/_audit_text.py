"""`tacit.audit_text`: a language model and texts in, a Report out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit._asked import Asked, Sides, gives_distributions
from tacit.adapters.text_encoding import FEWEST, Long
from tacit.audits.steps.scoring import Progress
from tacit.audits.steps.text_game import Shadows
from tacit.audits.steps.text_gates import SHORTEST_RUN
from tacit.audits.text import OnOverlap, text_audit
from tacit.core import (
    DEFAULT_POLICY,
    Assignment,
    InvalidInput,
    Membership,
    Note,
    Policy,
    PolicyLike,
    Report,
    Sampler,
    Tokens,
)
from tacit.core.checking import MIN_CELL, whole
from tacit.core.membership import require_assignment
from tacit.core.options import require_options
from tacit.training.fine_tune import FineTune, TextRecipe

PLAIN = Sampler()
WORD_FOR_WORD = (
    "This report holds passages of the training texts word for word, and every text's score: do "
    "not publish it."
)
NO_PROMPT = Note(
    "what does the model say of these texts after what it was trained to read?",
    "an encoder-decoder model was given no prompts, so its encoder read an empty one before every "
    "text; pass prompts=(for members, for non-members)",
)


def audit_text(
    model: Any = None,
    tokenizer: Any = None,
    *,
    member: Any,
    nonmember: Any,
    reference: Any = None,
    shadows: "int | Shadows" = 0,
    recipe: "FineTune | TextRecipe | None" = None,
    store: Any = None,
    pool: Any = None,
    prompts: "Sides | str | None" = None,
    context: int | None = None,
    long: Long = "refuse",
    sampler: Sampler = PLAIN,
    prefix: int = 50,
    suffix: int = 50,
    tries: float = 1000.0,
    canaries: Any = None,
    overlap: OnOverlap = "refuse",
    slices: Mapping[str, Sides] | None = None,
    min_cell: int = MIN_CELL,
    cluster: Sides | None = None,
    assignment: Assignment = "observed",
    policy: PolicyLike = DEFAULT_POLICY,
    level: float = 0.95,
    seed: int = 0,
    title: str = "",
    command: str = "",
    records: bool = False,
    passages: int = 0,
    progress: Progress | None = None,
) -> Report:
    """Audit a language model: which texts was it trained on, and which can be drawn out of it?

    The report says first whether the texts of the two sides can be told apart without the model;
    where they can, nothing is found. Then scores of the model alone, beside references, and where
    there are fine-tunes the attack that they teach; then what can be extracted, beside a control.

    **The reference matters more than the score.** Against the base model the best published
    scores find a few per cent of the members; against models that were fine-tuned like the
    audited one on other texts, most of them. `shadows=2` trains such a pair.

    Parameters
    ----------
    model, tokenizer
        A transformers language model and its tokenizer; an endpoint; a function; or neither where
        `member` and `nonmember` are Tokens.
    member, nonmember : lists, columns or tables of texts, or Tokens
        Texts that the model was trained on, and others from the same source. Of a table or of
        dicts the column ``text`` is taken, or ``prompt`` and ``completion``. Texts that are the
        same count as one cluster.
    reference : model, ``"adapter_off"``, Tokens, pair of Tokens, list, or name to one of these
        Models that were not trained on any of the texts: the base model, for example. Tokens hold
        members first, then non-members. A model with a tokenizer of its own comes as a pair with
        it; it is compared by the bytes of whole texts.
    shadows : int or Shadows
        How many models to fine-tune on random halves of all texts; 0: none.
    recipe : FineTune, TextRecipe or None
        How to fine-tune. None: `reference` with default settings, which are hardly those of the
        audited model: the report warns where the results do not resemble it.
    store, pool
        Of the fine-tunes; see `tacit.training.shadow`.
    prompts : pair of lists, text or None
        What comes before each text and is not scored, for members and non-members; one text
        stands for all. An encoder-decoder model reads it.
    context, long
        See `tacit.adapters.language.tokens_of`.
    sampler : Sampler
        What extraction is asked about; another one than the model's own costs a second pass.
    prefix, suffix : int
        Tokens given, and tokens to be extracted.
    tries : float
        A text counts as extractable where its suffix comes out in so many samples with
        probability one half.
    canaries : `tacit.design.TextCanaries` or None
        Planted texts with their coins; the report tells how exposed their secrets are.
    overlap : ``"refuse"``, ``"drop"`` or ``"keep"``
        What to do where texts of one side share 32 tokens in a row with the other.
    slices : name to pair
        Columns to slice by, for members and non-members; numbers with many values are cut at
        their quantiles, and a column that names nearly every text is left out.
    min_cell : int
        A slice with fewer members or non-members than this is not shown.
    cluster : pair or None
        The user or document of each text, for members and non-members.
    passages : int
        How many of the members' suffixes that come out are kept word for word, the surest first,
        with the records. They are training data: do not publish such a report.
    assignment, policy, level, seed, title, command, records, progress
        As of `tacit.audit`.

    Raises
    ------
    InvalidInput
        Says which argument, what was needed and what came.

    Examples
    --------
    >>> from tacit import Tokens
    >>> rng = np.random.default_rng(0)
    >>> def said(mean, n):
    ...     rows = rng.normal(mean, 0.4, (n, 20)).clip(max=0)
    ...     return Tokens(logp=rows.ravel(), start=np.arange(0, 20 * n + 1, 20))
    >>> audit_text(member=said(-1.0, 300), nonmember=said(-2.0, 300)).finding
    'leak'
    """
    gates = Policy.of(policy)
    require_options(level, seed, min_cell=min_cell, records=records, progress=progress)
    require_assignment(assignment)
    _require_slices(slices)
    _require_tokens(context, prefix, suffix, tries)
    given = Asked(model, tokenizer, prompts, context, long, progress)
    tokens, texts, sizes = given.sides(member, nonmember)
    truth = Membership(
        np.repeat([True, False], sizes),
        _repeated(texts, tokens) if cluster is None else _joined(cluster, "cluster", sizes),
        assignment,
    )
    _require_sampled(sampler, texts, model)
    whole(passages, "passages", least=0)
    suffixes = given.suffixes(tokens, texts, reference, sampler, prefix, suffix, tries)
    shown = given.passages(tokens, suffixes, sizes[0], passages) if passages else []
    report = text_audit(
        tokens,
        truth,
        texts=texts,
        references=given.references(reference, texts),
        shadows=given.fine_tuned(shadows, recipe, reference, texts, truth, store, pool, seed),
        suffixes=suffixes,
        canaries=None if canaries is None else given.planted(canaries, reference),
        overlap=overlap,
        slices={
            name: _joined(pair, f"slices[{name!r}]", sizes) for name, pair in (slices or {}).items()
        },
        min_cell=min_cell,
        policy=gates,
        level=level,
        seed=seed,
        title=title or (type(model).__name__ if model is not None else "language model"),
        command=command,
        records=records or passages > 0,
        progress=progress,
    )
    if report.records is not None and passages:
        held = {**report.records, "passages": shown}
        report = replace(report, records=held, warnings=(*report.warnings, WORD_FOR_WORD))
    return replace(report, unknown=(*report.unknown, NO_PROMPT)) if given.blank else report


def _repeated(texts: list[str] | None, tokens: Tokens) -> NDArray[np.int64] | None:
    """One cluster for texts that are the same; None where none is.

    Without the texts these are told by their tokens' numbers, or by all their log-probabilities,
    which a text of a few tokens may share with another by chance.
    """
    said: list[Any] = texts or _as_bytes(tokens)
    if len(set(said)) == len(said):
        return None
    return np.unique(np.array(said, object), return_inverse=True)[1].astype(np.int64)


def _as_bytes(tokens: Tokens) -> list[bytes]:
    """What tells texts apart where only their numbers are known."""
    known = tokens.token is not None
    value = tokens.logp if tokens.token is None else tokens.token
    ends = zip(tokens.start[:-1].tolist(), tokens.start[1:].tolist())
    return [
        value[first:last].tobytes() if known or last - first >= SHORTEST_RUN else b"%d" % first
        for first, last in ends
    ]


def _require_slices(slices: Any) -> None:
    if slices is not None and not isinstance(slices, Mapping):
        raise InvalidInput(
            "`slices` needs names to pairs, {'language': (of members, of non-members)}, got "
            f"{type(slices).__name__}."
        )


def _require_tokens(context: Any, prefix: Any, suffix: Any, tries: Any) -> None:
    if not isinstance(tries, (int, float, np.number)) or not 1 <= tries < np.inf:
        raise InvalidInput(f"`tries` needs a number of samples, 1 or more, got {tries!r}.")
    for name, value in (("prefix", prefix), ("suffix", suffix)):
        whole(value, name, least=1, unit="token")
    if context is not None:
        whole(context, "context", least=FEWEST, unit="tokens")


def _require_sampled(sampler: Any, texts: list[str] | None, model: Any) -> None:
    if not isinstance(sampler, Sampler):
        kind = type(sampler).__name__
        raise InvalidInput(f"`sampler` needs a Sampler, for example Sampler(top_k=40), got {kind}.")
    if not sampler.plain and (texts is None or not gives_distributions(model)):
        raise InvalidInput("`sampler` needs a transformers model, which gives whole distributions.")


def _joined(pair: Sides, name: str, sizes: tuple[int, int]) -> ArrayLike:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        kind = type(pair).__name__
        raise InvalidInput(f"`{name}` needs a pair (for members, for non-members), got {kind}.")
    parts: list[NDArray[Any]] = [np.asarray(part) for part in pair]
    for part, size, side in zip(parts, sizes, ("members", "non-members")):
        if part.ndim == 0 or len(part) != size:
            raise InvalidInput(f"`{name}` needs {size} rows for the {side}, got {part.shape}.")
    if parts[0].dtype.kind != parts[1].dtype.kind:
        parts = [part.astype(object) for part in parts]
    joined: NDArray[Any] = np.concatenate(parts)
    return joined


__all__: Sequence[str] = ["audit_text"]
