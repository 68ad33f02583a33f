"""What a record itself tells: fitted without membership, out of fold, compared in pairs."""

from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits.steps import beyond_blind as steps
from tacit.core import Evidence, Outputs
from tacit.metrics import auc, paired_advantage_difference, paired_auc_difference
from tacit.metrics.joint import joint_test
from tacit.metrics.looks import Ranked, cut_look, rank_look

N = 120


def evidence(score, member):
    return Evidence(score, member, None, "observed", "x", np.arange(len(score)))


def two_papers(gain):
    rng = np.random.default_rng(0)
    member = np.arange(N) % 2 == 0
    return (
        evidence(rng.normal(size=N) + gain * member, member),
        evidence(rng.normal(size=N) + 0.2 * member, member),
    )


@pytest.mark.parametrize("top", [None, 0.2])
def test_the_comparison_with_a_baseline_is_one_sided(top):
    attack, baseline = two_papers(1.0)
    p, turned = (steps.more_than(*pair, top) for pair in ((attack, baseline), (baseline, attack)))
    if top is None:
        known = paired_auc_difference(attack, baseline)
    else:
        cuts = tuple(float(np.quantile(paper.score, 0.8)) for paper in (attack, baseline))
        known = paired_advantage_difference(attack, baseline, cuts)
    assert known.value > 0
    assert p == pytest.approx(known.p_value / 2)
    assert turned == pytest.approx(1 - known.p_value / 2)


def test_an_attack_is_compared_by_its_ranks_where_these_tell_and_else_at_its_best_cut():
    member = np.arange(400) < 200
    rng = np.random.default_rng(1)
    shifted = rng.normal(size=400) + member
    tail = rng.permutation(400.0 * np.arange(400) / 400)
    tail[:25] = 1000 + np.arange(25)  # 25 members above all, the others anyhow
    for score, share in ((shifted, None), (tail, 25 / 400)):
        ranked = Ranked.of("a", score)
        looks = [rank_look(ranked, member), cut_look(ranked, member)]
        test = joint_test(looks, member, shuffled=False)
        found = SimpleNamespace(test=test, alpha=1e-4, member=member)
        assert steps._best_cut(found, SimpleNamespace(source="a")) == share
        assert steps._best_cut(found, SimpleNamespace(source="b")) is None


def test_labels_are_one_column_a_class_and_many_classes_are_one_column():
    few = Outputs(probs=np.full((3, 4), 0.25), label=np.array([1, 0, 1]))
    assert steps._labels(few, np.arange(3)).tolist() == [[0, 1], [1, 0], [0, 1]]
    label = np.arange(42) % 21
    many = Outputs(probs=np.full((42, 21), 1 / 21), label=label)
    assert steps._labels(many, np.arange(42)).tolist() == label[:, None].tolist()
    regression = Outputs(prediction=np.zeros(3), truth=np.array([1.0, 2.0, 3.0]))
    assert steps._labels(regression, np.arange(3)).tolist() == [[1], [2], [3]]


def test_columns_are_multiplied_by_labels_where_they_are_few():
    features = np.array([[2.0, 3.0]], np.float32)
    label = np.array([[0.0, 1.0]], np.float32)
    assert steps._products(features, label).tolist() == [[0, 2, 0, 3]]
    wide = np.ones((1, 101), np.float32)
    assert steps._products(wide, label).shape == (1, 0)
    assert steps._products(wide[:, :100], label).shape == (1, 200)


@pytest.mark.parametrize(("found_p", "passes"), [((0.01, 0.2), False), ((0.05, 0.02), True)])
def test_every_baseline_that_speaks_has_to_be_beaten(monkeypatch, found_p, passes):
    """What the record predicts always speaks here, of two difficulties the one with p = .1."""
    attack, _ = two_papers(1.0)
    own, left = iter([0.9, 0.1, 0.5]), iter(found_p)
    monkeypatch.setattr(steps, "no_leak_p_value", lambda _: next(own))
    monkeypatch.setattr(steps, "more_than", lambda *_: next(left))
    monkeypatch.setattr(steps, "_best_cut", lambda *_: None)
    score = np.random.default_rng(3).normal(size=N)
    records = SimpleNamespace(
        rows=np.arange(N),
        difficulty=(score, -score),
        limit=1.0,
        how="it",
        predicted=lambda own, rows: own,
    )
    found = SimpleNamespace(member=attack.member, level=0.95)
    item = SimpleNamespace(evidence=attack, name="a")
    passed, result = steps._compared(found, item, records, None, 0.05)
    assert passed == passes
    assert result.p_value == max(found_p)
    assert "2 such guesses" in result.remarks[0]


