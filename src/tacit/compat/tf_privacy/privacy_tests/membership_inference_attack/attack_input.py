"""What the attacks get to see: outputs on training records and on others."""

from dataclasses import dataclass, fields
from typing import Any
from warnings import warn

import numpy as np
from numpy.typing import NDArray
from scipy import special

from tacit.compat.tf_privacy.legacy import WrongFieldWarning
from tacit.compat.tf_privacy.privacy_tests import losses
from tacit.core import InvalidInput

Array = NDArray[Any]

# how far the rows of probabilities may be from a sum of one: float16 outputs are
SUM_TOLERANCE = 1e-3
# so many one-column logits do not all fall between 0 and 1 by accident
ENOUGH_TO_TELL = 20
# a probability below this counts as this in an entropy (theirs, kept)
SMALL = 1e-30
PAIRED = ("loss", "entropy", "logits", "probs", "labels")
OUTPUTS = (*PAIRED, "sample_weight")


@dataclass(eq=False)
class AttackInputData:
    """Outputs of a model on records it was trained on (``_train``) and on others (``_test``).

    Logits that are probabilities (rows between 0 and 1 that sum to one) are noticed and read as
    probabilities, with a `WrongFieldWarning`. Sample weights go to the trained attackers
    that take them and multiply what `get_loss_train` gives; no attack reads weighted losses, as
    the weight of a record would pass for a signal of the model.

    Parameters
    ----------
    logits_train, logits_test : (n, k), or (n,) for a binary model with one output.
    probs_train, probs_test : probabilities of the same shapes; not together with logits.
    labels_train, labels_test : int (n,) classes from 0, or 0/1 (n, k) for multi-label models.
    sample_weight_train, sample_weight_test : (n,).
    loss_train, loss_test : (n,), or (n, k) for multi-label models; used instead of computing them.
    entropy_train, entropy_test : (n,), used instead of computing them.
    extra_features_train, extra_features_test : (n, d), for the trained attackers.
    loss_function : `LossFunction`, its name, or a function of labels, predictions and weights.
    loss_function_using_logits : whether it takes logits; None for whichever is there.
    multilabel_data : found out where None.
    force_multilabel_data : treat the data as multi-label although each record has one label.
    """

    logits_train: Array | None = None
    logits_test: Array | None = None
    probs_train: Array | None = None
    probs_test: Array | None = None
    labels_train: Array | None = None
    labels_test: Array | None = None
    sample_weight_train: Array | None = None
    sample_weight_test: Array | None = None
    loss_train: Array | None = None
    loss_test: Array | None = None
    entropy_train: Array | None = None
    entropy_test: Array | None = None
    extra_features_train: Array | None = None
    extra_features_test: Array | None = None
    loss_function: losses.LossFunctionType = losses.LossFunction.CROSS_ENTROPY
    loss_function_using_logits: bool | None = None
    multilabel_data: bool | None = None
    force_multilabel_data: bool = False

    def __post_init__(self) -> None:
        self.is_multilabel_data()

    @property
    def num_classes(self) -> int:
        """Classes that the labels name."""
        if self.labels_train is None or self.labels_test is None:
            raise InvalidInput(
                "The number of classes is counted from `labels_train` and `labels_test`; set both."
            )
        if self.multilabel_data:
            return int(self.labels_train.shape[1])
        return int(max(self.labels_train.max(), self.labels_test.max())) + 1

    @property
    def logits_or_probs_train(self) -> Array | None:
        """Logits of the training records where given, else probabilities."""
        return self.probs_train if self.logits_train is None else self.logits_train

    @property
    def logits_or_probs_test(self) -> Array | None:
        """Logits of the test records where given, else probabilities."""
        return self.probs_test if self.logits_test is None else self.logits_test

    def get_loss_train(self) -> Array | None:
        """Losses of the training records, times their sample weights; None without labels."""
        return self._loss("train", weighted=True)

    def get_loss_test(self) -> Array | None:
        """Losses of the test records, times their sample weights; None without labels."""
        return self._loss("test", weighted=True)

    def signal(self, side: str) -> Array | None:
        """Losses of the ``"train"`` or ``"test"`` records without weights: what attacks read."""
        return self._loss(side, weighted=False)

    def get_entropy_train(self) -> Array:
        """Prediction entropy of the training records, modified by the label where there is one."""
        return self._entropy("train")

    def get_entropy_test(self) -> Array:
        """Prediction entropy of the test records, modified by the label where there is one."""
        return self._entropy("test")

    def get_train_shape(self) -> tuple[int, ...]:
        """Shape of what is given for the training records."""
        return self._shape("train")

    def get_test_shape(self) -> tuple[int, ...]:
        """Shape of what is given for the test records."""
        return self._shape("test")

    def get_train_size(self) -> int:
        """Number of training records."""
        return self._shape("train")[0]

    def get_test_size(self) -> int:
        """Number of test records."""
        return self._shape("test")[0]

    def has_nonnull_sample_weights(self) -> bool:
        """Whether both kinds of records have sample weights."""
        return self.sample_weight_train is not None and self.sample_weight_test is not None

    def is_multihot_labels(self, arr: Array | None, arr_name: str) -> bool:
        """Whether (n, k) labels have a row with more than one class.

        Raises
        ------
        InvalidInput : `arr` has more than two dimensions.
        """
        if arr is None or arr.ndim == 1:
            return False
        if arr.ndim > 2:
            raise InvalidInput(f"`{arr_name}` needs shape (n,) or (n, k), got {arr.shape}.")
        return bool((~np.isin(arr.sum(axis=1), (0, 1))).any())

    def is_multilabel_data(self) -> bool:
        """Whether a record may have several classes: (n, k) outputs and multi-hot (n, k) labels.

        Raises
        ------
        InvalidInput : training and test arrays differ in their number of dimensions, or have more
            than two.
        """
        if self.force_multilabel_data:
            self.multilabel_data = True
        if self.multilabel_data is not None:
            return self.multilabel_data
        outputs = (self.logits_or_probs_train, self.logits_or_probs_test)
        self.multilabel_data = False
        if any(part is None for part in outputs):
            return False
        if self.labels_train is None or self.labels_test is None:
            return False
        shapes = (self.get_train_shape(), self.get_test_shape())
        _require_alike("outputs", shapes)
        _require_alike("labels", (self.labels_train.shape, self.labels_test.shape))
        self.multilabel_data = (
            len(shapes[0]) == 2
            and shapes[0][1] == shapes[1][1]
            and self.is_multihot_labels(self.labels_train, "labels_train")
            and self.is_multihot_labels(self.labels_test, "labels_test")
        )
        return self.multilabel_data

    def logits_are_probabilities(self) -> bool:
        """Whether the logits of both kinds of records look like probabilities."""
        return not self.is_multilabel_data() and all(
            logits is not None and _are_probabilities(logits)
            for logits in (self.logits_train, self.logits_test)
        )

    def validate(self) -> None:
        """Check that fields come in pairs, are arrays, and fit one another.

        Raises
        ------
        InvalidInput : says which do not.
        """
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        for name in PAIRED:
            if (given[f"{name}_train"] is None) != (given[f"{name}_test"] is None):
                raise InvalidInput(f"`{name}_train` and `{name}_test` come in pairs: set both.")
        if self.logits_train is not None and self.probs_train is not None:
            raise InvalidInput("Logits and probs can not be both set; keep the logits.")
        if all(given[f"{name}_train"] is None for name in PAIRED):
            raise InvalidInput(f"AttackInputData needs at least one of {', '.join(PAIRED)}.")
        dims = 2 if self.is_multilabel_data() else 1
        for name in (f"{name}_{side}" for name in PAIRED for side in ("train", "test")):
            _require_array(given[name], name, dims=dims)
        for side in ("train", "test"):
            _require_chances(given[f"probs_{side}"], f"probs_{side}")
        for name in ("logits", "probs"):
            ends = [np.shape(given[f"{name}_{side}"])[-1:] for side in ("train", "test")]
            several = np.ndim(given[f"{name}_train"]) > 1 or np.ndim(given[f"{name}_test"]) > 1
            if several and ends[0] != ends[1]:
                raise InvalidInput(
                    f"`{name}_train` and `{name}_test` need the same number of classes, got"
                    f" {ends[0]} and {ends[1]}."
                )

    def __str__(self) -> str:
        shapes = [
            f" {name}_{side} with shape: {getattr(self, f'{name}_{side}').shape},"
            for name in OUTPUTS
            for side in ("train", "test")
            if getattr(self, f"{name}_{side}") is not None
        ]
        return "\n".join(["AttackInputData(", *shapes, ")"])

    def _loss(self, side: str, *, weighted: bool) -> Array | None:
        logits, probs = getattr(self, f"logits_{side}"), getattr(self, f"probs_{side}")
        from_logits = self.loss_function_using_logits
        if from_logits is None:
            from_logits = logits is not None
        loss, labels = getattr(self, f"loss_{side}"), getattr(self, f"labels_{side}")
        crossed = self.loss_function in (losses.LossFunction.CROSS_ENTROPY, "cross_entropy")
        computed = loss is None and labels is not None and from_logits and crossed
        if computed and self.logits_are_probabilities():
            _warn_probabilities()
            probs, from_logits = logits, False
        return losses.get_loss(
            loss,
            labels,
            logits,
            probs,
            self.loss_function,
            from_logits,
            self.multilabel_data,
            getattr(self, f"sample_weight_{side}") if weighted else None,
        )

    def _entropy(self, side: str) -> Array:
        if self.is_multilabel_data():
            raise NotImplementedError("Entropy is not defined here for multi-label data.")
        entropy: Array | None = getattr(self, f"entropy_{side}")
        if entropy is not None:
            return entropy
        outputs: Array | None = getattr(self, f"logits_or_probs_{side}")
        if outputs is None:
            raise InvalidInput(f"An entropy needs `logits_{side}`, `probs_{side}` or itself given.")
        labels = getattr(self, f"labels_{side}")
        return _entropy_of(outputs, labels, logits=getattr(self, f"logits_{side}") is not None)

    def _shape(self, side: str) -> tuple[int, ...]:
        for name in ("loss", "entropy", "logits_or_probs"):
            values = getattr(self, f"{name}_{side}")
            if values is not None:
                return tuple(values.shape)
        raise InvalidInput(f"No loss, entropy, logits or probs are given for the {side} records.")


