"""`tacit.audit_text`: a language model and texts in, a Report out."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.adapters.language import tokens_of
from tacit.adapters.text_encoding import Long
from tacit.adapters.text_sides import prompts_of, require_other_tokens, side_of
from tacit.audits.steps.scoring import Progress
from tacit.audits.steps.text_extraction import PlantedTexts, require_canaries
from tacit.audits.steps.text_game import Shadows, Suffixes
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
from tacit.core.checking import MIN_CELL
from tacit.training.fine_tune import FineTune, TextRecipe, fine_tunes

Sides = tuple[Any, Any]
PLAIN = Sampler()
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
    gates = Policy.of(policy)
    _require_settings(slices, seed)
    given = Asked(model, tokenizer, prompts, context, long, progress)
    tokens, texts, sizes = given.sides(member, nonmember)
    truth = Membership(
        np.repeat([True, False], sizes),
        _repeated(texts) if cluster is None else _joined(cluster, "cluster", sizes),
        assignment,
    )
    _require_sampled(sampler, texts, model)
    report = text_audit(
        tokens,
        truth,
        texts=texts,
        references=given.references(reference, texts),
        shadows=given.fine_tuned(shadows, recipe, reference, texts, truth, store, pool, seed),
        suffixes=given.suffixes(tokens, texts, reference, sampler, prefix, suffix, tries),
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
        records=records,
        progress=progress,
    )
    return replace(report, unknown=(*report.unknown, NO_PROMPT)) if given.blank else report


class Asked:
    """A model with all that is needed to ask it about texts."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        prompts: "Sides | str | None",
        context: int | None,
        long: Long,
        progress: Progress | None,
    ) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.prompts, self.blank = prompts, False
        self.options: dict[str, Any] = {"prompts": None, "context": context, "long": long}
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
            if self.prompts is not None:
                raise InvalidInput(
                    "`prompts` are for a model that is asked: `member` and `nonmember` are Tokens"
                    " already, so ask it with them (`tacit.adapters.tokens_of`)."
                )
            require_other_tokens(member, nonmember)
            both = Tokens.concatenate([member, nonmember])
            return both, None, (member.n, nonmember.n)
        kinds = f"{type(member).__name__} and {type(nonmember).__name__}"
        if self.model is None:
            raise InvalidInput(
                f"Without a `model`, `member` and `nonmember` need to be Tokens, got {kinds}."
            )
        if isinstance(member, Tokens) or isinstance(nonmember, Tokens):
            raise InvalidInput(f"`member` and `nonmember` need to be of one kind, got {kinds}.")
        parts = [side_of(member, "member"), side_of(nonmember, "nonmember")]
        sizes = (len(parts[0].texts), len(parts[1].texts))
        texts = [*parts[0].texts, *parts[1].texts]
        own = (parts[0].prompts, parts[1].prompts)
        self.options["prompts"] = self._before(own, sizes)
        return self.ask(self.model, texts, "model"), texts, sizes

    def _before(
        self, own: tuple[list[str] | None, list[str] | None], sizes: tuple[int, int]
    ) -> list[str] | None:
        """What comes before each text, from the argument or the tables; an encoder needs some."""
        given = self.prompts
        if own[0] is not None or own[1] is not None:
            if given is not None or own[0] is None or own[1] is None:
                raise InvalidInput(
                    "`member` and `nonmember` need the column 'prompt' both, and no `prompts`."
                )
            return [*own[0], *own[1]]
        if given is None:
            config = getattr(self.model, "config", None)
            self.blank = bool(getattr(config, "is_encoder_decoder", False))
            return [""] * sum(sizes) if self.blank else None
        pair = (given, given) if isinstance(given, str) else given
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise InvalidInput(
                "`prompts` needs a pair (for members, for non-members), each a list or one text, "
                f"got {type(given).__name__}"
                f"{f' of {len(pair)}' if isinstance(pair, (tuple, list)) else ''}."
            )
        sides = zip(pair, sizes, ("prompts[0]", "prompts[1]"))
        return [prompt for part, size, name in sides for prompt in prompts_of(part, size, name)]

    def ask(self, model: Any, texts: list[str], what: str, **options: Any) -> Tokens:
        """What one model says of the texts."""
        tell: Callable[[int, int], None] | None = None
        if self.progress is not None:
            progress = self.progress

            def tell(done: int, of: int) -> None:
                progress(what, done, of)

        given = {"tokenizer": self.tokenizer, "progress": tell} | self.options | options
        return tokens_of(model, given.pop("tokenizer"), texts, **given)

    def references(self, reference: Any, texts: list[str] | None) -> dict[str, Tokens]:
        """Tokens of every reference, by name."""
        named = _named(reference)
        if any(each is self.model and each is not None for each in named.values()):
            raise InvalidInput(
                "`reference` is the audited model itself, which was trained on the members: pass "
                "the model from before, or one that was trained on other texts."
            )
        return {str(name): self._reference(each, str(name), texts) for name, each in named.items()}

    def _reference(self, each: Any, name: str, texts: list[str] | None) -> Tokens:
        if isinstance(each, Tokens):
            return each
        if isinstance(each, tuple) and each and all(isinstance(part, Tokens) for part in each):
            return Tokens.concatenate(each)
        if texts is None:
            raise InvalidInput(
                f"`reference` needs Tokens where `member` and `nonmember` are Tokens, got "
                f"{type(each).__name__}."
            )
        model, options = self._askable(each)
        return self.ask(model, texts, name, **options)

    def _askable(self, reference: Any) -> tuple[Any, dict[str, Any]]:
        """The model of a reference, and how it is asked."""
        if isinstance(reference, str):
            if reference != "adapter_off":
                raise InvalidInput(
                    f"`reference` needs a model or 'adapter_off', got {reference!r}."
                )
            return self.model, {"adapter": "off"}
        if isinstance(reference, tuple) and len(reference) == 2:
            return reference[0], {"tokenizer": reference[1]}
        return reference, {}

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
        whole = isinstance(shadows, (int, np.integer)) and not isinstance(shadows, bool)
        if not whole or shadows < 0 or shadows == 1:
            raise InvalidInput(
                f"`shadows` needs 0, or 2 models or more (one antithetic pair), got {shadows!r}."
            )
        if shadows == 0:
            return None
        if texts is None:
            raise InvalidInput("`shadows` as a number needs texts to train on, got Tokens.")
        if self.options["prompts"] is not None:
            raise InvalidInput(
                "`shadows` as a number trains on texts alone, which `prompts` forbid: train the "
                "models as the audited one was, and pass Shadows with what they say."
            )
        if recipe is None:
            bases = [each for each in _named(reference).values() if _whole(each)]
            if len(bases) != 1:
                raise InvalidInput(
                    "`shadows` needs a `recipe`, for example FineTune(base, tokenizer, "
                    "ask=tokens_of, epochs=3, lr=5e-5), or the base model as `reference`."
                )
            recipe = FineTune(bases[0], self.tokenizer, tokens_of)
        recipe = self._asking_alike(recipe)
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

    def _asking_alike(self, recipe: "FineTune | TextRecipe") -> "FineTune | TextRecipe":
        """Fine-tunes are asked about long texts as the audited model is."""
        given = {name: self.options[name] for name in ("context", "long")}
        if recipe.ask is not tokens_of or given == {"context": None, "long": "refuse"}:
            return recipe
        return replace(recipe, ask=partial(tokens_of, **given))

    def _told(self, n: int) -> Callable[[Any], None] | None:
        if self.progress is None:
            return None
        progress = self.progress
        return lambda state: progress("fine-tunes", int(state.done), n)

    def suffixes(
        self,
        tokens: Tokens,
        texts: list[str] | None,
        reference: Any,
        sampler: Sampler,
        prefix: int,
        suffix: int,
        tries: float,
    ) -> Suffixes:
        """Log-probabilities of the suffixes, by a second pass where the sampler is not plain."""
        asked: dict[str, Any] = {"prefix": prefix, "suffix": suffix, "n": tries}
        if sampler.plain or texts is None:
            return Suffixes.of(tokens, **asked)
        found = Suffixes.of(self.ask(self.model, texts, "extraction", sampler=sampler), **asked)
        others = []
        for each in _named(reference).values():
            model, options = self._askable(each)
            # suffixes are counted in the audited model's tokens
            if _whole(model) and "tokenizer" not in options:
                others.append(self.ask(model, texts, "extraction", sampler=sampler, **options))
        return found.beside([Suffixes.of(each, **asked).log_p for each in others])

    def planted(self, canaries: Any, reference: Any) -> PlantedTexts:
        """How likely each secret is, less that under the first reference that can be asked."""
        if self.model is None:
            raise InvalidInput(
                "`canaries` need a `model` that can be asked about them, got Tokens."
            )
        canaries = require_canaries(canaries)
        own = self._secret(self.model, canaries)
        for name, each in _named(reference).items():
            if not isinstance(each, (Tokens, tuple)):
                model, options = self._askable(each)
                other = self._secret(model, canaries, **options)
                return PlantedTexts(own - other, canaries.member, name)
        return PlantedTexts(own, canaries.member)

    def _secret(self, model: Any, canaries: Any, **options: Any) -> NDArray[np.float64]:
        with warnings.catch_warnings():
            # a blank before a secret often belongs to its first token
            warnings.simplefilter("ignore", UserWarning)
            found = self.ask(
                model, canaries.secrets, "canaries", prompts=canaries.prompts, **options
            )
        return np.asarray(found.ragged().sum(), np.float64)


