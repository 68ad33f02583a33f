"""When the blind guesser is believed."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import binom

from tacit.audits.steps import blind_baseline
from tacit.audits.steps.beyond_blind import Beyond
from tacit.audits.steps.blind_baseline import (
    BACKWARDS,
    _few_labels,
    _without_the_model,
    backwards_warning,
    beside_warning,
    blind_result,
    blind_warning,
    explained_warning,
    gives_away,
)
from tacit.core import CheckResult, Estimate, Evidence, Membership, Outputs
from tacit.metrics import auc


@pytest.mark.parametrize(
    ("p", "believed"), [(0.0, True), (0.01, True), (0.0101, False), (1, False)]
)
def test_the_blind_guesser_is_believed_at_one_in_a_hundred(p, believed):
    """At 1e-9 the gate would hardly ever open, at .05 one random split in twenty would."""
    assert gives_away(CheckResult(name="blind", role="blind", p_value=p)) is believed


def test_without_a_p_value_nothing_is_given_away():
    assert not gives_away(None)
    assert not gives_away(CheckResult(name="blind", role="blind"))


def test_backwards_is_one_audit_of_a_thousand():
    assert pytest.approx(0.001) == 1 - BACKWARDS


def blind(label, member, order):
    outputs = Outputs(loss=np.zeros(len(label)), label=label)
    return blind_result(outputs, Membership(member), None, order=order, level=0.95)


@pytest.mark.parametrize(("n", "classes"), [(80, 2), (400, 10), (400, 60)])
def test_random_splits_are_refused_no_more_often_than_promised(n, classes):
    """1 in 100, within what 300 draws tell (2,000 draws gave .003 to .011)."""
    rng = np.random.default_rng(n + classes)
    refused = 0
    for _ in range(300):
        label = rng.integers(0, classes, n)
        member = rng.permutation(np.arange(n) < n // 2)
        refused += gives_away(blind(label, member, rng.permutation(n)))
    assert binom.sf(refused - 1, 300, 0.01) > 0.001


def test_a_split_by_label_is_refused_without_any_fit():
    rng = np.random.default_rng(0)
    label = rng.integers(0, 10, 1000)
    member = rng.random(1000) < np.where(label < 5, 0.4, 0.6)
    result = blind(label, member, rng.permutation(1000))
    assert gives_away(result)
    assert result.attack == "BlindLabels(prior=4.0)"
    assert result.estimates[0].value > 0.55


def test_the_blind_guess_is_graded_on_every_fold_but_the_first():
    """200 records, 40 of which only teach; a label that is the split itself, and one by coin."""
    rng = np.random.default_rng(0)
    member = np.arange(200) % 2 == 0
    membership = Membership(member)
    for label, telling in ((member.astype(int), True), (rng.integers(0, 2, 200), False)):
        outputs = Outputs(probs=np.full((200, 2), 0.5), label=label)
        result = blind_result(outputs, membership, None, order=np.arange(200), level=0.95)
        assert result.n_members + result.n_nonmembers == 160
        assert gives_away(result) == telling
        area = result.estimates[0]
        assert (area.value > 0.95) == telling
        assert result.p_value != area.p_value
    unlabelled = Outputs(probs=np.full((200, 2), 0.5))
    assert blind_result(unlabelled, membership, None, order=np.arange(200), level=0.95) is None


def test_one_class_or_more_than_a_hundred_are_not_counted():
    for n_classes, known in ((2, True), (100, True), (101, False)):
        label = np.arange(300) % n_classes
        outputs = Outputs(probs=np.full((300, n_classes), 1 / n_classes), label=label)
        assert (_few_labels(outputs) is not None) == known
    single = Outputs(probs=np.full((5, 2), 0.5), label=np.zeros(5, int))
    assert _few_labels(single) is None


def test_beside_features_each_label_is_a_column():
    label, features = np.arange(300) % 2, np.ones((300, 3), np.float32)
    _, signals, what = _without_the_model(300, label, features)
    assert what == "features of the records"
    assert signals.features.shape == (300, 5)
    _, signals, what = _without_the_model(300, label, None)
    assert what == "labels only"
    assert signals.features.shape == (300, 0)
    np.testing.assert_array_equal(signals.group, label)


def test_backwards_is_said_at_one_in_two_thousand():
    """The whole interval at 99.9 % lies below a half, or it is not said."""
    rng = np.random.default_rng(1)
    member = np.arange(400) < 200
    said = {}
    for shift in (0.0, -0.2, -0.6):
        score = rng.normal(size=400) + shift * member
        paper = Evidence(score, member, None, "observed", "x", np.arange(400))
        said[shift] = bool(backwards_warning(paper))
        assert said[shift] == (auc(paper, level=0.999).high < 0.5)
    assert said == {0.0: False, -0.2: False, -0.6: True}


def test_over_clusters_the_blind_guess_is_dealt_and_graded_by_clusters():
    """Ten users of 40 records whose label is one a user, and the split one too: 400 records agree,
    and ten users say next to nothing. Folds hold whole users, so eight of ten are graded.
    """
    user = np.repeat(np.arange(10), 40)
    member = user % 2 == 0
    label = np.isin(user, [0, 2, 4, 6, 1]).astype(int)
    outputs = Outputs(probs=np.full((400, 2), 0.5), label=label)
    order = np.random.default_rng(0).permutation(400)
    apart = blind_result(outputs, Membership(member, user), None, order=order, level=0.95)
    assert (apart.n_members + apart.n_nonmembers) % 40 == 0
    assert not gives_away(apart)
    if apart.estimates:
        assert apart.p_value == apart.estimates[0].p_value
    records = blind_result(outputs, Membership(member), None, order=order, level=0.95)
    assert gives_away(records)
    many = np.repeat(np.arange(100), 4)
    member, label = many % 2 == 0, (many % 5 < 2).astype(int)
    outputs = Outputs(probs=np.full((400, 2), 0.5), label=label)
    truth = Membership(member, many)
    found = blind_result(outputs, truth, None, order=order, level=0.95)
    assert found.p_value == found.estimates[0].p_value
    assert "clusters are independent" in found.estimates[0].assumes
    assert found.estimates[0].n == 80


def test_the_column_of_a_class_is_one_for_its_records():
    _, signals, _ = _without_the_model(3, np.array([5, 2, 5]), np.full((3, 1), 7, np.float32))
    assert signals.features.tolist() == [[7, 0, 1], [7, 1, 0], [7, 0, 1]]


def area(value, low, high):
    return Estimate("auc", value, low, high, 0.95, 100, "by hand")


def test_what_explains_a_leak_is_the_first_baseline_and_what_is_beside_it_the_blind_guess():
    explaining = CheckResult(
        name="a", role="blind", estimates=(area(0.71, 0.65, 0.78), area(0.11, 0.1, 0.12))
    )
    second = CheckResult(name="b", role="blind", estimates=(area(0.21, 0.2, 0.22),))
    beyond = Beyond(False, (explaining, second))
    split = CheckResult(
        name="c",
        role="blind",
        p_value=0.001,
        estimates=(area(0.83, 0.8, 0.86), area(0.31, 0.3, 0.32)),
    )
    plain, both = (explained_warning(beyond, guess) for guess in (None, split))
    assert "with AUC 0.71 (0.65 to 0.78; 0.5 is chance). The split" in plain
    assert "0.71 (0.65 to 0.78; 0.5 is chance), and a guesser who never sees the model" in both
    assert "with AUC 0.83 (0.8 to 0.86; 0.5 is chance). The split" in both
    assert explained_warning(Beyond(True, (explaining,)), split) == ""
    assert explained_warning(Beyond(False, (), "too few"), split).endswith("give away: too few")
    assert "AUC 0.83 (0.8 to 0.86" in beside_warning(split)
    assert beside_warning(None) == blind_warning(None) == ""
    assert "measure the split and not the release" in blind_warning(split, subject="release")


@pytest.mark.parametrize(("high", "said"), [(0.499, True), (0.5, False), (0.501, False)])
def test_an_area_that_may_be_one_half_is_not_backwards(monkeypatch, high, said):
    monkeypatch.setattr(blind_baseline, "auc", lambda paper, *, level: area(0.4, 0.3, high))
    assert bool(backwards_warning(None)) is said


def graded(monkeypatch, cluster=None):
    """Ten records, of which 2 teach, 6 are the second fold and 2 the third."""
    seen = {}
    scored = np.array([0, 1, 1, 1, 2, 1, 1, 1, 2, 0], np.int8)
    weight = np.array([9.0, 1, 2, 3, 2, 4, 5, 6, 1, 9])

    def prequential_scores(attack, signals, membership, fold, order):
        seen.update(fold=fold, order=order)
        return np.zeros(10), scored

    def learned_looks(name, score, scored, member):
        rows = SimpleNamespace(weight=weight)
        return SimpleNamespace(rows=rows, p_value=np.array([0.3, 0.9])), None

    def auc(paper, *, level):
        seen.update(paper=paper, level=level)
        return area(0.4, 0.3, 0.5)

    for name, fake in (
        ("prequential_scores", prequential_scores),
        ("learned_looks", learned_looks),
        ("auc", auc),
    ):
        monkeypatch.setattr(blind_baseline, name, fake)
    member = np.arange(10) % 3 == 0
    outputs = Outputs(probs=np.full((10, 2), 0.5), label=np.arange(10) // 5)
    key = Membership(member, cluster)
    order = np.arange(10)[::-1]
    return blind_result(outputs, key, None, order=order, level=0.8), seen


def test_ranks_within_a_fold_are_graded_as_shares_of_it(monkeypatch):
    """Six ranks of the one fold are sixths, two of the other are halves; who teaches is not
    graded.
    """
    found, seen = graded(monkeypatch)
    paper = seen["paper"]
    assert paper.row.tolist() == list(range(1, 9))
    assert paper.score == pytest.approx([1 / 6, 2 / 6, 3 / 6, 2 / 2, 4 / 6, 5 / 6, 6 / 6, 1 / 2])
    assert paper.member.tolist() == [k % 3 == 0 for k in range(1, 9)]
    assert paper.cluster is None
    assert (found.n_members, found.n_nonmembers, seen["level"]) == (2, 6, 0.8)
    assert (found.p_value, found.statistic) == (0.3, "labels")


def test_people_are_dealt_into_folds_and_graded_as_a_whole(monkeypatch):
    from tacit.metrics.prequential import deal_folds

    cluster = np.arange(10) // 2
    found, seen = graded(monkeypatch, cluster)
    assert seen["fold"].tolist() == deal_folds(seen["order"], cluster=cluster).tolist()
    assert seen["paper"].cluster.tolist() == cluster[1:9].tolist()
    # the p-value of people is that of the area, which has none here
    assert found.p_value is None


def test_what_could_not_be_graded_is_no_text():
    loud = CheckResult(name="b", role="blind", p_value=0.001)
    assert "giveaway: . Members" in blind_warning(loud)
    explaining = CheckResult(name="a", role="blind", estimates=(area(0.71, 0.65, 0.78),))
    said = explained_warning(Beyond(False, (explaining,)), loud, subject="release")
    assert "without the release, tells" in said


def test_backwards_is_asked_at_the_level_of_one_in_two_thousand(monkeypatch):
    asked = []
    monkeypatch.setattr(
        blind_baseline, "auc", lambda paper, *, level: asked.append(level) or area(0.4, 0.3, 0.6)
    )
    assert backwards_warning(None) == ""
    assert asked == [0.999]


def test_too_few_records_for_a_blind_guess_are_told():
    outputs = Outputs(probs=np.full((4, 2), 0.5), label=np.array([0, 1, 0, 1]))
    key = Membership(np.arange(4) < 2)
    found = blind_result(outputs, key, None, order=np.arange(4), level=0.95)
    assert (found.role, found.estimates, len(found.notes)) == ("blind", (), 1)
