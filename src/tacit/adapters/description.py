"""What a model is and how large, as far as its framework says."""

from typing import Any

from tacit.adapters.arrays import is_a

# arrays that scikit-learn's linear models and networks learn
LEARNED = ("coef_", "intercept_", "coefs_", "intercepts_")


def describe(model: Any) -> dict[str, Any]:
    """Architecture and number of trained parameters, for an `EvidenceFile`.

    Parameters
    ----------
    model : object
        Any model. No framework is imported to find out.

    Returns
    -------
    dict with ``architecture`` (package and class) and, for PyTorch, Keras and scikit-learn's linear
    models and networks (also at the end of a pipeline), ``parameters``.

    Examples
    --------
    >>> describe(len)
    {'architecture': 'builtins.builtin_function_or_method'}
    """
    kind = type(model)
    described: dict[str, Any] = {
        "architecture": f"{kind.__module__.split('.')[0]}.{kind.__qualname__}"
    }
    parameters = _parameters(model)
    if parameters:
        described["parameters"] = parameters
    return described


def _parameters(model: Any) -> int | None:
    if is_a(model, "keras.Model", "tf_keras.Model"):
        return _elements(model.trainable_weights)
    if is_a(model, "torch.Module"):
        return int(sum(item.numel() for item in model.parameters() if item.requires_grad))
    if is_a(model, "sklearn.Pipeline"):
        return _parameters(model.steps[-1][1])
    if is_a(model, "sklearn.BaseEstimator"):
        return _elements([getattr(model, name, None) for name in LEARNED])
    return None


def _elements(arrays: Any) -> int | None:
    """Numbers in arrays, and in lists of arrays."""
    total = 0
    for item in arrays:
        if isinstance(item, (list, tuple)):
            total += _elements(item) or 0
        elif item is not None:
            size = 1
            for length in getattr(item, "shape", ()):
                size *= int(length)
            total += size
    return total or None
