"""What can be turned on a training, ready-made: variants for `tacit.explore`."""

from typing import Any

from tacit.core import InvalidInput

# each step is large enough to be seen in a few runs: run-to-run spread hides smaller ones
DECAYS = (10.0, 100.0, 1000.0)
# passes over the data, as a share of what the estimator may take
EPOCHS = (0.25, 0.1)
# a model trained on half of the coins' half knows half as many records
LESS_DATA = 0.25


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
