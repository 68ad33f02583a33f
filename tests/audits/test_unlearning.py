"""Unlearning: per-record coins, and controls that are part of the verdict."""

import copy
import warnings

import numpy as np
import pytest
from scipy.stats import binom

from tacit.attacks import EBLiRA, ShadowStack
from tacit.attacks.reference.families import families
from tacit.audits.unlearning import _scores, audit_unlearning
from tacit.core import InvalidInput, Outputs, Report
from tacit.design import assign
from tacit.metrics.crossed import CrossedAuc

N, N_FORGET = 160, 100


def means(depth=2.0):
    """A training that shifts the signal of what it saw by `depth`; the rest is its seed's noise."""
    level = np.random.default_rng(99).normal(size=N)

    def train(rows, seed):
        signal = level + np.random.default_rng(seed).normal(size=N)
        signal[rows] += depth
        return Model(signal)

    return train


class Model:
    """Answers with one number a record."""

    def __init__(self, signal):
        self.signal = signal

    def __call__(self, x):
        return self.signal


def erase(share):
    """An unlearning that takes back this share of the shift, in place."""

    def unlearn(model, forget, retain, seed):
        model.signal[forget] -= 2.0 * share
        return model

    return unlearn


def audit(unlearn, *, train=None, n=8, forget=None, **options):
    forget = np.arange(N_FORGET) if forget is None else forget
    return audit_unlearning(
        train or means(), unlearn, np.zeros((N, 1)), forget=forget, n=n, **options
    )


def test_no_unlearning_at_all_is_found_and_removes_nothing():
    report = audit(erase(0.0))
    assert (report.finding, report.verdict) == ("leak", "fail")
    removed = report.check("unlearned").estimate("share removed")
    assert removed.value == 0
    ceiling = report.check("no unlearning").estimates[0]
    assert report.check("unlearned").estimates[0].value == ceiling.value


def test_exact_unlearning_is_cleared_and_removes_everything():
    report = audit(erase(1.0), n=16)
    assert report.finding != "leak"
    removed = report.check("unlearned").estimate("share removed")
    assert removed.low <= 1 <= removed.high
    assert removed.low > 0.7


def test_half_an_unlearning_lies_between():
    report = audit(erase(0.5))
    removed = report.check("unlearned").estimate("share removed")
    assert 0.2 < removed.low < removed.high < 0.8
    assert report.finding == "leak"


def test_the_model_is_looked_at_before_it_is_changed_in_place():
    # erase changes the model in place: had it been looked at later, the ceiling would be gone too
    assert audit(erase(1.0)).check("no unlearning").estimates[0].low > 0.7


def test_a_training_that_keeps_something_breaks_the_audit_and_not_the_model():
    seen = {}

    def train(rows, seed):
        model = means()(rows, seed)
        # the second training of a pair (the retraining) still has what the first one saw
        last = seen.pop("rows", None)
        if last is None:
            seen["rows"] = rows
        else:
            model.signal[last] += 2.0
        return model

    report = audit(erase(1.0), train=train)
    assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
    assert "the audit is broken" in report.warnings[0]
    assert report.headline.startswith("Inconclusive: the audit is broken")


def test_where_there_was_nothing_to_forget_nothing_is_cleared():
    report = audit(erase(0.0), train=means(depth=0.0))
    assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
    assert "nothing to forget" in report.warnings[0]
    assert "share removed" in report.unknown[0].metric


def test_models_that_all_answer_alike_are_at_chance():
    def train(rows, seed):
        return Model(np.arange(N, dtype=float))

    report = audit(erase(0.0), train=train)
    assert report.check("retrained without them").estimates[0].value == 0.5
    assert report.finding == "inconclusive"


@pytest.mark.parametrize(
    "attack",
    [EBLiRA(), pytest.param(ShadowStack(), marks=pytest.mark.slow)],
    ids=["EBLiRA", "ShadowStack"],
)
def test_guesses_about_models_that_saw_nothing_are_at_chance(attack):
    """Stacked learners that saw the other targets' coins would be at .518, and far outside."""
    areas = []
    for seed in range(40 if isinstance(attack, EBLiRA) else 12):
        rng = np.random.default_rng(seed)
        member = assign(200, 8, seed=seed).member
        signal = rng.normal(size=member.shape) + 2 * rng.normal(size=200)
        score = _scores(signal.astype(np.float32), member, attack)
        areas.append(CrossedAuc.of(score, member, families(member)))
    values = np.array([area.value for area in areas])
    assert abs(values.mean() - 0.5) < 4 * 0.015 / len(values) ** 0.5
    if isinstance(attack, EBLiRA):
        held = sum(a.estimate().low <= 0.5 <= a.estimate().high for a in areas)
        assert held >= binom.ppf(0.01, 40, 0.95)
        assert held / 40 >= 0.93