@pytest.mark.parametrize(("in_slice", "alpha"), [(None, 0.05), (np.ones(4, bool), 0.05 / 3)])
def test_three_attacks_share_the_error_where_only_a_slice_leaks(monkeypatch, in_slice, alpha):
    asked = []

    def compared(found, item, records, inside, error):
        asked.append((item.name, error))
        return False, None

    monkeypatch.setattr(steps, "_compared", compared)
    monkeypatch.setattr(steps, "_records", lambda *_: "records")
    items = [
        SimpleNamespace(name=name, looks=(1,), ranked=1, p=p)
        for name, p in (("d", 0.04), ("b", 0.02), ("a", 0.01), ("c", 0.03))
    ]
    found = SimpleNamespace(scored=items, alpha=0.05, p_values=lambda item: (None, item.p))
    beyond = steps.beyond_blind(found, None, None, in_slice=in_slice, seed=0)
    assert not beyond.passes
    assert [name for name, _ in asked] == ["a", "b", "c"]
    assert [error for _, error in asked] == pytest.approx([alpha] * 3)


def test_labels_alone_count_only_where_they_tell_the_split_and_columns_always():
    found = SimpleNamespace(member=np.arange(80) < 40, order=np.arange(80)[::-1], cluster=None)
    label = np.arange(80) % 2
    outputs = Outputs(probs=np.full((80, 2), 0.5), label=label)
    records = steps._records(found, outputs, None, 0)
    assert (records.limit, records.difficulty) == (0.05, ())
    assert records.label.tolist() == label[::-1].tolist()
    assert "mean of the attack's score in each class" in records.how
    features = np.random.default_rng(0).normal(size=(80, 2)).astype(np.float32)
    records = steps._records(found, outputs, features, 0)
    assert (records.limit, records.label, len(records.difficulty)) == (1.0, None, 3)
    assert steps._records(found, Outputs(loss=np.ones(80)), None, 0) is None


def test_how_hard_several_truths_are_is_how_hard_their_mean_is():
    rng = np.random.default_rng(4)
    rows, fold = np.arange(N), (np.arange(N) % 2).astype(np.int8)
    features = rng.normal(size=(N, 2)).astype(np.float32)
    truth = np.column_stack([features[:, 0] + 1, 3 * features[:, 1]]).astype(np.float64)
    several = Outputs(prediction=np.zeros((N, 2)), truth=truth)
    mean = Outputs(prediction=np.zeros(N), truth=several.truth.mean(axis=1))
    found, known = (
        steps.difficulties(features, outputs, rows, fold, seed=0) for outputs in (several, mean)
    )
    for one, other in zip(found, known):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)
        assert one.max() <= 0 > one.min()


def test_labels_of_several_kinds_have_no_difficulty_of_their_own():
    rows, fold = np.arange(N), (np.arange(N) % 5).astype(np.int8)
    label = (np.arange(2 * N) % 3 == 0).reshape(N, 2).astype(int)
    outputs = Outputs(logits=np.zeros((N, 2)), label=label)
    features = np.ones((N, 1), np.float32)
    assert steps.difficulties(features, outputs, rows, fold, seed=0) == ()
    assert steps.difficulties(features, Outputs(logits=np.zeros((N, 2))), rows, fold, seed=0) == ()


def compared(attack, records, monkeypatch, own, in_slice=None):
    left = iter(own)
    monkeypatch.setattr(steps, "no_leak_p_value", lambda _: next(left))
    monkeypatch.setattr(steps, "_best_cut", lambda *_: None)
    found = SimpleNamespace(member=attack.member, level=0.9)
    item = SimpleNamespace(evidence=attack, name="a")
    return steps._compared(found, item, records, in_slice, 0.05)


