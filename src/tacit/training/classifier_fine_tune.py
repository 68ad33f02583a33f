"""Fine-tunes of one transformers classifier, each on its own records."""

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Outputs
from tacit.core.optional import require
from tacit.training.fine_tune import MAX_SEED, digest_of_weights, rate_share, require_loop
from tacit.training.record_columns import RecordColumns

# records that are asked about at once
ASKED = 256
PURPOSE = "A fine-tune of a classifier"


@dataclass(frozen=True, eq=False)
class ClassifierFineTune:
    """How a transformers classifier was fine-tuned, done again on other records.

    The defaults are those of `transformers.Trainer`. Give the audited model's own settings:
    fine-tunes that do not resemble it find less.

    Parameters
    ----------
    model : transformers classifier, or function
        The base, what the audited model was before its fine-tuning (copied for each fine-tune and
        never changed); or ``build() -> model``, which is called after seeding, so that every
        fine-tune has a new head as `from_pretrained` gives it.
    epochs, batch_size : int
        Of the loop.
    lr, weight_decay : float
        Of AdamW.
    schedule : ``"constant"``, ``"linear"`` or ``"cosine"``
        The learning rate, step by step, from `lr` to 0 but for ``"constant"``.
    clip : float
        Largest norm of a batch's gradient.
    lora : peft config or None
        For example ``peft.LoraConfig(task_type="SEQ_CLS")``: train adapters and the head only.
    device : str or None
        ``"cpu"``, ``"cuda"``, ...; None: where the base is.

    Raises
    ------
    InvalidInput
        A number cannot be used, or the model is no classifier with one class a record.
    """

    model: Any
    epochs: int = 3
    batch_size: int = 8
    lr: float = 5e-5
    weight_decay: float = 0.0
    schedule: Literal["constant", "linear", "cosine"] = "linear"
    clip: float = 1.0
    lora: Any = None
    device: str | None = None

    def __post_init__(self) -> None:
        require_loop(self.epochs, self.batch_size, self.lr, self.schedule)
        if not self.clip > 0:
            raise InvalidInput(f"`clip` needs a number above 0, got {self.clip}.")
        if hasattr(self.model, "config"):
            _require_classifier(self.model)
        elif not callable(self.model):
            raise InvalidInput(
                "`model` needs a transformers classifier or a function that builds one, got"
                f" {type(self.model).__name__}."
            )

    def fit(
        self, x: Any, y: Any, indices: NDArray[np.int64], seed: int
    ) -> Callable[[Any], Outputs]:
        """Fine-tune a copy of the base on the rows `indices`."""
        torch = require("torch", extra="transformers", purpose=PURPOSE)
        if y is None:
            raise InvalidInput("A fine-tune of a classifier needs labels, got none.")
        rows = x if isinstance(x, RecordColumns) else RecordColumns(_columns(x))
        label = np.asarray(y)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed % MAX_SEED)
            model = self._built()
            self._train(model, rows, label, indices, seed)
        return lambda given: _answers(model.eval(), given, label)

    @property
    def identity(self) -> list[Any]:
        """All that the numbers depend on."""
        settings = [self.epochs, self.batch_size, self.lr, self.weight_decay, self.schedule]
        adapters = None if self.lora is None else str(self.lora.to_dict())
        base = self.model
        if hasattr(base, "config"):
            base = [type(base), base.config.to_json_string(), digest_of_weights(base)]
        return [*settings, self.clip, adapters, base]

    def _built(self) -> Any:
        if hasattr(self.model, "config"):
            model = copy.deepcopy(self.model)
        else:
            model = self.model()
            _require_classifier(model)
        if self.lora is not None:
            peft = require("peft", extra="transformers", purpose="A fine-tune by adapters")
            model = peft.get_peft_model(model, copy.deepcopy(self.lora))
        return model if self.device is None else model.to(self.device)

    def _train(
        self,
        model: Any,
        rows: RecordColumns,
        label: NDArray[Any],
        indices: NDArray[np.int64],
        seed: int,
    ) -> None:
        torch = require("torch", extra="transformers", purpose=PURPOSE)
        weights = [part for part in model.parameters() if part.requires_grad]
        step = torch.optim.AdamW(weights, lr=self.lr, weight_decay=self.weight_decay)
        per_epoch = math.ceil(len(indices) / self.batch_size)
        rng = np.random.default_rng(seed)
        model.train()
        for done in range(self.epochs * per_epoch):
            if done % per_epoch == 0:
                order = rng.permutation(indices)
            start = done % per_epoch * self.batch_size
            batch = order[start : start + self.batch_size]
            for group in step.param_groups:
                group["lr"] = self.lr * rate_share(self.schedule, done / (self.epochs * per_epoch))
            logits = _logits(model, rows[batch])
            target = torch.as_tensor(label[batch], dtype=torch.int64, device=logits.device)
            step.zero_grad()
            torch.nn.functional.cross_entropy(logits.float(), target).backward()
            torch.nn.utils.clip_grad_norm_(weights, self.clip)
            step.step()


def _require_classifier(model: Any) -> None:
    config = model.config
    kind = getattr(config, "problem_type", None)
    named = "Classification" in type(model).__name__ and "Token" not in type(model).__name__
    if not named or config.num_labels < 2 or kind not in (None, "single_label_classification"):
        raise InvalidInput(
            "`ClassifierFineTune` trains transformers classifiers with one of several classes a"
            f" record, got a {type(model).__name__} with {config.num_labels} label(s)"
            f"{f' and problem type {kind!r}' if kind else ''}. Give a function (indices, seed) ->"
            " observe for others."
        )


def _columns(x: Any) -> Mapping[str, Any]:
    if hasattr(x, "items") and not hasattr(x, "iloc"):
        return dict(x.items())
    return {"input_ids": x}


def _logits(model: Any, columns: Mapping[str, NDArray[Any]]) -> Any:
    torch = require("torch", extra="transformers", purpose=PURPOSE)
    device = next(model.parameters()).device
    placed = {
        name: torch.as_tensor(np.array(part), device=device) for name, part in columns.items()
    }
    return model(**placed).logits


def _answers(model: Any, x: Any, label: NDArray[Any]) -> Outputs:
    torch = require("torch", extra="transformers", purpose=PURPOSE)
    rows = x if isinstance(x, RecordColumns) else RecordColumns(_columns(x))
    with torch.inference_mode():
        parts = [
            _logits(model, rows[start : start + ASKED]).float().cpu()
            for start in range(0, len(rows), ASKED)
        ]
    return Outputs(logits=torch.cat(parts).numpy(), label=label)
