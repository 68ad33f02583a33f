"""Fine-tunes of one language model on random halves of some texts, kept as Tokens."""

import copy
import hashlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Outputs, Tokens
from tacit.core.optional import require
from tacit.training.results import ShadowRun, gather
from tacit.training.shadow import carry_out, plan
from tacit.training.stores import Store, store_of

# (model, tokenizer, texts) -> Tokens
Ask = Callable[[Any, Any, list[str]], Tokens]
MAX_SEED = 2**63
# a target that is not counted in the loss
IGNORED = -100
# steps of the trial before a run whose price is asked for; the first one warms up
TRIAL_STEPS = 3


@dataclass(frozen=True, eq=False)
class FineTune:
    """How the audited model was fine-tuned, done again on other texts.

    The base weights are loaded once and copied for each model. Give the audited model's own
    settings: fine-tunes that do not resemble it find less.

    Parameters
    ----------
    model : causal transformers model
        The base: what the audited model was before its fine-tuning. It is never changed.
    tokenizer : transformers tokenizer
        Of both.
    ask : function
        ``ask(model, tokenizer, texts) -> Tokens``, usually `tacit.adapters.language.tokens_of`.
    epochs, batch_size : int
        Of the loop.
    lr, weight_decay : float
        Of AdamW.
    schedule : ``"constant"``, ``"linear"`` or ``"cosine"``
        The learning rate, step by step, from `lr` to 0 but for ``"constant"``.
    context : int or None
        Tokens of one training row; longer texts become several rows. None: 512, or what the model
        can hold if that is less.
    lora : peft config or None
        For example ``peft.LoraConfig(r=8)``: train adapters only.
    device : str or None
        ``"cpu"``, ``"cuda"``, ...; None: where the base is.
    """

    model: Any
    tokenizer: Any
    ask: Ask
    epochs: int = 3
    batch_size: int = 16
    lr: float = 5e-5
    weight_decay: float = 0.0
    schedule: Literal["constant", "linear", "cosine"] = "constant"
    context: int | None = None
    lora: Any = None
    device: str | None = None

    def __post_init__(self) -> None:
        require_loop(self.epochs, self.batch_size, self.lr, self.schedule)
        if getattr(getattr(self.model, "config", None), "is_encoder_decoder", False):
            raise InvalidInput("`FineTune` trains causal models; pass a `TextRecipe` for others.")

    def fit(self, x: Any, y: Any, indices: NDArray[np.int64], seed: int) -> "TextObserver":
        """Fine-tune a copy of the base on the texts `indices`."""
        rows = self._rows([x[index] for index in indices])
        model = self._copy(seed)
        for _ in self._trained(model, rows, seed):
            pass
        return TextObserver(model.eval(), self.tokenizer, self.ask)

    @property
    def identity(self) -> list[Any]:
        """All that the numbers depend on."""
        settings = [self.epochs, self.batch_size, self.lr, self.weight_decay, self.schedule]
        adapters = None if self.lora is None else str(self.lora.to_dict())
        kinds = [type(self.model), self.ask]
        return [*settings, self.context, adapters, digest_of_weights(self.model), *kinds]

    def seconds(self, texts: Sequence[str], n_models: int) -> float:
        """What `n_models` fine-tunes on halves of `texts` will take here, from a short trial.

        Trains a few steps and scores one batch; what is found is multiplied.
        """
        some = list(texts[: self.batch_size * TRIAL_STEPS])
        rows = self._rows(some)[: self.batch_size * TRIAL_STEPS]
        model, marks = self._copy(0), [time.perf_counter()]
        for _ in self._trained(model, rows, 0):
            marks.append(time.perf_counter())
        step = float(np.median(np.diff(marks)))
        began = time.perf_counter()
        self.ask(model.eval(), self.tokenizer, some)
        score = (time.perf_counter() - began) * len(texts) / len(some)
        steps = self.epochs * math.ceil(len(texts) / 2 / self.batch_size)
        return n_models * (step * steps + score)

    def _copy(self, seed: int) -> Any:
        torch = require("torch", extra="transformers", purpose="A fine-tune")
        model = copy.deepcopy(self.model)
        if self.lora is not None:
            peft = require("peft", extra="transformers", purpose="A fine-tune by adapters")
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed % MAX_SEED)
                model = peft.get_peft_model(model, copy.deepcopy(self.lora))
        return model if self.device is None else model.to(self.device)

    def _rows(self, texts: Sequence[str]) -> list[list[int]]:
        begin = getattr(self.tokenizer, "bos_token_id", None)
        prefix = [] if begin is None else [int(begin)]
        room = self._room() - len(prefix)
        rows = []
        for own in self.tokenizer(list(texts), add_special_tokens=False)["input_ids"]:
            blocks = [own[start : start + room] for start in range(0, len(own), room)]
            rows += [prefix + block for block in blocks if len(prefix) + len(block) > 1]
        if not rows:
            raise InvalidInput("A fine-tune needs texts of two tokens or more, got none.")
        return rows

    def _room(self) -> int:
        names = ("max_position_embeddings", "n_positions")
        config = self.model.config
        limits = [int(getattr(config, name)) for name in names if getattr(config, name, None)]
        wanted = 512 if self.context is None else self.context
        return min([wanted, *limits])

    def _trained(self, model: Any, rows: list[list[int]], seed: int) -> Iterator[None]:
        """One step of training each time that it is asked."""
        torch = require("torch", extra="transformers", purpose="A fine-tune")
        weights = [part for part in model.parameters() if part.requires_grad]
        step = torch.optim.AdamW(weights, lr=self.lr, weight_decay=self.weight_decay)
        per_epoch = math.ceil(len(rows) / self.batch_size)
        rng = np.random.default_rng(seed)
        model.train()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed % MAX_SEED)
            for done in range(self.epochs * per_epoch):
                if done % per_epoch == 0:
                    order = rng.permutation(len(rows))
                start = done % per_epoch * self.batch_size
                batch = [rows[index] for index in order[start : start + self.batch_size]]
                rate = self.lr * rate_share(self.schedule, done / (self.epochs * per_epoch))
                for group in step.param_groups:
                    group["lr"] = rate
                step.zero_grad()
                _loss(model, batch).backward()
                step.step()
                yield