def test_users_are_forgotten_as_a_whole():
    unit = np.repeat(np.arange(N // 4), 4)
    report = audit(erase(0.0), cluster=unit)
    assert report.environment["n_clusters"] == N_FORGET // 4
    assert report.check("unlearned").estimates[0].n == N_FORGET // 4


def test_a_scikit_learn_estimator_is_unlearned_as_itself():
    from sklearn.neighbors import KNeighborsClassifier

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(N, 5)), rng.integers(0, 2, N)

    def unlearn(model, forget, retain, seed):
        return KNeighborsClassifier(1).fit(x[retain], y[retain])

    report = audit_unlearning(
        KNeighborsClassifier(1), unlearn, (x, y), forget=np.arange(N) < N_FORGET, n=4
    )
    assert report.check("no unlearning").estimates[0].value > 0.7
    # one neighbour among what is left: nothing of the forgotten can be there
    assert report.check("unlearned").estimates[0].value == 0.5


def test_the_report_is_plain_data_and_the_same_for_the_same_seed():
    report = audit(erase(0.5))
    assert Report.from_json(report.to_json()).to_json() == report.to_json()
    assert report.to_json() == audit(erase(0.5)).to_json()
    assert "Unlearning leaves traces" in str(report)
    assert report.environment["n_retain"] == N - N_FORGET


def test_bad_input_is_named():
    with pytest.raises(InvalidInput, match="nothing is left to train on"):
        audit(erase(1), forget=np.arange(N))
    with pytest.raises(InvalidInput, match="row numbers 0 to 159"):
        audit(erase(1), forget=np.arange(100, 200))
    with pytest.raises(InvalidInput, match="each row once"):
        audit(erase(1), forget=np.zeros(30, int))
    with pytest.raises(InvalidInput, match="a mask needs 160"):
        audit(erase(1), forget=np.ones(10, bool))
    with pytest.raises(InvalidInput, match="`n` needs 4 models"):
        audit(erase(1), n=2)
    with pytest.raises(InvalidInput, match="`unlearn_fn` needs to return"):
        audit(lambda model, forget, retain, seed: None)
    report = audit(erase(1), forget=np.arange(5))
    assert (report.finding, report.unknown[0].needed) == ("inconclusive", 20)


def fails(*arguments):
    raise KeyError("a column")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"train": fails}, "`train_fn` raised KeyError: 'a column'"),
        ({"train": lambda rows, seed: None}, "`train_fn` needs to return a function"),
        ({"train": lambda rows, seed: lambda x: np.zeros(7)}, "`observe` needs .* got 7 rows"),
        ({"train": lambda rows, seed: lambda x: np.zeros(200)}, "`observe` needs .* got 200 rows"),
        ({"train": lambda rows, seed: lambda x: None}, "`observe` needs .* got one NoneType"),
        ({"train": lambda rows, seed: lambda x: ["a"] * N}, "`observe` needs to return `Outputs`"),
        ({"train": lambda rows, seed: fails}, "`observe` raised KeyError"),
        ({"n": "8"}, "`n` needs 4 models or more, got '8'"),
        ({"n": 4.5}, "`n` needs 4 models or more, got 4.5"),
        ({"level": 0.05}, "for it write 0.95"),
        ({"policy": "strict"}, "policy file `strict`"),
        ({"attack": "EBLiRA"}, "`attack` needs an attack such as EBLiRA"),
        ({"statistic": "nope"}, "`statistic` needs one of"),
        ({"cluster": np.arange(N) // 7}, "`cluster` needs units that are forgotten as a whole"),
    ],
)
def test_wrong_arguments_are_refused_by_name(change, said):
    with pytest.raises(InvalidInput, match=said):
        audit(erase(1), **change)


def test_an_unlearning_that_fails_is_told_by_its_name():
    with pytest.raises(InvalidInput, match="`unlearn_fn` raised KeyError: 'a column'") as caught:
        audit(fails)
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.raises(InvalidInput, match="`unlearn_fn` needs a function"):
        audit(None)


def test_a_share_to_forget_is_drawn():
    report = audit(erase(0.0), forget=0.5)
    assert report.environment["n_forget"] == N // 2


def test_too_few_users_to_forget_are_an_inconclusive_report():
    users = np.r_[np.repeat(np.arange(4), 25), np.arange(4, 64)]
    report = audit(erase(1), cluster=users)
    assert (report.finding, report.unknown[0].needed) == ("inconclusive", 5)
    assert report.unknown[0].unit == "clusters to forget"


def test_a_training_without_chance_is_named():
    def train(rows, seed):
        signal = np.random.default_rng(99).normal(size=N)
        signal[rows] += 2
        return Model(signal)

    report = audit(erase(1.0), train=train)
    assert [note.metric for note in report.unknown] == ["chance in training"]


def test_an_estimator_that_is_not_given_back_is_named():
    from sklearn.tree import DecisionTreeClassifier

    rng = np.random.default_rng(0)
    data = (rng.normal(size=(N, 2)), rng.integers(0, 2, N))
    with pytest.raises(InvalidInput, match="`unlearn_fn` needs to return the unlearned estimator"):
        audit_unlearning(
            DecisionTreeClassifier(), lambda *given: None, data, forget=np.arange(40), n=4
        )


@pytest.mark.slow
def test_fine_tuning_is_seen_where_one_threshold_sees_little():
    """Digits with wrong labels: 15 epochs on the rest hide the records, and do not forget them."""
    from sklearn.datasets import load_digits
    from sklearn.neural_network import MLPClassifier

    x, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(x))[:1000]
    x, y = x[order] / 16, y[order]
    y = np.where(rng.random(1000) < 0.15, rng.integers(0, 10, 1000), y)

    class Network:
        def __init__(self, inner):
            self.inner = inner

        def __call__(self, rows):
            return Outputs(probs=self.inner.predict_proba(rows))

    def train(rows, seed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Network(MLPClassifier((64,), random_state=seed % 2**31).fit(x[rows], y[rows]))

    def fine_tune(network, forget, retain, seed):
        inner = copy.deepcopy(network.inner)
        order = np.random.default_rng(seed)
        for _ in range(15):
            rows = order.permutation(retain)
            for start in range(0, len(rows), 200):
                part = rows[start : start + 200]
                inner.partial_fit(x[part], y[part])
        return Network(inner)

    report = audit_unlearning(train, fine_tune, (x, y), forget=np.arange(400), n=16)
    assert report.finding == "leak"
    assert report.check("unlearned").estimates[0].value >= 0.62
    assert report.check("one threshold for all records").estimates[0].value <= 0.56
    control = report.check("retrained without them").estimates[0]
    assert control.low <= 0.5 <= control.high
