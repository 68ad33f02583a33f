"""One test of all looks: which p-value, level, attack and number of records, by hand."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits.steps import joint_finding as steps
from tacit.audits.steps.joint_finding import Found, joint_finding

MEMBER = np.arange(8) < 4


def look(source, kind, p, adjusted, ratio):
    return SimpleNamespace(
        source=source, kind=kind, p_value=np.array(p), corrected=adjusted, ratios=np.array(ratio)
    )


def attack(source, *, looks=(1,), fold=None, ranked=None, name=""):
    return SimpleNamespace(
        source=source, name=name or source, looks=looks, fold=fold, ranked=ranked, candidate=source
    )


class Test:
    """Looks with corrected p-values and ratios that are given."""

    __test__ = False

    def __init__(self, *looks, p_value=1.0):
        self.looks, self.p_value = looks, p_value
        self.ratio = np.concatenate([look.ratios for look in looks] or [np.zeros(0)])
        self.n_members, self.n_nonmembers = 4, 4

    def adjusted_of(self, look):
        return look.corrected

    def places(self, look):
        start = sum(len(other.ratios) for other in self.looks[: self.looks.index(look)])
        return slice(start, start + len(look.ratios))

    def simultaneous_level(self, sources, *, level):
        return sources, level


@dataclass
class Real:
    """What `replace` can change."""

    weight: np.ndarray
    p_value_each: np.ndarray
    looks: tuple = ()
    n_members: int = 4
    n_nonmembers: int = 4


def found(*scored, test=None, learned=None, member=MEMBER, cluster=None, level=0.95):
    return Found(scored, test or Test(), learned, member, cluster, np.arange(len(member)), level)


A = (look("a", "rank", [0.3], 0.6, [7.0]), look("a", "cut", [0.2, 0.02], 0.09, [5.0, 2.0]))
SLICE = look("a", "slice", [0.001], 0.004, [1.0])


def test_an_attack_has_its_smallest_p_value_and_the_smallest_corrected_one():
    """Of its own ranks and cuts; over clusters the corrected one pays nine tenths of the error."""
    item = attack("a")
    assert found(item, test=Test(*A, SLICE)).p_values(item) == (0.02, 0.09)
    done = found(item, test=Test(*A, SLICE), learned=0.5, cluster=MEMBER * 1)
    assert done.p_values(item) == (0.02, pytest.approx(0.1))
    assert done.best_slice == pytest.approx(0.004 / 0.9)
    # and is never above 1, nor is one of a slice
    sure = look("a", "rank", [0.9], 0.99, [7.0]), look("a", "slice", [0.9], 0.95, [7.0])
    done = found(item, test=Test(*sure), learned=0.5)
    assert done.p_values(item) == (0.9, 1.0)
    assert done.best_slice == 1.0
    assert found(item, test=Test(SLICE)).p_values(item) == (None, None)


def test_an_attacker_that_learns_has_its_own_p_value_only_where_it_is_tested_apart():
    fold = np.array([0, 0, 1, 1, 2, 2, 3, 3], np.int8)
    item = attack("l", fold=fold)
    looks = (look("l", "learned", [0.03], 0.05, [1.0]),)
    assert found(item, test=Test(*looks)).p_values(item) == (0.03, 0.05)
    assert found(item, test=Test(*looks), learned=0.004).p_values(item) == (
        None,
        pytest.approx(0.04),
    )
    assert found(item, test=Test(*looks), learned=0.2).p_values(item) == (None, 1.0)


def test_of_equally_significant_attacks_the_one_with_the_strongest_look_is_shown():
    """Both are corrected to 1; the best look of b has a ratio of 3, that of a one of 4, and its
    worst look is worse.
    """
    looks = (
        look("a", "rank", [0.5], 1.0, [4.0]),
        look("a", "cut", [0.5, 0.5], 1.0, [5.0, 6.0]),
        look("b", "rank", [0.5], 1.0, [9.0]),
        look("b", "cut", [0.5, 0.5], 1.0, [3.0, 8.0]),
        look("a", "slice", [0.5], 1.0, [1.0]),
    )
    first, second, none = attack("a"), attack("b"), attack("c", looks=())
    assert found(none, first, second, test=Test(*looks)).shown is second
    assert found(none, first, test=Test(*looks)).shown is first
    # the corrected p-value comes first, and of equals in both the first attack
    stronger = (look("a", "rank", [0.5], 0.9, [99.0]), *looks[2:4])
    assert found(second, first, test=Test(*stronger)).shown is first
    same = attack("b", name="the same")
    assert found(second, same, test=Test(*looks)).shown is second


def test_all_attacks_with_looks_of_their_own_share_the_level_of_what_is_shown():
    done = found(attack("a"), attack("a", looks=(), name="same"), attack("b"), level=0.9)
    assert done.shown_level == (["a", "b"], 0.9)


@pytest.mark.parametrize(
    ("n_scores", "level", "needed"),
    [(0, 0.98, 0), (1, 0.98, 0), (2, 0.98, 5), (3, 0.95, 0), (4, 0.95, 5)],
)
def test_how_few_records_could_show_anything_pays_for_every_score(n_scores, level, needed):
    """4 + 4 records have 70 labellings: 1 / 70 = .0143, 2 / 70 = .029, 3 / 70 = .043 and
    4 / 70 = .057; 5 + 5 have 252.
    """
    scored = (attack("x", looks=()), *(attack(str(k)) for k in range(n_scores)))
    assert found(*scored, level=level).needed == needed


def test_the_number_of_records_that_is_asked_for_pays_for_every_score():
    """Twenty scores: 20 / 252 of 5 + 5 records is too much, 20 / 924 of 6 + 6 is not."""
    scored = [attack(str(k)) for k in range(20)]
    assert found(*scored).needed == 6
    cluster = np.arange(8)
    assert found(*scored, cluster=cluster).needed == 6


def test_the_first_attack_with_thresholds_tells_what_is_detectable(monkeypatch):
    asked = []
    monkeypatch.setattr(
        steps, "detectable_by", lambda *given, level: asked.append((given[1], level))
    )
    scored = attack("learns"), attack("a", ranked=1), attack("b", ranked=1)
    assert found(*scored, level=0.9).detectable is None
    assert asked == [("a", 0.9)]


def test_the_score_is_that_of_all_attacks_at_the_p_value_of_the_audit(monkeypatch):
    asked = []

    def vulnerability(test, candidates, member, *, order, cluster, p_value, level):
        asked.append((candidates, order.tolist(), cluster, p_value, level))

    monkeypatch.setattr(steps, "vulnerability", vulnerability)
    scored = attack("a"), attack("b")
    assert found(*scored, test=Test(p_value=0.018), learned=0.004, level=0.9).score is None
    assert asked == [(["a", "b"], list(range(8)), None, pytest.approx(0.02), 0.9)]
    # 3 + 3 records cannot show anything
    few = np.arange(6) < 3
    test = Test(p_value=0.018)
    test.n_members = test.n_nonmembers = 3
    assert found(*scored, test=test, member=few).score is None
    assert asked[1][3] == 1.0


def test_people_with_records_of_both_kinds_are_units_of_either_side():
    member = np.array([1, 1, 1, 0, 0, 0, 0, 0], bool)
    cluster = np.array([0, 0, 1, 1, 2, 3, 4, 4])
    assert found(member=member, cluster=cluster).units == (2, 4)
    assert found(member=member).units == (4, 4)


def test_an_order_is_made_only_when_it_is_asked_for():
    done = Found((), Test(), None, MEMBER, None, lambda: np.arange(8)[::-1], 0.95)
    assert done.order.tolist() == list(range(8))[::-1]


@pytest.mark.parametrize("p", [0.03, 0.5])
def test_where_nothing_but_learners_is_looked_at_they_have_the_whole_error(monkeypatch, p):
    """Over clusters: the looks say how large a leak may be, and decide nothing."""
    asked = []

    def clustered_test(looks, member, cluster):
        asked.append([item.kind for item in looks])
        return Real(np.array([0.25, 0.75]), np.array([1e-9, 1e-9]))

    monkeypatch.setattr(steps, "clustered_test", clustered_test)
    monkeypatch.setattr(steps, "learned_p", lambda *_: p)
    learner = attack(
        "l", fold=np.ones(8, np.int8), looks=(look("l", "learned", [0.1], 0.1, [1.0]),)
    )
    options = {"cluster": np.arange(8) // 2, "order": np.arange(8), "level": 0.95}
    done = joint_finding([learner], [], MEMBER, **options)
    assert done.test.p_value_each.tolist() == [1.0, 1.0]
    assert done.learned == pytest.approx(0.1 * p)
    assert done.p_values(learner)[1] == pytest.approx(p)
    # beside others they are tested apart, and none of their looks is among the others'
    plain = attack("a", looks=A)
    done = joint_finding([plain, learner], [], MEMBER, **options)
    assert asked == [["learned"], ["rank", "cut"]]
    assert done.learned == p
    assert joint_finding([plain], [], MEMBER, **options).learned is None


def test_clusters_of_one_record_each_are_none(monkeypatch):
    seen = []

    def joint_test(looks, member):
        seen.append([item.kind for item in looks])
        return Real(np.ones(1), np.ones(1), looks=())

    monkeypatch.setattr(steps, "joint_test", joint_test)
    plain = attack("a", looks=A)
    learner = attack("l", looks=(look("l", "learned", [0.1], 0.1, [1.0]),), fold=np.ones(8))
    for cluster in (None, np.arange(8)):
        done = joint_finding(
            [plain, learner], [SLICE], MEMBER, cluster=cluster, order=np.arange(8), level=0.9
        )
        assert (done.cluster, done.learned, done.level) == (None, None, 0.9)
    # attackers that learn and slices are part of the one test of records
    assert seen == [["rank", "cut", "learned", "slice"]] * 2


def test_attackers_that_learn_are_tested_together(monkeypatch):
    """Of records by their looks, all at once; of people by their scores."""
    asked = []

    def joint_test(looks, member):
        asked.append([item.source for item in looks])
        return SimpleNamespace(p_value=0.07)

    monkeypatch.setattr(steps, "joint_test", joint_test)
    learners = [
        attack(name, looks=(look(name, "learned", [0.1], 0.1, [1.0]),)) for name in ("l", "m")
    ]
    assert steps.learned_p(learners, MEMBER, None) == 0.07
    assert asked == [["l", "m"]]


def test_the_score_and_the_learners_hear_of_the_people(monkeypatch):
    asked = []
    cluster = np.arange(8) // 2
    monkeypatch.setattr(
        steps, "vulnerability", lambda *_, cluster, **__: asked.append(cluster.tolist())
    )
    assert found(attack("a"), cluster=cluster).score is None
    monkeypatch.setattr(steps, "clustered_test", lambda *_: Real(np.ones(1), np.ones(1)))
    monkeypatch.setattr(
        steps,
        "learned_p",
        lambda learners, member, unit: (
            asked.append([item.name for item in learners] + unit.tolist()) or 0.5
        ),
    )
    learner = attack("l", fold=np.ones(8, np.int8), looks=())
    scored = [attack("a", looks=A), learner]
    joint_finding(scored, [], MEMBER, cluster=cluster, order=np.arange(8), level=0.9)
    assert asked == [cluster.tolist(), ["l", *cluster.tolist()]]


def test_members_and_non_members_are_told_apart_and_every_learner_is_heard(monkeypatch):
    test = Test()
    test.n_members, test.n_nonmembers = 3, 5
    assert found(test=test, member=np.arange(8) < 3).units == (3, 5)
    asked = []
    monkeypatch.setattr(steps, "clustered_test", lambda *_: Real(np.ones(1), np.ones(1)))
    monkeypatch.setattr(
        steps,
        "learned_p",
        lambda learners, *_: asked.append([item.name for item in learners]) or 0.5,
    )
    learners = [attack(name, fold=np.ones(8, np.int8), looks=()) for name in ("l", "m")]
    for plain in ([attack("a", looks=A)], []):
        joint_finding(
            [*plain, *learners], [], MEMBER, cluster=np.arange(8) // 2, order=MEMBER, level=0.9
        )
    assert asked == [["l", "m"]] * 2
