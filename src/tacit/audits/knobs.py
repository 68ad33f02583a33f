"""What can be turned on a training, ready-made: variants for `tacit.explore`."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tacit.core import InvalidInput
from tacit.core.checking import fraction, whole
from tacit.core.optional import require
from tacit.training import ClassifierFineTune, KerasRecipe, TorchRecipe

# each step is large enough to be seen in a few runs: run-to-run spread hides smaller ones
DECAYS = (10.0, 100.0, 1000.0)
# passes over the data, as a share of what the estimator may take
EPOCHS = (0.25, 0.1)
# of a fine-tune, which takes few
FEWER = (0.67, 0.34)
# what fine-tunes usually have, and ten times that
FINE_TUNE_DECAYS = (0.01, 0.1)
# a model trained on half of the coins' half knows half as many records
LESS_DATA = 0.25
# weight decay where the recipe has none
FIRST_DECAY = 1e-5
SMOOTHING = 0.1
# noise multipliers from nearly none, where only clipping acts, to what a claim below 1 takes
NOISES = (0.3, 1.0, 3.0)
DELTA = 1e-5
# larger epsilons are not told apart: none of them promises anything
MOST_EPSILON = 50.0
# whole orders of the Renyi bound; it is asked first because it costs milliseconds at any noise.
# Larger ones are the best for epsilons of a few units only, and here it is asked about hundreds
ORDERS = tuple(range(2, 33))
# a Renyi bound ten times as large as what is told apart leaves no doubt: at the noises where it was
# tried, 0.3 to 3, it lay 10 to 45 % above the exact value, which takes minutes where noise is low
FAR = 10 * MOST_EPSILON
# width of a bin of the privacy loss: ten times the accountant's own is ten times faster, and its
# epsilon at most .002 larger (noise 0.3 to 3, 48 and 1,410 steps)
BIN = 1e-3


def mlp_knobs(estimator: Any) -> dict[str, dict[str, Any]]:
    """Variants of a scikit-learn MLP: weight decay, epochs, early stopping, width, amount of data.

    Parameters
    ----------
    estimator : Any
        An `MLPClassifier` or `MLPRegressor`; its own parameters are the baseline.

    Returns
    -------
    dict : name to parameters, the baseline first.

    Raises
    ------
    InvalidInput
        The estimator has no such parameters.

    Examples
    --------
    >>> from sklearn.neural_network import MLPClassifier
    >>> list(mlp_knobs(MLPClassifier((32,))))[:3]
    ['as it is', 'weight decay 0.001', 'weight decay 0.01']
    """
    given = estimator.get_params() if hasattr(estimator, "get_params") else {}
    if not {"alpha", "max_iter", "early_stopping", "hidden_layer_sizes"} <= set(given):
        raise InvalidInput(
            "`mlp_knobs` needs a scikit-learn MLPClassifier or MLPRegressor, got"
            f" {type(estimator).__name__}."
        )
    width = given["hidden_layer_sizes"]
    widths = tuple(width) if isinstance(width, (tuple, list)) else (int(width),)
    variants: dict[str, dict[str, Any]] = {"as it is": {}}
    for factor in DECAYS:
        decay = given["alpha"] * factor
        variants[f"weight decay {decay:g}"] = {"alpha": decay}
    for part in EPOCHS:
        epochs = max(1, int(given["max_iter"] * part))
        variants[f"{epochs} epochs"] = {"max_iter": epochs}
    variants["early stopping"] = {"early_stopping": True}
    variants["half the width"] = {"hidden_layer_sizes": tuple(max(1, w // 2) for w in widths)}
    variants["half the data"] = {"share": LESS_DATA}
    return variants


def torch_knobs(
    recipe: TorchRecipe,
    n_records: int,
    *,
    networks: Mapping[str, Callable[[], Any]] | None = None,
    augment: Callable[[Any, Any], Any] | None = None,
    noises: Sequence[float] = NOISES,
    delta: float = DELTA,
) -> dict[str, dict[str, Any]]:
    """Variants of a PyTorch recipe: weight decay, epochs, label smoothing, amount of data, DP-SGD
    at several noise levels; and other networks (width, dropout) and augmentation where given.

    Parameters
    ----------
    recipe : TorchRecipe
        What is done today: the baseline.
    n_records : int
        How many records `tacit.explore` is given; half of them train each model.
    networks : Mapping[str, Callable[[], Any]] | None
        Name to a `build_fn`, such as one with dropout or of another width.
    augment : Callable[[Any, Any], Any] | None
        ``augment(batch, rng) -> batch``.
    noises : Sequence[float]
        Noise multipliers of DP-SGD; each name tells the epsilon that the accountant states.
    delta : float
        For which that epsilon holds.

    Returns
    -------
    dict : name to parameters, the baseline first.

    Raises
    ------
    InvalidInput
        `recipe` is none, or a number cannot be used.
    MissingDependency
        dp-accounting is not installed and `noises` are given.

    References
    ----------
    .. [1] Abadi et al., Deep Learning with Differential Privacy, 2016.
    """
    if not isinstance(recipe, TorchRecipe):
        raise InvalidInput(f"`torch_knobs` needs a TorchRecipe, got {type(recipe).__name__}.")
    first = recipe.weight_decay or FIRST_DECAY
    variants: dict[str, dict[str, Any]] = {"as it is": {}}
    for factor in DECAYS:
        variants[f"weight decay {first * factor:g}"] = {"weight_decay": first * factor}
    variants |= _shorter(recipe.epochs)
    if recipe.loss == "cross_entropy":
        variants["label smoothing"] = {"label_smoothing": SMOOTHING}
    variants["half the data"] = {"share": LESS_DATA}
    if augment is not None:
        variants["augmentation"] = {"augment": augment}
    for name, build in (networks or {}).items():
        variants[name] = {"build_fn": build}
    for noise in noises:
        spent = epsilon_of(recipe, n_records // 2, noise=noise, delta=delta)
        told = f"over {MOST_EPSILON:g}" if spent > MOST_EPSILON else f"{spent:.2g}"
        variants[f"DP-SGD, noise {noise:g} (epsilon {told})"] = {"noise": noise}
    return variants


def keras_knobs(
    recipe: KerasRecipe, *, networks: Mapping[str, Callable[[], Any]] | None = None
) -> dict[str, dict[str, Any]]:
    """Variants of a Keras recipe: epochs, amount of data, and other networks (width, dropout,
    weight decay, augmentation layers), which are built otherwise in Keras.

    Parameters
    ----------
    recipe : KerasRecipe
        What is done today: the baseline.
    networks : Mapping[str, Callable[[], Any]] | None
        Name to a `build_fn` that returns a compiled model.

    Returns
    -------
    dict : name to parameters, the baseline first.

    Raises
    ------
    InvalidInput
        `recipe` is none.

    Examples
    --------
    >>> list(keras_knobs(KerasRecipe(dict, "logits", epochs=20), networks={"narrow": dict}))
    ['as it is', '5 epochs', '2 epochs', 'half the data', 'narrow']
    """
    if not isinstance(recipe, KerasRecipe):
        raise InvalidInput(f"`keras_knobs` needs a KerasRecipe, got {type(recipe).__name__}.")
    variants = {"as it is": {}, **_shorter(recipe.epochs), "half the data": {"share": LESS_DATA}}
    return variants | {name: {"build_fn": build} for name, build in (networks or {}).items()}


def fine_tune_knobs(recipe: ClassifierFineTune, *, lora: Any = None) -> dict[str, dict[str, Any]]:
    """Variants of the fine-tuning of a transformers classifier: epochs, weight decay, learning
    rate, amount of data, and adapters where their configuration is given.

    Parameters
    ----------
    recipe : ClassifierFineTune
        What is done today: the baseline.
    lora : peft config | None
        For example ``peft.LoraConfig(task_type="SEQ_CLS")``.

    Returns
    -------
    dict : name to parameters, the baseline first.

    Raises
    ------
    InvalidInput
        `recipe` is none.
    """
    if not isinstance(recipe, ClassifierFineTune):
        raise InvalidInput(
            f"`fine_tune_knobs` needs a ClassifierFineTune, got {type(recipe).__name__}."
        )
    variants: dict[str, dict[str, Any]] = {"as it is": {}, **_shorter(recipe.epochs, FEWER)}
    for decay in FINE_TUNE_DECAYS:
        variants[f"weight decay {decay:g}"] = {"weight_decay": decay}
    variants["a third of the learning rate"] = {"lr": recipe.lr / 3}
    variants["half the data"] = {"share": LESS_DATA}
    if lora is not None:
        variants["adapters"] = {"lora": lora}
    return variants


def _shorter(epochs: int, parts: Sequence[float] = EPOCHS) -> dict[str, dict[str, Any]]:
    """Trainings of fewer epochs, those that are one."""
    counts = {max(1, int(epochs * part)) for part in parts} - {epochs}
    return {f"{n} epoch{'s' if n > 1 else ''}": {"epochs": n} for n in sorted(counts, reverse=True)}


def epsilon_of(recipe: TorchRecipe, n_members: int, *, noise: float, delta: float = DELTA) -> float:
    """What DP-SGD of this recipe spends on `n_members` records, by the privacy-loss accountant of
    dp-accounting (an upper bound within .01); more than 50 is infinite.

    Parameters
    ----------
    recipe : TorchRecipe
        Its epochs and batch size.
    n_members : int
        Records that a model is trained on.
    noise : float
        Noise multiplier; without noise epsilon is infinite.
    delta : float
        In (0, 1).

    Raises
    ------
    InvalidInput
        A number cannot be used.
    MissingDependency
        dp-accounting is not installed.

    Examples
    --------
    >>> recipe = TorchRecipe(build_fn=dict, epochs=10, batch_size=100)
    >>> round(epsilon_of(recipe, 10_000, noise=1.0), 1)
    1.8
    """
    whole(n_members, "n_members", least=1, unit="records")
    fraction(delta, "delta")
    if not 0 <= noise < math.inf:
        raise InvalidInput(f"`noise` needs a finite number of 0 or more, got {noise!r}.")
    if noise == 0:
        return math.inf
    purpose = "The epsilon of DP-SGD"
    events = require("dp_accounting", extra="dp", purpose=purpose)
    renyi = require("dp_accounting.rdp", extra="dp", purpose=purpose)
    losses = require("dp_accounting.pld", extra="dp", purpose=purpose)
    batches = math.ceil(n_members / recipe.batch_size)
    step = events.PoissonSampledDpEvent(1 / batches, events.GaussianDpEvent(noise))
    spent = events.SelfComposedDpEvent(step, recipe.epochs * batches)
    if renyi.RdpAccountant(ORDERS).compose(spent).get_epsilon(delta) > FAR:
        return math.inf
    exact = losses.PLDAccountant(value_discretization_interval=BIN).compose(spent)
    epsilon = float(exact.get_epsilon(delta))
    return epsilon if epsilon <= MOST_EPSILON else math.inf