def _whole(model: Any) -> bool:
    """Is it a transformers language model, which gives whole distributions?"""
    return hasattr(model, "get_output_embeddings")


def _named(reference: Any) -> dict[str, Any]:
    """References by name."""
    if reference is None:
        return {}
    if isinstance(reference, list):
        return {f"reference {index + 1}": each for index, each in enumerate(reference)}
    return dict(reference) if isinstance(reference, Mapping) else {"reference": reference}


def _repeated(texts: list[str] | None) -> NDArray[np.int64] | None:
    """One cluster for texts that are the same; None where none is."""
    if texts is None or len(set(texts)) == len(texts):
        return None
    return np.unique(np.array(texts, object), return_inverse=True)[1].astype(np.int64)


def _require_settings(slices: Any, seed: Any) -> None:
    if slices is not None and not isinstance(slices, Mapping):
        raise InvalidInput(
            "`slices` needs names to pairs, {'language': (of members, of non-members)}, got "
            f"{type(slices).__name__}."
        )
    if not isinstance(seed, (int, np.integer)) or isinstance(seed, bool) or seed < 0:
        raise InvalidInput(f"`seed` needs a whole number of 0 or more, got {seed!r}.")


def _require_sampled(sampler: Sampler, texts: list[str] | None, model: Any) -> None:
    if not sampler.plain and (texts is None or not _whole(model)):
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
