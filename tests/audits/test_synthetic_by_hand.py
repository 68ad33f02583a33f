"""The audit of a release, piece by piece: what is scored, chosen, counted, sliced and told."""

import inspect
from types import SimpleNamespace

import numpy as np
import pytest

from tacit.attacks import EBLiRA, LiRA, ShadowStack
from tacit.audits import synthetic as room
from tacit.audits.steps.release_report import LABELS
from tacit.audits.steps.tables import tables_of
from tacit.audits.synthetic import (
    _counts,
    _known_columns,
    _number_of_shadows,
    _pooled,
    audit_synthetic,
)
from tacit.core import InvalidInput, Report
from tacit.signals.synthetic import SCORES

N = {"member": 70, "nonmember": 60, "reference": 80}


def table(n, seed):
    rng = np.random.default_rng(seed)
    return {
        "x": rng.normal(size=n),
        "y": rng.normal(size=n),
        "c": rng.permutation(np.array(["low", "mid", "high"])[np.arange(n) % 3]),
    }


def sides():
    return {side: table(n, seed) for seed, (side, n) in enumerate(N.items())}


def handed_over(monkeypatch, *, adjusted=None, strength=None, **options):
    """An audit whose scores and tests are written here, and what it hands on."""
    seen = SimpleNamespace(told=[])
    scores = {name: np.random.default_rng(k).normal(size=130) for k, name in enumerate(SCORES)}

    def joint_test(attacks, membership, *, counts):
        seen.attacks, seen.membership, seen.counts = attacks, membership, counts
        return SimpleNamespace(
            adjusted=dict.fromkeys(attacks, 0.5) | (adjusted or {}),
            strength=dict.fromkeys(attacks, 1.0) | (strength or {}),
        )

    def release_slices(evidence, columns, **given):
        seen.evidence, seen.columns, seen.sliced = evidence, columns, given
        return ()

    def table_risks(game, wanted, **given):
        seen.game, seen.wanted, seen.risk = game, wanted, given
        return ()

    def released_report(made, found, *, records):
        seen.made, seen.found, seen.records = made, found, records
        return Report("inconclusive", "inconclusive", "x")

    def synthetic_scores(rows, released, reference, *, seed):
        seen.scored = (rows.n, released.n, reference.n, seed)
        return scores

    made = (joint_test, release_slices, table_risks, released_report, synthetic_scores)
    for function in made:
        monkeypatch.setattr(room, function.__name__, function)
    seen.report = audit_synthetic(
        table(90, 9), **sides(), progress=lambda *step: seen.told.append(step), **options
    )
    seen.scores = scores
    return seen


def test_a_release_is_audited_at_95_percent_and_with_seed_0_unless_told_otherwise():
    given = inspect.signature(audit_synthetic).parameters
    assert [given[name].default for name in ("level", "seed", "min_cell")] == [
        0.95,
        0,
        room.MIN_CELL,
    ]
    assert room.MIN_CELL >= 2


def test_every_step_is_told_as_it_begins(monkeypatch):
    steps = ["scores", "shadow generators", "one test", "slices", "risks", "report", "report"]
    wanted = [(what, done, 6) for done, what in enumerate(steps)]
    assert handed_over(monkeypatch).told == wanted


def test_members_come_first_and_every_score_is_an_attack(monkeypatch):
    seen = handed_over(monkeypatch, seed=3)
    assert seen.scored == (130, 90, 80, 3)
    assert seen.membership.member.tolist() == [True] * 70 + [False] * 60
    assert list(seen.attacks) == [LABELS[name] for name in SCORES]
    for name in SCORES:
        assert seen.attacks[LABELS[name]] is seen.scores[name]


def test_the_score_with_the_smallest_p_value_is_chosen_and_of_several_the_strongest(monkeypatch):
    one, other = LABELS["gen_lra"], LABELS["domias_kernel"]
    for adjusted, strength, chosen in (
        ({one: 0.01}, {other: 9.0}, one),
        ({one: 0.01, other: 0.01}, {one: 2.0, other: 3.0}, other),
        ({one: 0.01, other: 0.01}, {one: 3.0, other: 2.0}, one),
    ):
        seen = handed_over(monkeypatch, adjusted=adjusted, strength=strength)
        assert seen.found.chosen == chosen
        assert seen.evidence.score.tolist() == seen.attacks[chosen].tolist()


def test_slices_pay_for_all_scores_at_the_level_and_with_the_smallest_cell(monkeypatch):
    seen = handed_over(monkeypatch, level=0.9, min_cell=7)
    assert seen.sliced == {"n_scores": 5, "level": 0.9, "min_cell": 7}
    assert set(seen.columns) == {"c", "isolation"}
    assert seen.risk == {"seed": 0, "level": 0.9}
    assert (seen.made.level, seen.made.seed, seen.records) == (0.9, 0, False)
    # how far a row is from the reference: its calibrated distance less its distance
    apart = seen.scores["calibrated_distance"] - seen.scores["distance"]
    assert seen.found.to_reference.tolist() == apart.tolist()
    code, names = seen.columns["isolation"]
    assert names[0] == "1 of 5, nearest to others first"
    assert apart[code == 0].max() < apart[code == 4].min()


def test_a_column_is_a_secret_or_a_slice_where_it_is_asked_for(monkeypatch):
    seen = handed_over(monkeypatch)
    assert seen.wanted == ["x", "y", "c"]
    seen = handed_over(monkeypatch, secrets=["y", "c", "y"], slices=[], records=True)
    assert seen.wanted == ["y", "c"]
    assert set(seen.columns) == {"isolation"}
    assert seen.records is True
    monkeypatch.setattr(room, "MOST_SECRETS", 2)
    assert handed_over(monkeypatch).wanted == ["x", "y"]


