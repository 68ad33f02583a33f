"""What attacks read from a signal: probabilities by scale, and no finer than the data is."""

import numpy as np
import pytest
from scipy.special import expit, logit

from tacit.attacks import BASE, RMIA, EBLiRA, LiRA
from tacit.attacks.reference.readings import (
    MARKS,
    log_probability,
    over_queries,
    probability,
    reading,
    resolution,
)
from tacit.core import InvalidInput, Outputs, Signals
from tacit.signals import measure


def test_the_scale_says_how_a_probability_is_read():
    np.testing.assert_allclose(probability(np.log([0.25]), "log-likelihood"), [0.25])
    np.testing.assert_allclose(probability(np.array([np.log(1 / 3)]), "logit"), [0.25])
    np.testing.assert_allclose(probability(np.array([0.25]), "probability"), [0.25])


@pytest.mark.parametrize("attack", [BASE(), RMIA()], ids=repr)
def test_a_signal_of_unknown_scale_is_never_read_as_a_logit(attack):
    shadow, member = np.log([[0.5, 0.2], [0.1, 0.4]]), np.array([[1, 0], [0, 1]])
    unknown = Signals.of(np.log([0.6, 0.3]), shadow=shadow, shadow_member=member, statistic="mine")
    with pytest.raises(InvalidInput, match="'mine' has no scale to read it from"):
        attack(unknown)
    known = Signals.of(
        np.log([0.6, 0.3]),
        shadow=shadow,
        shadow_member=member,
        statistic="mine",
        scale="log-likelihood",
    )
    assert np.isfinite(attack(known)).all()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("classes", [2, 5])
def test_certain_answers_stand_for_half_of_the_smallest_probability(kind, classes):
    """Votes of seven: the smallest that is not 0 is 1/7, so 0 is read as 1/14 and 1 as 13/14.

    (Tenths would be read as rounded decimals, which have their floor in the signal already.)
    """
    true = np.array([0, 1, 2, 7]) / 7
    probs = np.zeros((4, classes))
    probs[:, 0], probs[:, 1] = true, 1 - true
    signal = measure(Outputs(probs=probs.astype(kind), label=np.zeros(4, int)), "scaled_logit")
    seen = reading(Signals.of(signal, statistic="scaled_logit"), "resolved signal")(signal)
    np.testing.assert_allclose(expit(seen), [1 / 14, 1 / 7, 2 / 7, 13 / 14], rtol=1e-5)


def test_one_minus_p_counts_too():
    """The smallest of p and 1 - p over the target and all shadow models is 1 - .98."""
    target = [-MARKS[0], logit(0.3)]
    signals = Signals.of(
        target,
        shadow=[[logit(0.5), logit(0.98)]],
        shadow_member=[[1, 0]],
        statistic="scaled_logit",
    )
    np.testing.assert_allclose(resolution(signals), [logit(0.01), logit(0.99)], rtol=1e-12)


def test_losses_have_a_floor_and_no_ceiling():
    signals = Signals.of([np.log(0.2), -MARKS[0], 0.0], statistic="loss")
    low, high = resolution(signals)
    assert low == pytest.approx(np.log(0.1))
    assert high == np.inf


def test_models_that_are_all_certain_have_no_resolution():
    assert resolution(Signals.of([-MARKS[0], MARKS[0]], statistic="scaled_logit")) is None
    assert resolution(Signals.of([-MARKS[0]] * 2, statistic="scaled_logit")) is None


@pytest.mark.parametrize("statistic", ["scaled_logit", "loss", "confidence", "signal"])
def test_nothing_is_touched_where_nothing_is_certain(statistic):
    signal = np.random.default_rng(0).uniform(-30, -1, 50)
    signals = Signals.of(signal, statistic=statistic)
    assert resolution(signals) is None
    np.testing.assert_array_equal(reading(signals, "resolved signal")(signal), signal)


