"""A model that answers with labels only, audited in one call."""

import numpy as np
import pytest

from tacit.audits.label_only import GAP, audit_label_only
from tacit.core import InvalidInput, Report


def noisy_world(n=500, seed=0):
    """Two blobs and labels of which a quarter is wrong: whoever fits them has remembered them."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 2 * n)
    x = rng.normal(size=(2 * n, 6)) + y[:, None] * 0.7
    y = np.where(rng.random(2 * n) < 0.25, 1 - y, y)
    return (x[:n], y[:n]), (x[n:], y[n:])


def voting(train):
    from sklearn.ensemble import VotingClassifier
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.tree import DecisionTreeClassifier

    parts = [
        ("trees", DecisionTreeClassifier(random_state=0)),
        ("one", KNeighborsClassifier(1)),
        ("more", DecisionTreeClassifier(max_depth=4, random_state=0)),
    ]
    return VotingClassifier(parts, voting="hard").fit(*train)


def test_a_hard_vote_that_remembers_is_found():
    train, test = noisy_world()
    report = audit_label_only(voting(train), train=train, test=test, title="hard vote")
    assert report.finding == "leak"
    assert report.accuracy["member"] > report.accuracy["nonmember"] + 0.2
    gap = report.check(GAP).estimate("advantage")
    assert gap.low <= report.accuracy["member"] - report.accuracy["nonmember"] <= gap.high
    assert report.environment["questions"] == 1 + 3 * 31


def test_the_gap_attack_is_right_in_one_half_and_half_the_gap():
    train, test = noisy_world(seed=1)
    report = audit_label_only(voting(train), train=train, test=test, scales=())
    assert report.chosen == GAP
    chosen = report.check(GAP)
    advantage, right = chosen.estimate("advantage"), chosen.estimate("balanced_accuracy")
    assert advantage is not None
    assert right is not None
    assert right.value == pytest.approx((1 + advantage.value) / 2, abs=1e-12)


def test_noise_sees_what_right_and_wrong_do_not():
    """Both sides are always right, but members lie further from the boundary."""
    rng = np.random.default_rng(2)
    sign = rng.choice([-1, 1], 800)
    depth = np.where(np.arange(800) < 400, 1.0, 0.4) * rng.uniform(0.5, 1.5, 800)
    x = np.column_stack([sign * depth, rng.normal(size=800)])
    y = (sign > 0).astype(int)
    model = lambda z: (z[:, 0] > 0).astype(int)  # noqa: E731
    sides = {"train": (x[:400], y[:400]), "test": (x[400:], y[400:])}
    # the records themselves differ here, which the blind guesser sees: noise as its features
    blank = rng.normal(size=(800, 2))
    report = audit_label_only(model, **sides, features=(blank[:400], blank[400:]))
    assert report.chosen.startswith("noise")
    assert report.finding == "leak"
    assert report.check(GAP).estimate("auc").value == 0.5


def test_a_label_tells_nothing_at_few_false_accusations_and_ties_do_not_pretend():
    """One threshold of a yes/no score accuses everybody who is right: no rate is made up below."""
    train, test = noisy_world(n=1500, seed=3)
    report = audit_label_only(voting(train), train=train, test=test, scales=())
    rate = report.check(GAP).estimate("tpr@fpr=0.01")
    assert rate.value == 0
    assert report.check(GAP).estimate("auc").value < 0.8


def test_the_order_of_records_does_not_matter():
    train, test = noisy_world(n=300, seed=4)
    model = voting(train)
    report = audit_label_only(model, train=train, test=test, scales=(0.3,), n_copies=5)
    back = tuple(part[::-1] for part in train), tuple(part[::-1] for part in test)
    other = audit_label_only(model, train=back[0], test=back[1], scales=(0.3,), n_copies=5)
    both = [item.check("noise of 0.3 deviations").n_members for item in (report, other)]
    assert both[0] == both[1]


def test_models_that_learned_nothing_are_accused_in_few_worlds():
    alarms = 0
    for seed in range(16):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=(400, 3)), rng.integers(0, 2, 400)
        report = audit_label_only(
            lambda z: (z[:, 0] + z[:, 1] > 0).astype(int),
            train=(x[:200], y[:200]),
            test=(x[200:], y[200:]),
            n_copies=10,
            seed=seed,
        )
        alarms += report.finding == "leak"
    assert alarms <= 3  # 5 % of 16, and what chance adds in 99 of 100 runs


def test_answers_that_nearly_all_tie_raise_few_alarms_on_tiny_and_unequal_sides():
    """Two labels, right about 19 of 20: 12 worlds of 15 and 60 records, 12 of 12 and 20 people."""
    alarms = 0
    for seed in range(12):
        rng = np.random.default_rng(100 + seed)
        for sizes, times in (((15, 60), 1), ((12, 20), 4)):
            sides, people = [], []
            for number, n in enumerate(sizes):
                x = np.repeat(rng.normal(size=(n, 2)), times, axis=0)
                wrong = np.repeat(rng.random(n) < 0.05, times)
                sides.append((x, ((x[:, 0] > 0) ^ wrong).astype(int)))
                people.append(np.repeat(np.arange(n), times) + 1000 * number)
            report = audit_label_only(
                lambda z: (z[:, 0] > 0).astype(int),
                train=sides[0],
                test=sides[1],
                cluster=tuple(people) if times > 1 else None,
                scales=(0.3,),
                n_copies=3,
                seed=seed,
            )
            alarms += report.finding == "leak"
    assert alarms <= 4  # 5 % of 24, and what chance adds in 99 of 100 runs


def test_text_is_probed_by_its_paraphrases():
    known = {f"note {i}" for i in range(200)}
    train = [f"note {i}" for i in range(200)]
    test = [f"note {i}" for i in range(200, 400)]
    model = lambda texts: ["yes" if t.rstrip(".") in known else "no" for t in texts]  # noqa: E731
    report = audit_label_only(
        model,
        train=(train, ["yes"] * 200),
        test=(test, ["yes"] * 200),
        augmentations=[lambda texts: [f"{text}." for text in texts]],
    )
    assert report.finding == "leak"
    assert report.check("augmentations").estimate("auc").value == 1


def test_the_report_is_plain_data_and_bad_input_is_named():
    train, test = noisy_world(n=100)
    model = voting(train)
    report = audit_label_only(model, train=train, test=test, n_copies=3)
    assert Report.from_json(report.to_json()).to_json() == report.to_json()
    assert "labels only" in " ".join(report.assumes)
    with pytest.raises(InvalidInput, match="`train` needs \\(X, y\\)"):
        audit_label_only(model, train=train[0], test=test)
    with pytest.raises(InvalidInput, match="`model` needs a `predict`"):
        audit_label_only(3, train=train, test=test)
    few = tuple(part[:2] for part in train), tuple(part[:2] for part in test)
    report = audit_label_only(model, train=few[0], test=few[1])
    assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