def test_the_area_that_is_shown_is_that_of_what_the_record_predicts(monkeypatch):
    """The first baseline predicts the attack's own ranks, the others turn them round.

    A baseline that says nothing of the split is not held against the attack: none of them is here,
    and an attack passes that has nothing to beat.
    """
    attack, _ = two_papers(1.0)
    records = SimpleNamespace(
        rows=np.arange(N)[::-1],
        difficulty=(-attack.score[::-1], np.zeros(N)),
        limit=0.05,
        how="it",
        predicted=lambda own, rows: own,
    )
    passed, result = compared(attack, records, monkeypatch, (0.06, 0.21, 0.5))
    assert passed
    assert result.p_value is None
    assert "0 such guesses" in result.remarks[0]
    known = auc(attack, level=0.9)
    assert result.estimates[0].value == pytest.approx(known.value)
    assert result.estimates[0].level == 0.9
    assert (result.n_members, result.n_nonmembers) == (60, 60)


def test_in_a_slice_only_its_records_are_compared(monkeypatch):
    attack, _ = two_papers(1.0)
    inside = np.arange(N) < 80
    records = SimpleNamespace(
        rows=np.arange(N), difficulty=(), limit=1.0, how="it", predicted=lambda own, rows: own
    )
    _, result = compared(attack, records, monkeypatch, (0.9,), inside)
    assert (result.n_members, result.n_nonmembers) == (40, 40)
    known = auc(attack.take(inside), level=0.9)
    assert result.estimates[0].value == pytest.approx(known.value)


def test_only_significant_attacks_are_tried_and_the_first_that_passes_ends_it(monkeypatch):
    asked = []

    def compared(found, item, records, inside, error):
        asked.append(item.name)
        return item.name == "b", None

    monkeypatch.setattr(steps, "_compared", compared)
    monkeypatch.setattr(steps, "_records", lambda *_: "records")
    items = [
        SimpleNamespace(name=name, looks=looks, ranked=1, p=p)
        for name, looks, p in (
            ("c", (1,), 0.05),
            ("late", (1,), 0.0501),
            ("none", (1,), None),
            ("blind", (), 0.001),
            ("a", (1,), 0.01),
            ("b", (1,), 0.02),
        )
    ]
    found = SimpleNamespace(scored=items, alpha=0.05, p_values=lambda item: (None, item.p))
    assert steps.beyond_blind(found, None, None, seed=0).passes
    assert asked == ["a", "b"]
    found = SimpleNamespace(scored=items[1:4], alpha=0.05, p_values=lambda item: (None, item.p))
    stopped = steps.beyond_blind(found, None, None, seed=0)
    assert (stopped.passes, stopped.reason) == (False, "no single attack stands out")


def test_a_class_of_one_other_record_is_told_its_score():
    """The only record of the other fold scores 4: it is the mean of all, and of its class."""
    told = steps.class_means(np.zeros(2, int), np.array([2.0, 4.0]), np.array([0, 1], np.int8))
    np.testing.assert_allclose(told, [4.0, 2.0])


def test_twenty_classes_have_a_column_each():
    label = np.arange(40) % 20
    outputs = Outputs(probs=np.full((40, 20), 0.05), label=label)
    found = steps._labels(outputs, np.arange(outputs.n))
    assert found.shape == (40, 20)
    assert found.argmax(axis=1).tolist() == label.tolist()


def test_a_baseline_speaks_at_exactly_its_limit(monkeypatch):
    """.05 for what labels predict, .2 for each difficulty; just above they say nothing."""
    attack, _ = two_papers(1.0)
    records = SimpleNamespace(
        rows=np.arange(N),
        difficulty=(-attack.score, np.zeros(N)),
        limit=0.05,
        how="it",
        predicted=lambda own, rows: own,
    )
    for own, n in (((0.05, 0.2, 0.2), 3), ((0.0501, 0.2, 0.2001), 1)):
        _, result = compared(attack, records, monkeypatch, own)
        assert f"than {n} such guesses" in result.remarks[0]


def test_in_a_slice_only_attacks_with_thresholds_are_tried(monkeypatch):
    asked = []

    def compared(found, item, *_):
        asked.append(item.name)
        return False, None

    monkeypatch.setattr(steps, "_compared", compared)
    monkeypatch.setattr(steps, "_records", lambda *_: "records")
    items = [
        SimpleNamespace(name=name, looks=looks, ranked=ranked)
        for name, looks, ranked in (("a", (1,), 1), ("learns", (1,), None), ("same", (), 1))
    ]
    found = SimpleNamespace(scored=items, alpha=0.05, p_values=lambda item: (None, 0.01))
    steps.beyond_blind(found, None, None, in_slice=np.ones(4, bool), seed=0)
    assert asked == ["a"]
