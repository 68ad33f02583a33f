"""Pieces of the audit with shadow models, worked out by hand."""

import inspect
from types import SimpleNamespace

import numpy as np
import pytest

from tacit.attacks import BASE
from tacit.audits import shadow
from tacit.core import Estimate, Evidence, Membership, NotEnoughData, Signals

N = 12


def signals_of(member):
    """As many shadow models as rows of `member`."""
    rng = np.random.default_rng(0)
    return Signals.of(
        rng.normal(size=member.shape[1]),
        shadow=rng.normal(size=member.shape),
        shadow_member=member,
        statistic="scaled_logit",
        scale="logit",
    )


def halves(m):
    """m models on unlike halves of the records."""
    rng = np.random.default_rng(1)
    return np.stack([rng.permutation(np.arange(N) < N // 2) for _ in range(m)])


def area(value, p_value):
    return Estimate("auc", value, value - 0.1, value + 0.1, 0.95, N, "by hand", p_value=p_value)


def said(monkeypatch, member, areas, level=0.75):
    """What is said of fewer shadow models, where `areas` says the AUC and p-value of each number;
    None where there are too few.
    """

    def collect(attack, fewer, membership):
        if areas[fewer.n_shadows] is None:
            raise NotEnoughData("too few", needed=4, got=fewer.n_shadows, unit="models")
        # those that are kept are the first ones, with their records
        assert np.array_equal(fewer.shadow_member, member[: fewer.n_shadows])
        return fewer.n_shadows

    monkeypatch.setattr(shadow, "collect", collect)
    monkeypatch.setattr(shadow, "auc", lambda number, level: area(*areas[number]))
    best = SimpleNamespace(attack=BASE())
    truth = Membership(np.arange(N) < N // 2)
    return shadow._by_number(best, signals_of(member), len(member), truth, level)


BY_NUMBER = "AUC on the audited model by the number of shadow models "


@pytest.mark.parametrize(
    ("p_values", "told"),
    [
        # significant at 0.25, that itself counted
        ((0.25, 0.25, 0.25), "the finding is the same from 2 on"),
        ((0.26, 0.25, 0.1), "the finding is the same from 4 on"),
        ((0.1, 0.26, 0.1), "fewer would have changed the finding"),
        ((0.3, 0.3, 0.3), "the finding is the same from 2 on"),
        ((0.1, None, 0.3), "the finding is the same from 4 on"),
    ],
)
def test_a_quarter_and_a_half_of_the_shadow_models_are_asked_too(monkeypatch, p_values, told):
    areas = dict(zip((2, 4, 8), [(0.55, p_values[0]), (0.6, p_values[1]), (0.7, p_values[2])]))
    (found,) = said(monkeypatch, halves(8), areas)
    assert found == f"{BY_NUMBER}(2: 0.550, 4: 0.600, 8: 0.700); {told}"


def test_pairs_of_shadow_models_stay_together(monkeypatch):
    """Four pairs of mates: half of them are two pairs, a quarter is one."""
    member = np.repeat(halves(4), 2, axis=0)
    member[1::2] = ~member[1::2]
    areas = {2: (0.55, 0.1), 4: (0.6, 0.1), 8: (0.7, 0.1)}
    (found,) = said(monkeypatch, member, areas)
    assert "(2: 0.550, 4: 0.600, 8: 0.700)" in found


def test_numbers_that_are_too_few_are_left_out(monkeypatch):
    areas = {1: (0.5, 0.5), 2: None, 4: (0.6, 0.1), 8: (0.7, 0.1)}
    (found,) = said(monkeypatch, halves(8), areas)
    assert found == f"{BY_NUMBER}(4: 0.600, 8: 0.700); the finding is the same from 4 on"
    assert said(monkeypatch, halves(8), areas | {4: None}) == []
    # two models: half of them is one, and a quarter none
    (found,) = said(monkeypatch, halves(2), {1: (0.5, 0.5), 2: (0.7, 0.1)})
    assert found == f"{BY_NUMBER}(1: 0.500, 2: 0.700); fewer would have changed the finding"
    assert said(monkeypatch, halves(1), {1: (0.7, 0.1)}) == []


def test_the_control_counts_models_draws_and_records(monkeypatch):
    member = np.repeat(halves(3), 2, axis=0)
    member[1::2] = ~member[1::2]
    member[4:] = [[True] * 9 + [False] * 3, [True] * 9 + [False] * 3]
    asked = []

    def between(evidences, metric, *, level, pairs):
        asked.append((metric, level, pairs))
        if metric == "auc":
            return area(0.6, 0.1)
        raise NotEnoughData("too few", needed=4, got=1, unit="models")

    monkeypatch.setattr(shadow, "between_models", between)
    monkeypatch.setattr(shadow, "_by_number", lambda *_: ["and more"])
    best = SimpleNamespace(attack=BASE(), evidences=())
    found = shadow.models_control(best, signals_of(member), None, None, level=0.9)
    pairs = [(0, 1), (2, 3), (4, 5)]
    assert asked == [(name, 0.9, pairs) for name in ("auc", "tpr@fpr=0.01", "tpr@fpr=0.001")]
    assert [estimate.name for estimate in found.estimates] == ["auc"]
    assert found.remarks == (
        "6 shadow models were used (3 independent draws of records)",
        "and more",
    )
    assert (found.n_members, found.n_nonmembers) == (4 * 6 + 2 * 9, 4 * 6 + 2 * 3)


def test_an_attack_promises_its_mean_rate_over_shadow_targets_or_its_area():
    member = np.arange(400) % 2 == 0
    perfect, none = Evidence.of(1.0 * member, member), Evidence.of(np.zeros(400), member)
    assert shadow._promise((perfect, none), 0.95) == pytest.approx(0.5, abs=0.01)
    few = np.arange(40) % 2 == 0
    perfect, none = Evidence.of(1.0 * few, few), Evidence.of(np.zeros(40), few)
    # 20 non-members tell nothing of 1 in 100: the areas are 1 and 1/2
    assert shadow._promise((perfect, none, none, none), 0.95) == pytest.approx(0.625)


def test_what_was_not_chosen_is_judged_by_its_best_look(monkeypatch):
    monkeypatch.setattr(shadow, "result_of", lambda item, **known: known)
    looks = [SimpleNamespace(p_value=[0.3, 0.04]), SimpleNamespace(p_value=[0.2])]
    found = shadow._beside(SimpleNamespace(looks=looks), level=0.9, policy=None)
    assert found == {"level": 0.9, "every": False, "policy": None, "p_value": 0.04}


def test_attacks_with_too_few_shadow_models_are_left_out(monkeypatch):
    """The first has too few; with no other left, its error says what is needed."""

    def played(attack, signals, *, cluster):
        if attack == "short":
            raise NotEnoughData("needs 4 models", needed=4, got=2, unit="models")
        return (attack, cluster)

    monkeypatch.setattr(shadow, "shadow_evidence", played)
    monkeypatch.setattr(shadow, "_promise", lambda evidences, level: level)
    truth = Membership(np.arange(4) < 2, cluster=np.arange(4))
    told = []

    def tell(*progress):
        told.append(progress)

    found = shadow.played_by(("short", "long"), None, truth, level=0.9, tell=tell)
    assert [(item.attack, item.promise) for item in found] == [("long", 0.9)]
    assert found[0].evidences[1] is truth.cluster
    assert told == [("str", 0, 3), ("str", 1, 3)]
    with pytest.raises(NotEnoughData, match="needs 4 models"):
        shadow.played_by(("short",), None, truth, level=0.9, tell=tell)


def test_kept_records_carry_their_own_vulnerability(monkeypatch):
    """Records 2 and 0 were scored; what is known of all three is read at their rows."""
    score, member = np.array([0.5, 1.5]), np.array([True, False])
    evidence = Evidence(score, member, None, "observed", "BASE()", np.array([2, 0]))
    exposed = {"vulnerability": [10.0, 11.0, 12.0]}
    monkeypatch.setattr(shadow, "vulnerability", lambda evidences, level: exposed)
    found = shadow._records(evidence, "base", (), level=0.9)
    assert found == {
        "attack": "base",
        "row": [2, 0],
        "member": [True, False],
        "score": [0.5, 1.5],
        "vulnerability": [12.0, 10.0],
    }


def test_base_is_for_signals_that_have_a_scale():
    names = {
        scale: [type(attack).__name__ for attack in shadow.shadow_attacks(scale)]
        for scale in ("none", "logit", "log-likelihood")
    }
    assert names["none"] == ["ShadowStack", "EBLiRA", "LiRA"]
    assert names["logit"] == names["log-likelihood"] == [*names["none"], "BASE"]
    assert [type(attack).__name__ for attack in shadow.shadow_attacks()] == names["logit"]


def test_an_attack_that_nothing_can_be_measured_of_promises_nothing():
    alone = Evidence.of(np.arange(3.0), np.ones(3, bool))
    assert shadow._promise((alone, alone), 0.95) == 0.0


@pytest.mark.parametrize(
    ("group", "sliced"), [(None, False), (0, False), (1, True)], ids=["none", "one", "two"]
)
def test_classes_are_slices_where_there_are_two_of_them(monkeypatch, group, sliced):
    from tacit.testing import ShadowGaussian

    class Stop(Exception):
        pass

    seen = []

    def looks(columns, scored, member):
        seen.append(list(columns))
        raise Stop

    monkeypatch.setattr(shadow, "slice_looks", looks)
    game = ShadowGaussian(n_shadows=4, shift=1.0).draw(60, seed=0)
    signals = game.signals
    if group is not None:
        signals = signals.changed(group=np.arange(60) % (group + 1))
    given = {"half": np.repeat(["a", "b"], 30)}
    with pytest.raises(Stop):
        shadow.shadow_audit(signals, game.membership, attacks=(BASE(),), slices=given)
    assert seen == [["class", "half"] if sliced else ["half"]]


def test_a_small_audit_at_another_level_is_at_that_level_throughout():
    from tacit.attacks import LiRA
    from tacit.testing import ShadowGaussian

    game = ShadowGaussian(n_shadows=4, shift=1.0).draw(60, seed=0)
    asked = []
    report = shadow.shadow_audit(
        game.signals,
        game.membership,
        attacks=(BASE(), LiRA(variance="fixed")),
        level=0.9,
        command="c",
        progress=lambda *step: asked.append(step),
    )
    made = report.environment
    assert (made["level"], made["command"], made["n_shadows"], made["seed"]) == (0.9, "c", 4, 0)
    (other,) = {"BASE", "LiRA"} - {report.chosen}
    assert {item.level for item in report.check(other).estimates} == {0.9}
    assert {item.level for item in report.check("shadow models as targets").estimates} == {0.9}
    assert asked == [("BASE", 0, 3), ("LiRA", 1, 3)]
    assert report.figures["roc"][0]["attack"] == report.chosen
    usual = inspect.signature(shadow.shadow_audit).parameters
    assert usual["level"].default == 0.95


def test_every_part_is_asked_at_the_level_and_with_the_cells_and_units_of_the_audit(monkeypatch):
    from tacit.testing import ShadowGaussian

    seen = {}

    def noting(name):
        real = getattr(shadow, name)

        def part(*given, **named):
            seen[name] = named
            return real(*given, **named)

        monkeypatch.setattr(shadow, name, part)

    parts = ("joint_finding", "slice_results", "models_control", "resemblance", "figures")
    for name in parts:
        noting(name)
    game = ShadowGaussian(n_shadows=4, shift=1.0).draw(60, seed=0)
    report = shadow.shadow_audit(
        game.signals,
        Membership(game.membership.member, np.arange(60), game.membership.assignment),
        attacks=(BASE(),),
        level=0.9,
        min_cell=7,
        accuracy=0.7,
        shadow_accuracy=[0.6, 0.8],
        slices={"half": np.repeat(["a", "b"], 30)},
        records=True,
    )
    for name in ("joint_finding", "slice_results", "models_control", "figures"):
        assert seen[name]["level"] == 0.9
    assert seen["slice_results"]["min_cell"] == 7
    assert seen["joint_finding"]["cluster"].tolist() == list(range(60))
    assert seen["resemblance"] == {"accuracy": 0.7, "shadow_accuracy": [0.6, 0.8]}
    assert sorted(report.records["row"]) == list(range(60))
    assert report.assumes[0] == shadow.ASSUMES