def test_other_scales_are_never_floored():
    signal = np.array([-MARKS[0], 1.0])
    assert resolution(Signals.of(signal, statistic="confidence")) is None


def bagged_trees():
    """Nine models of seven trees on 700 digits in antithetic pairs: most answers are 0 or 1."""
    from sklearn.datasets import load_digits
    from sklearn.ensemble import BaggingClassifier

    x, y = (part[:700] for part in load_digits(return_X_y=True))
    rng = np.random.default_rng(3)
    member = rng.random((9, len(y))) < 0.5
    member[2::2] = ~member[1::2]
    signal = []
    for seed, inside in enumerate(member):
        model = BaggingClassifier(n_estimators=7, random_state=seed).fit(x[inside], y[inside])
        signal.append(measure(Outputs(probs=model.predict_proba(x), label=y), "scaled_logit"))
    signals = Signals.of(
        signal[0], shadow=signal[1:], shadow_member=member[1:], statistic="scaled_logit"
    )
    return signals, member[0]


def auc(score, member):
    order = np.unique(score, return_inverse=True)[1]
    below = np.r_[0, np.cumsum(np.bincount(order[~member], minlength=order.max() + 1))]
    return (below[order[member]] + below[order[member] + 1]).mean() / 2 / (~member).sum()


def test_gaussians_of_certain_answers_find_more_with_the_floor_and_base_does_not_see_it(
    monkeypatch,
):
    signals, member = bagged_trees()
    attacks = (LiRA(), LiRA(variance="within"), EBLiRA(), BASE())
    floored = [auc(attack(signals), member) for attack in attacks]
    monkeypatch.setattr("tacit.attacks.reference.readings.resolution", lambda signals: None)
    plain = [auc(attack(signals), member) for attack in attacks]
    assert all(np.array(floored)[:3] > np.array(plain)[:3] + 0.02), (floored, plain)
    assert floored[3] == plain[3]


def test_certain_answers_of_one_model_alone_and_on_one_side_alone_are_found():
    """One of three models is certain of one record, and only that it is a member's answer.

    The smallest of p and 1 - p that is left is .2, so that certainty stands for .9 and .1.
    """
    for sure in (MARKS[0], -MARKS[0]):
        signals = Signals.of(
            [logit(0.3), logit(0.6)],
            shadow=[[logit(0.5), logit(0.8)], [sure, logit(0.4)]],
            shadow_member=[[1, 0], [0, 1]],
            statistic="scaled_logit",
        )
        np.testing.assert_allclose(resolution(signals), [logit(0.1), logit(0.9)], rtol=1e-12)


def test_a_single_uncertain_answer_is_enough():
    """.2 is all that is known: half of it."""
    signals = Signals.of([MARKS[0], logit(0.2)], statistic="scaled_logit")
    np.testing.assert_allclose(resolution(signals), [logit(0.1), logit(0.9)], rtol=1e-12)


def test_certainty_among_many_classes_is_the_mark_less_the_log_of_the_others():
    """One of k classes: log(1 / ((k - 1) tiny)); a value that no number of classes gives is none.

    2.5 others are no number of classes, nor are two million.
    """
    for others, known in ((1, True), (2, True), (999_999, True), (2.5, False), (2e6, False)):
        sure = MARKS[0] - np.log(others)
        found = resolution(Signals.of([sure, logit(0.2)], statistic="scaled_logit"))
        assert (found is not None) is known, others


def test_queries_are_averaged_record_by_record():
    assert over_queries(np.array([[1.0, 2.0], [5.0, 9.0]])).tolist() == [1.5, 7.0]
    assert over_queries(np.array([[1.0], [5.0]])).tolist() == [1.0, 5.0]


def test_a_log_probability_goes_down_to_one_of_1e_minus_15():
    np.testing.assert_allclose(
        log_probability(np.array([0.0, 1e-16, 0.25])), np.log([1e-15, 1e-15, 0.25])
    )
