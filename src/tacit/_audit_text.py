"""`tacit.audit_text`: a language model and texts in, a Report out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.adapters.language import tokens_of
from tacit.adapters.text_encoding import Long, require_texts
from tacit.audits.steps.scoring import Progress
from tacit.audits.steps.text_game import Shadows, Suffixes
from tacit.audits.text import OnOverlap, text_audit
from tacit.core import (
    DEFAULT_POLICY,
    Assignment,
    InvalidInput,
    Membership,
    PolicyLike,
    Report,
    Sampler,
    Tokens,
)
from tacit.core.checking import MIN_CELL
from tacit.training.fine_tune import FineTune, TextRecipe, fine_tunes

Sides = tuple[Any, Any]
PLAIN = Sampler()


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
    prompts: Sides | None = None,
    context: int | None = None,
    long: Long = "refuse",
    sampler: Sampler = PLAIN,
    prefix: int = 50,
    suffix: int = 50,
    tries: float = 1000.0,
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
    member, nonmember : lists of texts, or Tokens
        Texts that the model was trained on, and others from the same source.
    reference : model, ``"adapter_off"``, Tokens, pair of Tokens, or name to one of these
        Models that were not trained on any of the texts: the base model, for example. Tokens hold
        members first, then non-members.
    shadows : int or Shadows
        How many models to fine-tune on random halves of all texts; 0: none.
    recipe : FineTune, TextRecipe or None
        How to fine-tune. None: `reference` with default settings, which are hardly those of the
        audited model: the report warns where the results do not resemble it.
    store, pool
        Of the fine-tunes; see `tacit.training.shadow`.
    prompts : pair of lists or None
        What comes before each text and is not scored, for members and non-members.
    context, long
        See `tacit.adapters.language.tokens_of`.
    sampler : Sampler
        What extraction is asked about; another one than the model's own costs a second pass.
    prefix, suffix : int
        Tokens given, and tokens to be extracted.
    tries : float
        A text counts as extractable where its suffix comes out in so many samples with
        probability one half.
    overlap : ``"refuse"``, ``"drop"`` or ``"keep"``
        What to do where texts of one side share 32 tokens in a row with the other.
    slices : name to pair
        Columns to slice by, for members and non-members; numbers with many values are cut at
        their quantiles, and a column that names nearly every text is left out.
    min_cell : int
        A slice with fewer members or non-members than this is not shown.
    cluster : pair or None
        The user or document of each text, for members and non-members.
    assignment, policy, level, seed, title, command, records, progress
        As of `tacit.audit`.

    Raises
    ------
    InvalidInput
        Says which argument, what was needed and what came.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> def said(mean, n):
    ...     rows = rng.normal(mean, 0.4, (n, 20)).clip(max=0)
    ...     return Tokens(logp=rows.ravel(), start=np.arange(0, 20 * n + 1, 20))
    >>> audit_text(member=said(-1.0, 300), nonmember=said(-2.0, 300)).finding
    'leak'
    """
    given = Asked(model, tokenizer, prompts, context, long, progress)
    tokens, texts, sizes = given.sides(member, nonmember)
    truth = Membership(
        np.repeat([True, False], sizes),
        None if cluster is None else _joined(cluster, "cluster", sizes),
        assignment,
    )
    _require_sampled(sampler, texts, model)
    return text_audit(
        tokens,
        truth,
        texts=texts,
        references=given.references(reference, texts),
        shadows=given.fine_tuned(shadows, recipe, reference, texts, truth, store, pool, seed),
        suffixes=given.suffixes(tokens, texts, sampler, prefix, suffix, tries),
        overlap=overlap,
        slices={
            name: _joined(pair, f"slices[{name!r}]", sizes) for name, pair in (slices or {}).items()
        },
        min_cell=min_cell,
        policy=policy,
        level=level,
        seed=seed,
        title=title or (type(model).__name__ if model is not None else "language model"),
        command=command,
        records=records,
        progress=progress,
    )