def _log_value(probs: Any, small_value: float = SMALL) -> Any:
    """Minus the logarithm of probabilities, those near 0 counted as `small_value`."""
    return -np.log(np.maximum(probs, small_value))


def _entropy_of(outputs: Array, labels: Array | None, *, logits: bool) -> Array:
    """Entropy (n,) of predictions, or Song and Mittal's modified one (2021, eq. 8) with labels."""
    outputs = outputs.astype(np.float64)
    probs = outputs
    if logits and not _are_probabilities(outputs):
        probs = special.softmax(outputs, axis=1)
    if labels is None:
        return np.asarray((probs * _log_value(probs)).sum(axis=1))
    rows = np.arange(len(labels))
    weight, log = probs.copy(), _log_value(1 - probs)
    weight[rows, labels] = 1 - probs[rows, labels]
    log[rows, labels] = _log_value(probs[rows, labels])
    return np.asarray((weight * log).sum(axis=1))


def _sum_to_one(rows: Array) -> bool:
    return bool((np.abs(rows.sum(axis=1) - 1) <= SUM_TOLERANCE).all())


def _are_probabilities(logits: Array) -> bool:
    if logits.size == 0 or logits.min() < 0 or logits.max() > 1:
        return False
    if logits.ndim == 2 and logits.shape[1] > 1:
        return _sum_to_one(logits)
    return bool(logits.size >= ENOUGH_TO_TELL and np.ptp(logits) > 0)


