"""Metrics by name, and corrections for asking often."""

import numpy as np
import pytest
from scipy.stats import binom

from tacit.core import InvalidInput, collect
from tacit.metrics import holm, named, simultaneous_level
from tacit.testing import GaussianShift

NAMES = (
    "auc",
    "advantage",
    "balanced_accuracy",
    "tpr@fpr=0.01",
    "tpr@fpr<=0.01",
    "ppv@prior=0.01",
    "pauc@fpr=0.05",
)


@pytest.mark.parametrize("name", NAMES)
def test_the_estimate_of_a_named_metric_carries_that_name(name):
    game = GaussianShift(1.0).draw(400, 400, seed=1)
    evidence = collect(lambda signals: signals.target[:, 0], game.signals, game.membership)
    assert named(name)(evidence).name == name


@pytest.mark.parametrize("name", ["acu", "tpr@fpr", "tpr", "", "AUC"])
def test_an_unknown_name_lists_those_there_are(name):
    with pytest.raises(
        InvalidInput, match=r"There are: auc, advantage, balanced_accuracy, tpr@fpr=0.01"
    ):
        named(name)


@pytest.mark.parametrize(
    "name", ["tpr@fpr=1", "tpr@fpr<=low", "ppv@prior=", "pauc@fpr=-0.1", "tpr@fpr=nan"]
)
def test_a_share_in_a_name_must_be_one(name):
    with pytest.raises(InvalidInput, match="needs a number between 0 and 1"):
        named(name)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]).tolist() == [0.03, 0.06, 0.06]
    assert holm([0.6, 0.7]).tolist() == [1.0, 1.0]
    assert holm([]).tolist() == []
    with pytest.raises(InvalidInput, match="`p_values`"):
        holm([0.5, 1.5])


def test_holm_keeps_the_chance_of_any_false_alarm():
    rng = np.random.default_rng(2)
    alarms = [holm(rng.random(20)).min() <= 0.05 for _ in range(2000)]
    # exact limit, 1 in 1,000: 131 of 2,000; without the correction 64 % of them alarm
    assert np.sum(alarms) <= binom.isf(0.001, 2000, 0.05)


def test_simultaneous_levels_share_the_error():
    assert simultaneous_level(0.95, 1) == 0.95
    assert simultaneous_level(0.95, 100) == pytest.approx(0.9995)
    with pytest.raises(InvalidInput, match="`k`"):
        simultaneous_level(0.95, 0)