class Asked:
    """A model with all that is needed to ask it about texts."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        prompts: Sides | None,
        context: int | None,
        long: Long,
        progress: Progress | None,
    ) -> None:
        self.model, self.tokenizer = model, tokenizer
        before = None if prompts is None else [*prompts[0], *prompts[1]]
        self.options: dict[str, Any] = {"prompts": before, "context": context, "long": long}
        self.progress = progress

    def sides(
        self, member: Any, nonmember: Any
    ) -> tuple[Tokens, list[str] | None, tuple[int, int]]:
        """Tokens of both sides, members first, and the texts where they were given."""
        if isinstance(member, Tokens) and isinstance(nonmember, Tokens):
            if self.model is not None:
                raise InvalidInput(
                    "`member` and `nonmember` are Tokens already: leave out `model`."
                )
            both = Tokens.concatenate([member, nonmember])
            return both, None, (member.n, nonmember.n)
        if self.model is None:
            kinds = f"{type(member).__name__} and {type(nonmember).__name__}"
            raise InvalidInput(
                f"Without a `model`, `member` and `nonmember` need to be Tokens, got {kinds}."
            )
        parts = [require_texts(member, "member"), require_texts(nonmember, "nonmember")]
        texts = [*parts[0], *parts[1]]
        return self.ask(self.model, texts, "model"), texts, (len(parts[0]), len(parts[1]))

    def ask(self, model: Any, texts: list[str], what: str, **options: Any) -> Tokens:
        """What one model says of the texts."""
        tell: Callable[[int, int], None] | None = None
        if self.progress is not None:
            progress = self.progress

            def tell(done: int, of: int) -> None:
                progress(what, done, of)

        return tokens_of(model, self.tokenizer, texts, progress=tell, **{**self.options, **options})

    def references(self, reference: Any, texts: list[str] | None) -> dict[str, Tokens]:
        """Tokens of every reference, by name."""
        if reference is None:
            return {}
        named = reference if isinstance(reference, Mapping) else {"reference": reference}
        return {str(name): self._reference(each, str(name), texts) for name, each in named.items()}

    def _reference(self, each: Any, name: str, texts: list[str] | None) -> Tokens:
        if isinstance(each, Tokens):
            return each
        if isinstance(each, tuple) and all(isinstance(part, Tokens) for part in each):
            return Tokens.concatenate(each)
        if texts is None:
            raise InvalidInput(
                f"`reference` needs Tokens where `member` and `nonmember` are Tokens, got "
                f"{type(each).__name__}."
            )
        if isinstance(each, str):
            if each != "adapter_off":
                raise InvalidInput(f"`reference` needs a model or 'adapter_off', got {each!r}.")
            return self.ask(self.model, texts, name, adapter="off")
        return self.ask(each, texts, name)

    def fine_tuned(
        self,
        shadows: "int | Shadows",
        recipe: "FineTune | TextRecipe | None",
        reference: Any,
        texts: list[str] | None,
        truth: Membership,
        store: Any,
        pool: Any,
        seed: int,
    ) -> Shadows | None:
        """What fine-tunes say of the texts, trained where they were asked for."""
        if isinstance(shadows, Shadows):
            return shadows
        if not isinstance(shadows, (int, np.integer)) or shadows < 0 or shadows == 1:
            raise InvalidInput(
                f"`shadows` needs 0, or 2 models or more (one antithetic pair), got {shadows!r}."
            )
        if shadows == 0:
            return None
        if texts is None:
            raise InvalidInput("`shadows` as a number needs texts to train on, got Tokens.")
        if recipe is None:
            if not hasattr(reference, "get_output_embeddings"):
                raise InvalidInput(
                    "`shadows` needs a `recipe`, for example FineTune(base, tokenizer, "
                    "ask=tokens_of, epochs=3, lr=5e-5), or the base model as `reference`."
                )
            recipe = FineTune(reference, self.tokenizer, tokens_of)
        run, tokens = fine_tunes(
            recipe,
            texts,
            n=int(shadows),
            store=store,
            pool=pool,
            cluster=truth.cluster,
            seed=seed,
            progress=self._told(int(shadows)),
        )
        return Shadows(run.shadow[:, :, 0], run.member, tokens)

    def _told(self, n: int) -> Callable[[Any], None] | None:
        if self.progress is None:
            return None
        progress = self.progress
        return lambda state: progress("fine-tunes", int(state.done), n)

    def suffixes(
        self,
        tokens: Tokens,
        texts: list[str] | None,
        sampler: Sampler,
        prefix: int,
        suffix: int,
        tries: float,
    ) -> Suffixes:
        """Log-probabilities of the suffixes, by a second pass where the sampler is not plain."""
        asked: dict[str, Any] = {"prefix": prefix, "suffix": suffix, "n": tries}
        if sampler.plain or texts is None:
            return Suffixes.of(tokens, **asked)
        return Suffixes.of(self.ask(self.model, texts, "extraction", sampler=sampler), **asked)


def _require_sampled(sampler: Sampler, texts: list[str] | None, model: Any) -> None:
    if not sampler.plain and (texts is None or not hasattr(model, "get_output_embeddings")):
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