def _warn_probabilities() -> None:
    warn(
        "`logits_train` and `logits_test` hold probabilities: they are read as such. TensorFlow"
        " Privacy took a softmax of them, which changes the order of the losses. Set `probs_train`"
        " and `probs_test` instead.",
        WrongFieldWarning,
        stacklevel=4,
    )


def _require_alike(what: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    if len(shapes[0]) != len(shapes[1]) or len(shapes[0]) not in (1, 2):
        raise InvalidInput(
            f"The {what} of training and test records need shape (n,) or (n, k), and the same one,"
            f" got {shapes[0]} and {shapes[1]}."
        )


def _require_chances(values: Array | None, name: str) -> None:
    if values is not None and values.size and (values.min() < 0 or values.max() > 1):
        raise InvalidInput(
            f"`{name}` needs numbers from 0 to 1, got {values.min():.4g} to {values.max():.4g}. If"
            " these are logits, set the fields for logits."
        )


def _require_array(values: Any, name: str, *, dims: int) -> None:
    if values is None:
        return
    if not isinstance(values, np.ndarray):
        raise InvalidInput(f"`{name}` should be a numpy array, got {type(values).__name__}.")
    if name.startswith("labels") and values.dtype.kind not in "iu":
        raise InvalidInput(f"`{name}` needs integers, got {values.dtype}: pass `.astype(int)`.")
    if name.startswith(("logits", "probs")):
        return
    if values.ndim != dims:
        wanted = ("one", "two")[dims - 1]
        raise InvalidInput(
            f"`{name}` should be a {wanted} dimensional numpy array. It has shape {values.shape}."
        )
