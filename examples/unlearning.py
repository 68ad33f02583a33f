"""Four ways to forget, audited: nothing, a little fine-tuning, gradient ascent, and exact shards.

Digits with wrong labels are what a network has to remember by heart. 300 records may be asked to
be forgotten; in each of 8 trainings a coin decides which of them are there.

    python examples/unlearning.py
"""

import copy
import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

import tacit
from tacit.core import Outputs

N_FORGET, N_MODELS = 300, 8


def records(seed=0):
    """800 digits, 15 in 100 with a wrong label."""
    x, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(x))[:800]
    x, y = x[rows] / 16, y[rows]
    wrong = rng.random(len(y)) < 0.15
    return x, np.where(wrong, rng.integers(0, 10, len(y)), y)


class Network:
    """A network that answers with probabilities."""

    def __init__(self, inner):
        self.inner = inner

    def __call__(self, x):
        return Outputs(probs=self.inner.predict_proba(x))


def trainer(x, y):
    """``train_fn(rows, seed)`` for these records."""

    def train(rows, seed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            inner = MLPClassifier(hidden_layer_sizes=(64,), max_iter=150, random_state=seed % 2**31)
            return Network(inner.fit(x[rows], y[rows]))

    return train


def nothing(x, y):
    """Keep the model."""
    return lambda model, forget, retain, seed: model


def fine_tune(x, y, epochs=15):
    """Train on with what is kept."""

    def unlearn(model, forget, retain, seed):
        inner = copy.deepcopy(model.inner)
        rng = np.random.default_rng(seed)
        for _ in range(epochs):
            order = rng.permutation(retain)
            for rows in np.array_split(order, max(1, len(order) // 100)):
                inner.partial_fit(x[rows], y[rows])
        return Network(inner)

    return unlearn


def wrong_labels(x, y, epochs=5):
    """Train on with other labels for what is to be forgotten, and the right ones for the rest."""

    def unlearn(model, forget, retain, seed):
        inner = copy.deepcopy(model.inner)
        rng = np.random.default_rng(seed)
        other = (y + rng.integers(1, 10, len(y))) % 10
        mixed = np.where(np.isin(np.arange(len(y)), forget), other, y)
        for _ in range(epochs):
            order = rng.permutation(np.concatenate([retain, forget]))
            for rows in np.array_split(order, max(1, len(order) // 100)):
                inner.partial_fit(x[rows], mixed[rows])
        return Network(inner)

    return unlearn


def exact(x, y):
    """Train again without them: slow, and the only one that forgets for certain."""
    train = trainer(x, y)
    return lambda model, forget, retain, seed: train(retain, seed + 1)


def main():
    """One line a method, and the pictures' numbers in the report."""
    x, y = records()
    for method in (nothing, fine_tune, wrong_labels, exact):
        report = tacit.audit_unlearning(
            trainer(x, y),
            method(x, y),
            (x, y),
            forget=np.arange(N_FORGET),
            n=N_MODELS,
            title=method.__name__,
        )
        print(f"{method.__name__:14s} {report.finding}: {report.headline}")


if __name__ == "__main__":
    main()
