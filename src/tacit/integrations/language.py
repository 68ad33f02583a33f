"""Hugging Face transformers and TRL: a callback that watches what a language model memorises."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.adapters.language import tokens_of
from tacit.adapters.random_state import untouched_rng
from tacit.adapters.text_encoding import require_texts
from tacit.audits.steps.text_glance import TextGlance, text_glance
from tacit.core import InvalidInput, Tokens
from tacit.core.optional import require

transformers = require(
    "transformers", extra="transformers", purpose="The transformers MemorisationCallback"
)
# rows of the training set that are collated at once for the pre-flight
ROWS = 64


class MemorisationCallback(transformers.TrainerCallback):  # type: ignore[misc, name-defined]
    """Membership, extraction and exposure after each epoch of ``Trainer`` or TRL's ``SFTTrainer``.

    Before the first step the model is asked about all texts, which makes it its own base
    reference, and the canaries are looked for in the rows that the trainer will see, after
    truncation, packing and masking: one that does not reach the loss whole stops the training,
    because no claim could rest on its coin. An observer changes nothing: training ends in the
    same weights, bit for bit, with and without it. The numbers go into ``state.log_history``.

    Parameters
    ----------
    tokenizer : transformers tokenizer
        Of the training.
    member, nonmember : lists of texts
        Some that are trained on, and others from the same source. A few hundred of each are
        enough; each look costs one forward pass over them.
    canaries : TextCanaries or None
        From `tacit.design`, whose ``preflight`` is used.
    preflight : function or None
        ``preflight(rows, canaries, tokenizer)``; with canaries, `tacit.design.preflight`.
    every : int
        Look after each `every`-th epoch.
    prefix, suffix : int
        Tokens given, and tokens to be extracted.
    tries : float
        Samples within which a text counts as extractable with probability one half.
    level : float
        Of the intervals.

    Attributes
    ----------
    looks : list of (epoch, TextGlance)
        So far.

    Raises
    ------
    InvalidInput
        Texts are empty, or canaries come without a `preflight`.
    """

    def __init__(
        self,
        tokenizer: Any,
        member: Sequence[str],
        nonmember: Sequence[str],
        *,
        canaries: Any = None,
        preflight: Any = None,
        every: int = 1,
        prefix: int = 50,
        suffix: int = 50,
        tries: float = 1000.0,
        level: float = 0.95,
    ) -> None:
        inside, outside = require_texts(member, "member"), require_texts(nonmember, "nonmember")
        if canaries is not None and preflight is None:
            raise InvalidInput("Canaries need `preflight=tacit.design.preflight`, got None.")
        if every < 1:
            raise InvalidInput(f"`every` needs 1 or more, got {every!r}.")
        self.tokenizer, self.canaries, self.preflight = tokenizer, canaries, preflight
        self.every = every
        self._texts = [*inside, *outside]
        self._member = np.repeat([True, False], [len(inside), len(outside)])
        self._asked: dict[str, Any] = {"prefix": prefix, "suffix": suffix, "tries": tries}
        self._asked["level"] = level
        self._before: tuple[Tokens, NDArray[np.float64] | None] | None = None
        self.looks: list[tuple[int, TextGlance]] = []

    def on_train_begin(
        self, args: Any, state: Any, control: Any, model: Any = None, **given: Any
    ) -> None:
        """Look for the canaries, and ask the model as it is before the first step."""
        if not state.is_world_process_zero:
            return
        if self.canaries is not None:
            loader = given.get("train_dataloader")
            if loader is None:
                raise InvalidInput("The trainer gives no `train_dataloader` to look for canaries.")
            with untouched_rng():
                self.preflight(rows_of(loader), self.canaries, self.tokenizer).require()
        if self._before is None:
            self._before = self._ask(model)

    def on_epoch_end(
        self, args: Any, state: Any, control: Any, model: Any = None, **_: Any
    ) -> None:
        """Look, and log."""
        epoch = max(1, round(state.epoch))
        if not state.is_world_process_zero or epoch % self.every or self._before is None:
            return
        try:
            tokens, canary = self._ask(model)
        except InvalidInput as error:
            warnings.warn(f"tacit could not look at the model: {error}", stacklevel=2)
            return
        before, was = self._before
        gain = None if canary is None or was is None else canary - was
        inserted = None if self.canaries is None else self.canaries.member
        look = text_glance(
            tokens, before, self._member, canary=gain, inserted=inserted, **self._asked
        )
        self.looks.append((epoch, look))
        line = {**look.numbers(), "epoch": state.epoch, "step": state.global_step}
        state.log_history.append(line)

    def _ask(self, model: Any) -> tuple[Tokens, NDArray[np.float64] | None]:
        asked: dict[str, Any] = {"long": "windows"}
        tokens = tokens_of(model, self.tokenizer, self._texts, **asked)
        if self.canaries is None:
            return tokens, None
        with warnings.catch_warnings():
            # a blank before a secret often belongs to its first token
            warnings.simplefilter("ignore", UserWarning)
            found = tokens_of(
                model,
                self.tokenizer,
                self.canaries.secrets,
                prompts=self.canaries.prompts,
                **asked,
            )
        return tokens, found.ragged().sum()


def rows_of(loader: Any) -> Iterator[Mapping[str, NDArray[Any]]]:
    """The rows that a trainer will see: its data set, put through its collator, in order."""
    dataset, collate = loader.dataset, loader.collate_fn
    for start in range(0, len(dataset), ROWS):
        items = [dataset[index] for index in range(start, min(start + ROWS, len(dataset)))]
        batch = collate(items)
        columns = {
            name: np.asarray(batch[name].cpu() if hasattr(batch[name], "cpu") else batch[name])
            for name in ("input_ids", "labels", "attention_mask")
            if name in batch and batch[name] is not None
        }
        for row in range(len(columns["input_ids"])):
            yield {name: value[row] for name, value in columns.items()}