@dataclass(frozen=True, eq=False)
class TextRecipe:
    """Any way of training a language model, as a recipe for `tacit.training.shadow`.

    Parameters
    ----------
    train_fn : function
        ``train_fn(texts, seed) -> model``.
    tokenizer : transformers tokenizer or None
        Handed to `ask`.
    ask : function
        ``ask(model, tokenizer, texts) -> Tokens``.
    """

    train_fn: Callable[[list[str], int], Any]
    tokenizer: Any
    ask: Ask

    def fit(self, x: Any, y: Any, indices: NDArray[np.int64], seed: int) -> "TextObserver":
        """Train on the texts `indices`."""
        model = self.train_fn([x[index] for index in indices], seed)
        return TextObserver(model, self.tokenizer, self.ask)

    @property
    def identity(self) -> list[Any]:
        """All that the numbers depend on."""
        return [self.train_fn, self.ask]


class TextObserver:
    """A trained model that answers with a loss a text, and keeps what it said token by token."""

    def __init__(self, model: Any, tokenizer: Any, ask: Ask) -> None:
        self.model, self.tokenizer, self.ask = model, tokenizer, ask
        self.tokens: Tokens | None = None

    def __call__(self, x: Any) -> Outputs:
        """Minus the mean log-probability of each text."""
        self.tokens = self.ask(self.model, self.tokenizer, list(x))
        return Outputs(loss=-self.tokens.ragged().mean())


def keep_tokens(observe: TextObserver) -> bytes:
    """What is stored beside the one number a text."""
    assert observe.tokens is not None
    return observe.tokens.to_bytes()


def fine_tunes(
    recipe: "FineTune | TextRecipe",
    texts: Sequence[str],
    *,
    n: int = 2,
    store: Any = None,
    pool: Any = None,
    progress: Any = None,
    **options: Any,
) -> tuple[ShadowRun, tuple[Tokens, ...]]:
    """Train `n` models on random halves of the texts; what each says of every text.

    The default, 2, is one antithetic pair: each text is in one of the two.

    Parameters
    ----------
    recipe : FineTune or TextRecipe
        How to train one.
    texts : n texts
        All texts of the audit, members and non-members.
    n : int
        Models to train, an even number: each pair shares the texts out between the two.
    store, pool, progress, options
        As of `tacit.training.shadow`; a run that was killed goes on.
    """
    run = plan(recipe, list(texts), n=n, keep=keep_tokens, **options)
    kept = store_of(store)
    carry_out(run, kept, pool=pool, progress=progress)
    found = gather(run.plan, kept, statistic=run.context.statistic)
    entries = [f"{run.plan.entry(int(model))}.model" for model in found.models]
    return found, tuple(stored_tokens(kept, entry) for entry in entries)


def stored_tokens(store: Store, entry: str) -> Tokens:
    """The Tokens of one model in a store.

    Raises
    ------
    InvalidInput
        They are not there, or damaged.
    """
    if entry not in store:
        raise InvalidInput(f"The store holds no Tokens under {entry}: train it again.")
    return Tokens.load(store[entry])


def _loss(model: Any, batch: list[list[int]]) -> Any:
    """Mean negative log-probability of the tokens of a batch, padding left out."""
    torch = require("torch", extra="transformers", purpose="A fine-tune")
    longest = max(len(row) for row in batch)
    ids = np.zeros((len(batch), longest), np.int64)
    target = np.full((len(batch), longest), IGNORED, np.int64)
    for index, row in enumerate(batch):
        ids[index, : len(row)] = row
        target[index, : len(row)] = row
    device = next(model.parameters()).device
    placed, wanted = (torch.from_numpy(part).to(device) for part in (ids, target))
    seen = (wanted != IGNORED).long()
    logits = model(input_ids=placed, attention_mask=seen, use_cache=False).logits[:, :-1]
    flat = logits.reshape(-1, logits.shape[-1]).float()
    return torch.nn.functional.cross_entropy(flat, wanted[:, 1:].reshape(-1), ignore_index=IGNORED)


def require_loop(epochs: int, batch_size: int, lr: float, schedule: str) -> None:
    """Refuse settings of a training loop that cannot be used.

    Raises
    ------
    InvalidInput : says which, and what came.
    """
    if epochs < 1 or batch_size < 1 or not lr > 0:
        raise InvalidInput(
            "`epochs` and `batch_size` need 1 or more, `lr` a number above 0, got"
            f" {epochs}, {batch_size} and {lr}."
        )
    if schedule not in ("constant", "linear", "cosine"):
        raise InvalidInput(f"`schedule` needs 'constant', 'linear' or 'cosine', got {schedule!r}.")


def rate_share(schedule: str, done: float) -> float:
    """What of the learning rate is left when a share `done` of the steps is done."""
    if schedule == "constant":
        return 1.0
    return 1 - done if schedule == "linear" else (1 + math.cos(math.pi * done)) / 2


def digest_of_weights(model: Any) -> str:
    """A fingerprint of a PyTorch model's weights."""
    total = hashlib.blake2b(digest_size=16)
    for name, value in sorted(model.state_dict().items()):
        total.update(f"{name} {tuple(value.shape)} {value.dtype}".encode())
        total.update(value.detach().cpu().contiguous().float().numpy().tobytes())
    return total.hexdigest()
