"""The network of the quantile regression: as exact as boosting, as strong, and it leaves PyTorch as
it was.
"""

import numpy as np
import pytest

from tacit.attacks import QuantileRegression
from tacit.core import Membership, Signals
from tacit.core.errors import MissingDependency
from tacit.testing import GaussianShift, check_attack

HEADS = ["gaussian", "quantiles"]
SHIFT = 1.5
MANY_COLUMNS = QuantileRegression(learner="torch", width=0, epochs=25), QuantileRegression()


def wavy(n, seed, *, n_classes=3):
    """The centre is a line, a wave and a class; the spread grows with the first column; the third
    says nothing.
    """
    rng = np.random.default_rng(seed)
    x, group = rng.normal(size=(n, 3)), rng.integers(0, n_classes, n) * 5
    centre, spread = 2 * x[:, 1] + 2 * np.sin(2 * x[:, 0]) + 3 * (group == 5), np.exp(0.5 * x[:, 0])
    member = rng.random(n) < 0.5
    deviate = rng.normal(size=n) + SHIFT * member
    known = np.where((rng.random(n) < 0.6) & ~member, 0, -1)
    signals = Signals.of(
        centre + spread * deviate,
        features=x * [1, 100, 1],
        group=group,
        known=known,
        statistic="scaled_logit",
    )
    return signals, Membership(member, assignment="coin"), deviate


def area(score, member):
    inside, outside = score[member], np.sort(score[~member])
    return np.searchsorted(outside, inside).mean() / len(outside)


def rank(score):
    return np.argsort(np.argsort(score))


def test_without_pytorch_the_error_says_what_to_type(monkeypatch):
    def without_torch(module):
        raise ImportError(f"No module named '{module}'")

    monkeypatch.setattr("tacit.core.optional.import_module", without_torch)
    signals, _, _ = wavy(800, 0)
    with pytest.raises(
        MissingDependency,
        match=r"learner='torch'.*needs `torch`.*pip install 'tacit-privacy\[torch\]'",
    ):
        QuantileRegression(learner="torch")(signals)
    assert np.isfinite(QuantileRegression()(signals)).all()


@pytest.mark.framework
def test_keeps_the_contract():
    pytest.importorskip("torch")
    check_attack(QuantileRegression(given="class", learner="torch", epochs=2))


@pytest.mark.framework
@pytest.mark.parametrize("head", HEADS)
def test_nearly_the_power_of_who_knows_the_centre_and_the_spread(head):
    pytest.importorskip("torch")
    signals, membership, deviate = wavy(5000, 0)
    unknown = signals.known == -1
    member = membership.member[unknown]
    score = QuantileRegression(learner="torch", head=head, epochs=40)(signals)[unknown]
    assert area(score, member) > GaussianShift(SHIFT).auc - 0.05
    assert area(signals.target[unknown, 0], member) < 0.7
    assert np.corrcoef(rank(score), rank(deviate[unknown]))[0, 1] > 0.85


@pytest.mark.framework
@pytest.mark.parametrize("head", HEADS)
def test_a_linear_head_is_enough_for_a_line_and_not_for_a_wave(head):
    pytest.importorskip("torch")
    signals, membership, _ = wavy(3000, 1)
    unknown = signals.known == -1
    member = membership.member[unknown]
    linear = QuantileRegression(learner="torch", head=head, width=0, epochs=25)
    assert area(linear(signals)[unknown], member) < GaussianShift(SHIFT).auc - 0.08
    noise = np.random.default_rng(9).normal(size=3000) + SHIFT * membership.member
    line = Signals.of(
        signals.features[:, 1] / 30 + noise, features=signals.features[:, 1:], known=signals.known
    )
    assert area(linear(line)[unknown], member) > GaussianShift(SHIFT).auc - 0.03


@pytest.mark.framework
def test_a_signal_that_hangs_on_many_columns_a_little_is_for_the_network():
    pytest.importorskip("torch")
    rng = np.random.default_rng(4)
    x, member = rng.normal(size=(4000, 40)), rng.random(4000) < 0.5
    told = (rng.random(4000) < 0.5) & ~member
    signals = Signals.of(
        x.sum(axis=1) / 2 + rng.normal(size=4000) + SHIFT * member,
        features=x,
        known=np.where(told, 0, -1),
        statistic="scaled_logit",
    )
    network, boosting = (area(attack(signals)[~told], member[~told]) for attack in MANY_COLUMNS)
    assert GaussianShift(SHIFT).auc - 0.03 < network < GaussianShift(SHIFT).auc + 0.01
    assert boosting < network - 0.08


@pytest.mark.framework
@pytest.mark.parametrize("head", HEADS)
def test_however_wrong_the_network_nonmembers_are_accused_no_more_often_than_asked_for(head):
    pytest.importorskip("torch")
    n_told, draws = 120, 40
    m = n_told // 2
    asked = np.array([1 / (m + 1), 6 / (m + 1), 30 / (m + 1), 0.05, 0.1, 0.25])
    share = []
    for seed in range(draws):
        rng = np.random.default_rng([7, seed])
        x = rng.normal(size=(n_told + 1000, 3))
        z = rng.standard_cauchy(len(x)) * np.exp(4 * x[:, 0]) + 50 * np.sign(np.sin(40 * x[:, 1]))
        known = np.where(rng.permutation(len(x)) < n_told, 0, -1)
        score = QuantileRegression(learner="torch", head=head, epochs=3)(
            Signals.of(z, features=x, known=known)
        )
        share.append((score[known == -1, None] >= 1 - asked).mean(axis=0))
    error = np.sqrt(asked * (1 - asked) * (1 / (m + 2) + 1 / 1000) / draws)
    assert (np.mean(share, axis=0) <= asked + 4 * error).all()
    assert (np.mean(share, axis=0) >= asked - 4 * error)[:3].all()


@pytest.mark.framework
def test_pytorch_is_left_as_it_was_and_its_state_changes_no_score():
    torch = pytest.importorskip("torch")
    signals, _, _ = wavy(800, 2)
    attack = QuantileRegression(learner="torch", epochs=3)
    torch.manual_seed(5)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    first = attack(signals)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    torch.manual_seed(6)
    torch.set_default_dtype(torch.float64)
    try:
        with torch.inference_mode(), torch.autocast("cpu"), torch.device("meta"):
            second = attack(signals)
            assert torch.is_inference_mode_enabled()
            assert torch.is_autocast_enabled("cpu")
            assert torch.zeros(1).device.type == "meta"
    finally:
        torch.set_default_dtype(torch.float32)
    np.testing.assert_array_equal(second, first)
    assert not np.array_equal(QuantileRegression(learner="torch", epochs=3, seed=1)(signals), first)


@pytest.mark.framework
@pytest.mark.parametrize("head", HEADS)
def test_odd_records_get_finite_scores(head):
    """A constant column, one with huge values, a class that nobody told of, and signals that are
    all the same but one.
    """
    pytest.importorskip("torch")
    n = 300
    x = np.column_stack([np.full(n, 1e12), np.linspace(0, 1, n) * 1e30, np.zeros(n)])
    known = np.where(np.arange(n) < 200, 0, -1)
    z = np.where(np.arange(n) == 299, 1e6, 0.1)
    group = np.where(np.arange(n) == 298, 10**9, np.arange(n) % 2)
    score = QuantileRegression(learner="torch", head=head, epochs=2)(
        Signals.of(z, features=x, known=known, group=group)
    )
    assert np.isfinite(score).all()
    assert score.argmax() == 299
