"""Contracts fail for plug-ins that break them."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from tacit.core import Estimate, Outputs
from tacit.metrics import auc
from tacit.testing import check_adapter, check_attack, check_metric, check_store


def constant(evidence):
    return Estimate("mine", 0.5, 0.49999, 0.50001, 0.95, 10, "by hand", ("nothing",))


def without_width(evidence):
    found = auc(evidence)
    return replace(found, low=found.value, high=found.value)


def of_the_wrong_tail(evidence):
    found = auc(evidence)
    return replace(found, value=1 - found.value, low=1 - found.high, high=1 - found.low)


def too_narrow(evidence):
    found = auc(evidence)
    half = (found.high - found.low) / 6
    return replace(found, low=found.value - half, high=found.value + half)


def of_fixed_width(evidence):
    found = auc(evidence)
    return replace(found, low=found.value - 0.2, high=found.value + 0.2)


def of_the_first_record(evidence):
    found = auc(evidence)
    return replace(found, value=found.value + 1e-9 * float(evidence.score[0] > 0))


@pytest.mark.parametrize(
    ("metric", "says"),
    [
        (constant, "larger where there is a leak"),
        (without_width, "width"),
        (of_the_wrong_tail, "larger where there is a leak"),
        (too_narrow, "misses the truth"),
        (of_fixed_width, "shrinks"),
        (of_the_first_record, "order of records"),
        (lambda evidence: 0.7, "returns an Estimate"),
    ],
)
def test_a_bad_metric_breaks_the_contract(metric, says):
    with pytest.raises(AssertionError, match=says):
        check_metric(metric)


@dataclass(frozen=True)
class Attacker:
    """Guesses by the first query, in a way that subclasses spoil."""

    learns: ClassVar[bool] = False
    reference: ClassVar[str] = "by hand"

    def __call__(self, signals):
        return signals.target[:, 0].astype(np.float64)


class Random(Attacker):
    def __call__(self, signals):
        return np.random.default_rng().normal(size=signals.n)


class Backwards(Attacker):
    def __call__(self, signals):
        return -signals.target[:, 0].astype(np.float64)


class ByRow(Attacker):
    def __call__(self, signals):
        return np.arange(signals.n) * 1.0


class Whole(Attacker):
    def __call__(self, signals):
        return np.rint(signals.target[:, 0]).astype(np.int64)


class Wide(Attacker):
    def __call__(self, signals):
        return signals.target.astype(np.float64)


@pytest.mark.parametrize(
    ("attack", "says"),
    [
        (Random(), "deterministic"),
        (Backwards(), "finds no members"),
        (ByRow(), "order of records"),
        (Whole(), "floats"),
        (Wide(), "one score a record"),
    ],
)
def test_a_bad_attack_breaks_the_contract(attack, says):
    with pytest.raises(AssertionError, match=says):
        check_attack(attack)


def test_the_attack_that_they_spoil_keeps_the_contract():
    check_attack(Attacker())


X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 1, 0, 1, 0, 1])


def answers(model, x, y, batch_size=256):
    return Outputs(logits=np.asarray(x), label=y)


def in_batches_that_matter(model, x, y, batch_size=256):
    return Outputs(logits=np.asarray(x) + batch_size, label=y)


def in_another_order(model, x, y, batch_size=256):
    return Outputs(logits=np.asarray(x)[::-1], label=y)


def test_a_good_adapter_keeps_the_contract():
    check_adapter(answers, None, X, Y, expected=X)


@pytest.mark.parametrize("adapter", [in_batches_that_matter, in_another_order])
def test_a_bad_adapter_breaks_the_contract(adapter):
    with pytest.raises(AssertionError, match="wrong, or in another order"):
        check_adapter(adapter, None, X, Y, expected=X)


def test_an_adapter_that_exchanges_labels_breaks_the_contract():
    def turned(model, x, y, batch_size=256):
        return Outputs(logits=np.asarray(x), label=np.asarray(y)[::-1])

    with pytest.raises(AssertionError, match="labels come through"):
        check_adapter(turned, None, X, Y, expected=X)
    # classes may be numbered anew
    check_adapter(
        lambda model, x, y, batch_size=256: Outputs(
            logits=np.asarray(x), label=(y > 3).astype(int)
        ),
        None,
        X,
        np.where(Y == 1, 7, 3),
        expected=X,
    )

    def numbers(shift):
        return lambda model, x, y, batch_size=256: Outputs(prediction=x[:, 0], truth=y + shift)

    check_adapter(numbers(0), None, X, X[:, 1], expected=X[:, 0])
    with pytest.raises(AssertionError, match="labels come through"):
        check_adapter(numbers(1), None, X, X[:, 1], expected=X[:, 0])


def test_an_adapter_that_loses_labels_or_gives_other_answers_a_second_time_breaks_the_contract():
    with pytest.raises(AssertionError, match="labels come through"):
        check_adapter(
            lambda model, x, y, batch_size=256: Outputs(logits=np.asarray(x)),
            None,
            X,
            Y,
            expected=X,
        )
    asked = []

    def tired(model, x, y, batch_size=256):
        asked.append(batch_size)
        return Outputs(logits=np.asarray(x) + 1e-5 * (len(asked) - 1), label=y)

    def in_short_batches(model, x, y, batch_size=256):
        return Outputs(logits=np.asarray(x) + (batch_size < 100), label=y)

    with pytest.raises(AssertionError, match="the batch size changes nothing"):
        check_adapter(in_short_batches, None, X, Y, expected=X)
    with pytest.raises(AssertionError, match="asking twice"):
        check_adapter(tired, None, X, Y, expected=X)
    with pytest.raises(AssertionError, match="expected \\(6, 3\\)"):
        check_adapter(answers, None, X, Y, expected=np.ones((6, 3)))
    with pytest.raises(AssertionError, match="returns Outputs, got ndarray"):
        check_adapter(lambda model, x, y, batch_size=256: x, None, X, Y, expected=X)


def test_an_adapter_that_changes_the_model_breaks_the_contract():
    weights = [np.zeros(3)]

    def spoiling(model, x, y, batch_size=256):
        weights[0] = weights[0] + 1
        return answers(model, x, y)

    with pytest.raises(AssertionError, match="observer changes nothing"):
        check_adapter(spoiling, None, X, Y, expected=X, state=lambda: weights)


class Forgetful(dict):
    """Keeps what was written only in the object that wrote it."""


class Folding(dict):
    """Folds the case of its keys."""

    def __setitem__(self, key, value):
        super().__setitem__(key.upper(), value)

    def __getitem__(self, key):
        return super().__getitem__(key.upper())

    def __contains__(self, key):
        return super().__contains__(key.upper())


class FirstWriteWins(dict):
    """Ignores the second writing."""

    def __setitem__(self, key, value):
        self.setdefault(key, value)


def kept(kind):
    store = kind()
    return lambda: store


@pytest.mark.parametrize(
    "make", [Forgetful, kept(Folding), kept(FirstWriteWins)], ids=["forgets", "folds", "first"]
)
def test_a_bad_store_breaks_the_contract(make):
    with pytest.raises((AssertionError, KeyError)):
        check_store(make)


def test_a_plain_dict_keeps_the_contract_of_a_store():
    check_store(kept(dict))
