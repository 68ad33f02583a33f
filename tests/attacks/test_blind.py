"""The blind guesser finds a split that gives itself away, and nothing else."""

import numpy as np

from tacit import Membership, Signals, collect
from tacit.attacks import Blind
from tacit.attacks.blind import ONE_FOLD_FROM
from tacit.attacks.learned.fitting import logistic_regression
from tacit.metrics import auc


def blind_auc(shift, curved=False, seed=0, n=1000):
    rng = np.random.default_rng(seed)
    member = rng.random(n) < 0.5
    columns = rng.normal(size=(n, 4))
    columns[:, 1] *= np.where(member, 1 + 2 * curved, 1)
    columns[:, 0] += shift * member
    signals = Signals.of(np.zeros(n), features=columns)
    return auc(collect(Blind(), signals, Membership(member)))


def test_members_from_another_population_are_told_apart_without_the_model():
    assert blind_auc(1.0).low > 0.65


def test_a_difference_that_is_not_linear_is_found_too():
    assert blind_auc(0.0, curved=True).low > 0.6


def test_a_random_split_gives_nothing_away():
    estimates = [blind_auc(0.0, seed=seed, n=400) for seed in range(2)]
    assert all(abs(estimate.value - 0.5) < 0.1 for estimate in estimates)


def test_the_model_is_never_seen():
    rng = np.random.default_rng(0)
    member = rng.random(300) < 0.5
    leak = Signals.of(member * 9.0, features=rng.normal(size=(300, 2)))
    assert abs(auc(collect(Blind(), leak, Membership(member))).value - 0.5) < 0.15


def test_many_known_records_are_judged_by_one_fold_and_few_by_all(monkeypatch):
    fits = []
    real = Blind.__call__.__globals__["log_odds"]

    def log_odds(model, x, rows, member):
        fits.append(len(rows))
        return real(model, x, rows, member)

    monkeypatch.setitem(Blind.__call__.__globals__, "log_odds", log_odds)
    for n, sizes in ((ONE_FOLD_FROM - 2, [398, 398, 400]), (ONE_FOLD_FROM, [400])):
        fits.clear()
        member = np.arange(n) % 2 == 0
        x = np.random.default_rng(0).normal(size=(n, 2)) + member[:, None]
        skill = Blind()._skill(logistic_regression, x.astype(np.float32), member)
        assert fits == sizes
        # two columns shifted by one deviation each: an AUC of .84
        assert abs(skill - 0.84) < 0.06
