"""A language model with all that is needed to ask it, and others beside it, about texts."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.adapters.language import tokens_of, unwrapped
from tacit.adapters.text_encoding import Long
from tacit.adapters.text_sides import prompts_of, require_other_tokens, side_of
from tacit.audits.steps.scoring import Progress
from tacit.audits.steps.text_extraction import PlantedTexts, require_canaries
from tacit.audits.steps.text_game import Shadows, Suffixes
from tacit.core import InvalidInput, Membership, Sampler, Tokens
from tacit.metrics.memorization import extractable
from tacit.training.fine_tune import FineTune, TextRecipe, fine_tunes

Sides = tuple[Any, Any]


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
        if isinstance(reference, tuple):
            if len(reference) != 2 or not _asks(reference[0]) or _asks(reference[1], plain=False):
                kinds = ", ".join(type(part).__name__ for part in reference)
                raise InvalidInput(
                    "`reference` as a pair needs (model, its tokenizer), or Tokens of members and "
                    f"non-members, got ({kinds}). Several references come as a list."
                )
            return reference[0], {"tokenizer": reference[1]}
        if not _asks(reference):
            raise InvalidInput(
                "`reference` needs a language model, an endpoint, a function, 'adapter_off' or "
                f"Tokens, got {type(reference).__name__}."
            )
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
            bases = [each for each in _named(reference).values() if gives_distributions(each)]
            if len(bases) != 1:
                raise InvalidInput(
                    "`shadows` needs a `recipe`, for example FineTune(base, tokenizer, "
                    "ask=tokens_of, epochs=3, lr=5e-5), or the base model as `reference`."
                )
            recipe = FineTune(bases[0], self.tokenizer, tokens_of)
        if not isinstance(recipe, (FineTune, TextRecipe)):
            raise InvalidInput(
                f"`recipe` needs a FineTune or a TextRecipe, got {type(recipe).__name__}."
            )
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
            if gives_distributions(model) and "tokenizer" not in options:
                others.append(self.ask(model, texts, "extraction", sampler=sampler, **options))
        return found.beside([Suffixes.of(each, **asked).log_p for each in others])

    def passages(
        self, tokens: Tokens, suffixes: Suffixes, n_members: int, most: int
    ) -> list[dict[str, Any]]:
        """The members' suffixes that come out, as text, the surest first."""
        if tokens.token is None or not hasattr(self.tokenizer, "decode"):
            raise InvalidInput(
                "`passages` need a transformers model, its `tokenizer` and texts: without them "
                "nobody knows which words the tokens are."
            )
        log_p = np.nan_to_num(suffixes.log_p[:n_members], nan=-np.inf)
        order = np.argsort(-log_p, kind="stable")
        found = order[extractable(log_p[order], n=suffixes.n, p=suffixes.p)][:most]
        own = tokens.ragged("token")
        passages = []
        for row in found.tolist():
            begin = int(own.start[row]) + suffixes.prefix
            text = self.tokenizer.decode(own.value[begin : begin + suffixes.suffix].tolist())
            log10_p = float(log_p[row] / np.log(10))
            passages.append({"row": row, "log10_p": log10_p, "text": str(text)})
        return passages

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


def gives_distributions(model: Any) -> bool:
    """Is it a transformers language model, which gives whole distributions?"""
    return hasattr(unwrapped(model), "get_output_embeddings")


def _asks(model: Any, *, plain: bool = True) -> bool:
    """Can it be asked about texts? A tokenizer is callable too, and no model where not `plain`."""
    if hasattr(model, "tokens") or gives_distributions(model):
        return True
    return plain and callable(model) and not hasattr(model, "get_vocab")


def _named(reference: Any) -> dict[str, Any]:
    """References by name."""
    if reference is None:
        return {}
    if isinstance(reference, list):
        return {f"reference {index + 1}": each for index, each in enumerate(reference)}
    return dict(reference) if isinstance(reference, Mapping) else {"reference": reference}