def tables(real=None, release=None, **more):
    real = real or sides()
    given = (real["member"], real["nonmember"], real["reference"])
    return tables_of(release or table(90, 9), *given, **more)


def test_what_is_not_compared_is_no_secret_and_says_why():
    found = tables(ignore=["y"])
    assert _known_columns(found, None, "slices", ["c"]) == ["c"]
    assert _known_columns(found, ["c", "x", "c"], "secrets", []) == ["c", "x"]
    for name in ("y", "z"):
        with pytest.raises(InvalidInput, match=f"`secrets` needs columns.*got '{name}'"):
            _known_columns(found, [name], "secrets", [])


def test_rows_are_counted_as_nearest_and_as_copied_only_where_any_is():
    """Every released row is nearest to one real row or shared by several: 90 in all."""
    real = sides()
    counts = _counts(tables(real))
    assert list(counts) == ["nearest"]
    assert counts["nearest"].sum() == pytest.approx(90)
    release = table(90, 9)
    for name, column in release.items():
        column[:4] = real["member"][name][[5, 6, 7, 7]]
        column[4] = real["nonmember"][name][2]
    counts = _counts(tables(real, release))
    assert list(counts) == ["nearest", "rows copied"]
    assert np.flatnonzero(counts["rows copied"]).tolist() == [5, 6, 7, 72]
    assert counts["rows copied"].max() == 1.0
    assert counts["nearest"][7] >= 2


def test_identifiers_are_counted_where_they_stand_in_the_release():
    real, release = sides(), table(90, 9)
    number = np.random.default_rng(0).choice(10**9, 500, replace=False)
    for at, rows in enumerate((*real.values(), release)):
        n = len(rows["x"])
        rows["key"] = number[100 * at : 100 * at + n]
    assert list(_counts(tables(real, release))) == ["nearest"]
    release["key"][:2] = real["member"]["key"][[1, 3]]
    counts = _counts(tables(real, release))
    assert list(counts) == ["nearest", "key copied"]
    assert np.flatnonzero(counts["key copied"]).tolist() == [1, 3]


def test_members_stand_before_non_members_in_the_pool_of_a_generator():
    member, nonmember = {"a": np.array([1, 2])}, {"a": [3]}
    assert _pooled(member, nonmember)["a"].tolist() == [1, 2, 3]
    with pytest.raises(InvalidInput, match=r"pandas or polars frames, or dicts.*got list"):
        _pooled([1], [2])


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_frames_stay_frames_in_the_pool(package):
    frame = pytest.importorskip(package).DataFrame
    pooled = _pooled(frame({"a": [1, 2]}), frame({"a": [3]}))
    assert type(pooled) is frame
    assert list(pooled["a"]) == [1, 2, 3]


def test_attacks_with_shadow_generators_join_under_their_own_names(monkeypatch):
    """Each scores by the five numbers of a row, in their order, and for the same records."""
    asked = {}

    def shadow_releases(generator, pool, reference, **given):
        asked.update(given, pool=pool, reference=reference.n)
        return SimpleNamespace(signals=lambda target: target)

    def collect(attack, signals, key):
        asked["target"] = signals
        return SimpleNamespace(score=np.full(130, len(type(attack).__name__)))

    monkeypatch.setattr(room, "shadow_releases", shadow_releases)
    monkeypatch.setattr(room, "collect", collect)
    seen = handed_over(monkeypatch, generator=lambda rows, seed: rows, shadows=4, seed=2, kind="k")
    added = list(seen.attacks)[5:]
    kinds = (ShadowStack, EBLiRA, LiRA)
    assert added == [f"{kind.__name__} on 4 shadow generators" for kind in kinds]
    assert [seen.attacks[name][0] for name in added] == [11.0, 6.0, 4.0]
    assert seen.sliced["n_scores"] == 8
    assert (asked["n"], asked["seed"], asked["kind"], asked["reference"]) == (4, 2, "k", 80)
    assert list(asked["columns"]) == ["x", "y", "c"]
    assert len(asked["pool"]["x"]) == 130
    wanted = np.stack([seen.scores[name] for name in SCORES], axis=1).astype(np.float32)
    assert asked["target"].tolist() == wanted.tolist()


def test_a_number_of_shadow_generators_needs_a_generator_and_four():
    def made(rows, seed):
        return rows

    assert _number_of_shadows(made, None, {}) == 12
    assert _number_of_shadows(None, 0, {}) == 0
    for generator, shadows, training, said in (
        (made, 3, {}, "`shadows` needs 4"),
        (None, 4, {}, "`shadows` needs `generator=`"),
        (None, None, {"pool": 1}, "`pool` needs `generator=`"),
        (3, None, {}, "`generator` needs a function.*got int"),
    ):
        with pytest.raises(InvalidInput, match=said):
            _number_of_shadows(generator, shadows, training)


def test_a_column_of_one_value_is_no_slice_and_neither_is_one_of_very_many(monkeypatch):
    real = sides()
    for side in real.values():
        n = len(next(iter(side.values())))
        side["one"] = np.full(n, "a")
        side["many"] = np.array([f"v{k}" for k in range(n)])
    release = table(90, 9)
    release["one"] = np.full(90, "a")
    release["many"] = np.array([f"v{k}" for k in range(90)])
    monkeypatch.setattr(room, "MOST_SLICES", 40)
    assert room._categories(tables(real, release)) == ["c"]
