"""Run by test_keras.py in a process of its own: adapter and callback on the backend that
KERAS_BACKEND names.
"""

import sys
import tempfile
from pathlib import Path

import keras
import numpy as np
import pytest

from tacit.adapters import adapter_of, outputs_of
from tacit.core import InvalidInput
from tacit.integrations import Stop
from tacit.integrations.keras import PrivacyCallback
from tacit.testing import check_adapter


class Noise(keras.layers.Layer):
    """Adds noise, in prediction too."""

    def __init__(self) -> None:
        super().__init__()
        self.seed = keras.random.SeedGenerator(1)

    def call(self, x: object) -> object:
        """Noisy `x`."""
        return x + keras.random.normal(keras.ops.shape(x), seed=self.seed)


def network(*, noisy: bool = False) -> keras.Model:
    """A small classifier with dropout and batch norm; with `noisy`, random even in prediction."""
    keras.utils.set_random_seed(0)
    entry = keras.Input((3,))
    hidden = keras.layers.BatchNormalization()(keras.layers.Dense(8, activation="relu")(entry))
    hidden = Noise()(hidden) if noisy else keras.layers.Dropout(0.5)(hidden)
    return keras.Model(entry, keras.layers.Dense(4)(hidden))


def main() -> None:
    """Assert everything."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 3)).astype("float32"), np.arange(30) % 4
    check_the_adapter(x, y)
    check_the_callback(x, y)
    sys.stdout.write(f"kept on {keras.backend.backend()}\n")


def compiled(net: keras.Model) -> keras.Model:
    """`net`, ready to train."""
    net.compile(
        "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
    )
    return net


def check_the_adapter(x: np.ndarray, y: np.ndarray) -> None:
    """The contract, softmax ends, random layers, data sets."""
    net = compiled(network())
    net.fit(x, y, verbose=0, epochs=1)
    right = keras.ops.convert_to_numpy(net(x, training=False))
    check_adapter(
        outputs_of,
        net,
        x,
        y,
        expected=right,
        state=lambda: [np.asarray(w) for w in net.get_weights()],
    )
    assert adapter_of(net) == "keras"
    ended = keras.Model(net.input, keras.layers.Dense(4, activation="softmax")(net.outputs[0]))
    assert outputs_of(ended, x, y).probs is not None
    with pytest.raises(InvalidInput, match="differently when asked twice"):
        outputs_of(network(noisy=True), x, y)
    if keras.backend.backend() == "tensorflow":
        _check_data_sets(net, x, y, right)


def fitted(
    x: np.ndarray, y: np.ndarray, *callbacks: object, epochs: int = 3
) -> tuple[list[np.ndarray], dict[str, list[float]]]:
    """Weights and history after a training that shuffles and drops out."""
    net = compiled(network())
    data = {"validation_data": (x[20:], y[20:]), "batch_size": 5, "verbose": 0}
    seen = net.fit(x[:20], y[:20], epochs=epochs, callbacks=list(callbacks), **data)
    state = [np.asarray(v) for v in net.get_weights()] + [
        np.asarray(v) for v in net.optimizer.variables
    ]
    return state, seen.history


def check_the_callback(x: np.ndarray, y: np.ndarray) -> None:
    """Bit-identical training, numbers in the history, a trace that goes on, a stop that stops."""
    groups = (x[:20], y[:20]), (x[20:], y[20:])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.trace"
        alone, _ = fitted(x, y)
        watched, history = fitted(x, y, PrivacyCallback(*groups, every=1, path=path))
        assert len(alone) == len(watched)
        assert all(np.array_equal(a, b) for a, b in zip(alone, watched)), (
            "the callback changed the training"
        )
        assert len(history["privacy_advantage"]) == 3
        again = PrivacyCallback(*groups, every=1, path=path)
        assert [point.epoch for point in again.trace.history.points] == [0, 1, 2]
        assert again.trace.history.points[2].utility == history["val_accuracy"][2]
    stopping = PrivacyCallback(
        *groups,
        every=1,
        stop_when=lambda seen: Stop("enough", 0) if len(seen.points) == 2 else None,
    )
    assert len(fitted(x, y, stopping, epochs=5)[1]["loss"]) == 2


def _check_data_sets(net: keras.Model, x: np.ndarray, y: np.ndarray, right: np.ndarray) -> None:
    import tensorflow

    data = tensorflow.data.Dataset.from_tensor_slices((x, y))
    found = outputs_of(net, data.batch(8))
    np.testing.assert_allclose(found.logits, right, atol=1e-5)
    np.testing.assert_array_equal(found.label, y)
    with pytest.raises(InvalidInput, match=r"without \.shuffle"):
        outputs_of(net, data.shuffle(30).batch(8))


if __name__ == "__main__":
    main()
