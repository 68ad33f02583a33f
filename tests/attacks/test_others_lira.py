"""LiRA beside LeakPro's and TensorFlow Privacy's on the same signals, committed: equal by element.

All 50,000 records, and RMIA, are in `tests/reference/test_shadow_scores.py`, which needs the data
folder.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_ndtr

from tacit.attacks import LiRA
from tacit.attacks.reference.in_out import Worlds
from tacit.core import Signals


@pytest.fixture(scope="module")
def theirs():
    return json.loads((Path(__file__).parent / "others_lira.json").read_text(encoding="utf8"))


def signals_of(theirs, queries):
    signal = np.array(theirs["signal"], np.float32)[:, :, :queries]
    member = np.array([[bit == "1" for bit in row] for row in theirs["member"]])
    return Signals.of(
        signal[0], shadow=signal[1:], shadow_member=member[1:], statistic="scaled_logit"
    )


@pytest.mark.parametrize(("mode", "tolerance"), [("online", 1e-4), ("offline", 1e-5)])
def test_leakpro_lira_is_ours(theirs, mode, tolerance):
    """Offline theirs is the log of the p-value, ours the normal deviate that has it."""
    score = LiRA(variance="per_record", mode=mode)(signals_of(theirs, 1))
    ours = score if mode == "online" else log_ndtr(score)
    np.testing.assert_allclose(ours, theirs[f"leakpro_lira_{mode}"], atol=tolerance)


def test_tensorflow_lira_with_two_queries_is_ours_with_the_sign_turned(theirs):
    score = LiRA(variance="per_record", mode="online")(signals_of(theirs, 2))
    np.testing.assert_allclose(-score, theirs["tf_privacy_lira_online_mean"], atol=2e-6)


@pytest.fixture(scope="module")
def small(theirs):
    case = theirs["tf_privacy_small"]
    stat, keep = np.array(case["stat"]), np.array(case["keep"], bool)
    signals = Signals.of(stat[0], shadow=stat[1:], shadow_member=keep[1:], statistic="scaled_logit")
    return case, signals


def test_tensorflow_lira_by_record_on_a_hand_sized_case(small):
    case, signals = small
    score = LiRA(variance="per_record", mode="online", min_models=2)(signals)
    np.testing.assert_allclose(-score, case["lira_both_fixFalse_mean"], atol=1e-12)


def test_tensorflow_fixed_variance_is_ours_without_degrees_of_freedom(small):
    """Its spread pools residuals over records AND queries and divides by their number; ours divides
    by n - 1, a query each.
    """
    case, signals = small
    worlds, z = Worlds.of(signals), signals.target
    log_density = []
    for world in (worlds.inside, worlds.outside):
        variance = world.squares.sum() / (world.count.sum() * signals.n_queries)
        log_density.append(-0.5 * (z - world.mean) ** 2 / variance - 0.5 * np.log(variance))
    ratio = (log_density[1] - log_density[0]).mean(axis=1)
    np.testing.assert_allclose(ratio, case["lira_both_fixTrue_mean"], atol=1e-12)
    ours = LiRA(variance="within", mode="online")(signals)
    assert np.abs(ours + case["lira_both_fixTrue_mean"]).max() > 0.05
