"""The audit of labels, piece by piece: what is asked, of whom, and what is handed to the test."""

import inspect
from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits import label_only as room
from tacit.audits.label_only import _joined, _pair, _probes, audit_label_only
from tacit.audits.steps.only_labels import labels_answered, predict_of
from tacit.core import InvalidInput, Report
from tacit.signals.probes import noise_robustness


class Stop(Exception):
    """The audit is not looked at any further."""


def predict(x):
    return (np.asarray(x).reshape(len(x), -1)[:, 0] > 0).astype(int)


def handed_over(monkeypatch, train, test, **options):
    """What the audit measured, before anything is concluded from it."""
    seen = SimpleNamespace()

    def concluded(scored, outputs, membership, order, columns, **given):
        seen.scored, seen.outputs, seen.membership = scored, outputs, membership
        seen.columns, seen.given = columns, given
        raise Stop

    monkeypatch.setattr(room, "_concluded", concluded)
    with pytest.raises(Stop):
        audit_label_only(predict, train=train, test=test, **options)
    return seen


def sides(shape=(2,), sizes=(12, 9)):
    rng = np.random.default_rng(0)
    return tuple((rng.normal(size=(n, *shape)), rng.integers(0, 2, n)) for n in sizes)


def test_thirty_copies_at_three_sizes_of_noise_and_seed_0_are_the_usual():
    given = inspect.signature(audit_label_only).parameters
    assert given["scales"].default == (0.1, 0.3, 1.0)
    assert [given[name].default for name in ("n_copies", "level", "seed")] == [30, 0.95, 0]
    assert (room.SCALES, room.N_COPIES) == ((0.1, 0.3, 1.0), 30)
    assert room.METRICS == ("auc", "tpr@fpr=0.01", "tpr@fpr=0.001")


def test_train_are_the_members_and_every_probe_is_scored_once_a_record(monkeypatch):
    train, test = sides()
    seen = handed_over(monkeypatch, train, test, n_copies=2, seed=3, level=0.9, min_cell=7)
    assert seen.membership.member.tolist() == [True] * 12 + [False] * 9
    assert [item.name for item in seen.scored] == [
        room.GAP,
        "noise of 0.1 deviations",
        "noise of 0.3 deviations",
        "noise of 1 deviations",
        "noise of all sizes",
    ]
    right = np.concatenate([predict(x) == y for x, y in (train, test)])
    assert seen.scored[0].evidence.score.tolist() == right.astype(float).tolist()
    assert [seen.given[name] for name in ("level", "seed", "min_cell")] == [0.9, 3, 7]
    assert seen.outputs.label.tolist() == [*train[1], *test[1]]


def test_a_blind_guesser_sees_tables_and_what_it_is_given(monkeypatch):
    """Numbers (n, d) are columns by themselves; pictures and words are none."""
    train, test = sides()
    seen = handed_over(monkeypatch, train, test, scales=())
    np.testing.assert_allclose(seen.columns, np.concatenate([train[0], test[0]]))
    pictures = sides(shape=(2, 3))
    assert handed_over(monkeypatch, *pictures, scales=()).columns is None
    single = sides(shape=())
    assert handed_over(monkeypatch, *single, scales=()).columns is None
    own = (np.arange(12), np.arange(9) + 100)
    seen = handed_over(monkeypatch, *pictures, scales=(), features=own)
    assert seen.columns.tolist() == [*range(12), *range(100, 109)]
    # what is given comes before the table itself
    seen = handed_over(monkeypatch, train, test, scales=(), features=own)
    assert seen.columns.tolist() == [*range(12), *range(100, 109)]


def test_units_are_those_of_train_and_then_of_test(monkeypatch):
    units = (np.arange(12) // 2, 50 + np.arange(9) // 3)
    seen = handed_over(monkeypatch, *sides(), scales=(), cluster=units)
    found = np.unique(seen.membership.cluster, return_inverse=True)[1]
    assert found.tolist() == [*np.arange(12) // 2, *(6 + np.arange(9) // 3)]


def test_a_pair_needs_as_many_rows_as_there_are_records():
    sizes = (3, 2)
    assert _joined(([1, 2, 3], [4, 5]), "cluster", sizes).tolist() == [1, 2, 3, 4, 5]
    for wrong in (([1, 2], [4, 5]), ([1, 2, 3], [4]), (7, [4, 5]), ([1, 2, 3], np.array(4))):
        with pytest.raises(InvalidInput, match=r"`cluster` needs [23] rows"):
            _joined(wrong, "cluster", sizes)
    for wrong in ([1, 2, 3, 4, 5], ([1, 2, 3], [4], [5]), 3):
        with pytest.raises(InvalidInput, match="`cluster` needs a pair"):
            _joined(wrong, "cluster", sizes)


def test_a_side_has_one_label_a_record():
    x = np.zeros((3, 2))
    assert _pair((x, [0, 1, 0]), "train")[1].tolist() == [0, 1, 0]
    for wrong in ((x, [0, 1]), (x, [[0], [1], [0]]), (x[:0], []), (x, None), (x,), x):
        with pytest.raises(InvalidInput, match="`train` needs"):
            _pair(wrong, "train")


def test_a_model_is_asked_by_its_predict_where_it_has_one():
    x = np.array([-1.0, 2.0])
    assert predict_of(np.sign, x)(x).tolist() == [-1, 1]
    assert predict_of(SimpleNamespace(predict=abs), x)(x).tolist() == [1, 2]
    for odd in (SimpleNamespace(predict=3), 3):
        with pytest.raises(InvalidInput, match="`model` needs a `predict`"):
            predict_of(odd, x)


def test_records_that_differ_by_however_little_are_no_copies():
    """Only the sign of zero is left out of what is compared; pictures are read as they are."""
    x = np.array([[1e-20], [2e-20], [0.0], [-0.0]])
    first, second, zero, other = room._digest(x, np.zeros(4)).tolist()
    assert len({first, second, zero}) == 3
    assert zero == other
    pictures = np.zeros((3, 2, 2))
    pictures[1, 1, 1] = 1
    found = room._digest(pictures, np.zeros(3))
    assert (found[0] == found[2], found[0] == found[1]) == (True, False)


def test_one_class_is_still_one_of_two_and_one_column_is_no_score():
    """Probabilities need two columns; answers (n, 1) are labels, answers (n, 2) are scores."""
    outputs = labels_answered(lambda x: np.full(len(x), 7), ([0, 0], [0]), np.full(3, 7))
    assert outputs.probs.tolist() == [[1, 0]] * 3
    assert outputs.label.tolist() == [0, 0, 0]
    column = labels_answered(lambda x: np.full((len(x), 1), 7), ([0, 0], [0]), np.array([7, 7, 9]))
    assert column.probs.tolist() == [[1, 0]] * 3
    assert column.label.tolist() == [0, 0, 1]


def test_noise_is_of_the_seed_and_the_scale_that_are_asked_for():
    """Labels of a boundary at 0, records .3 deviations away: shares by the probe itself."""
    x = np.concatenate([np.full((20, 1), 0.1), np.full((20, 1), -0.5)])
    y = predict(x)
    given = {"n_copies": 5, "changes": ()}
    found = _probes(predict, (x[:30], x[30:]), x, y, scales=(1.0, 2.0), seed=4, **given)
    for scale in (1.0, 2.0):
        wanted = noise_robustness(predict, x, y, scale=scale, n_copies=5, seed=4)
        assert found[f"noise of {scale:g} deviations"].tolist() == wanted.tolist()
    one, two = (found[f"noise of {scale} deviations"] for scale in (1, 2))
    assert (one != two).any()
    assert found["noise of all sizes"].tolist() == ((one + two) / 2).tolist()
    other = _probes(predict, (x[:30], x[30:]), x, y, scales=(1.0, 2.0), seed=5, **given)
    assert other["noise of 1 deviations"].tolist() != found["noise of 1 deviations"].tolist()


def test_each_side_is_asked_with_its_own_labels():
    """Three records whose labels are right, then two whose labels are wrong."""
    x = [np.array([[1.0], [-1.0], [2.0]]), np.array([[1.0], [-2.0]])]
    y = np.array([1, 0, 1, 0, 1])
    found = _probes(predict, tuple(x), None, y, scales=(1.0,), n_copies=2, changes=(abs,), seed=0)
    assert found[room.GAP].tolist() == [1, 1, 1, 0, 0]
    # of the record and its absolute value: the second is wrong about -1 alone
    assert found["augmentations"].tolist() == [1, 0.5, 1, 0, 0.5]


def test_the_report_counts_questions_and_names_the_model(monkeypatch):
    train, test = sides(sizes=(40, 40))
    open_ended = Report("inconclusive", "inconclusive", "x")
    monkeypatch.setattr(room, "_concluded", lambda *_, **more: open_ended)
    options = {"scales": (0.5,), "n_copies": 3, "augmentations": (np.negative,), "seed": 2}
    report = audit_label_only(predict, train=train, test=test, level=0.9, command="c", **options)
    made = report.environment
    # the record; itself and three copies; itself and its negative
    assert made["questions"] == 1 + 4 + 2
    assert [made[name] for name in ("seed", "level", "command", "task")] == [
        2,
        0.9,
        "c",
        "labels only",
    ]
    assert report.title == "function"
    shares = [(predict(x) == y).mean() for x, y in (train, test)]
    assert [report.accuracy[name] for name in ("member", "nonmember")] == pytest.approx(shares)


def test_every_part_is_asked_at_the_level_and_with_the_cells_and_units_of_the_audit(monkeypatch):
    seen = {}
    real = {name: getattr(room, name) for name in ("joint_finding", "slice_results", "figures")}

    def noting(name, result=None):
        def part(*given, **named):
            seen[name] = named
            return real[name](*given, **named) if result is None else result[0]

        monkeypatch.setattr(room, name, part)

    for name in real:
        noting(name)
    noting("blind_result", (None,))
    noting("split_warning", (("", ()),))
    units = (np.arange(20), 50 + np.arange(20))
    given = {"scales": (), "cluster": units, "level": 0.9, "seed": 4, "min_cell": 7}
    train, test = sides(sizes=(20, 20))
    report = audit_label_only(predict, train=train, test=test, **given)
    for name in ("joint_finding", "slice_results", "blind_result"):
        assert seen[name]["level"] == 0.9
    assert seen["slice_results"]["min_cell"] == 7
    assert len(np.unique(seen["joint_finding"]["cluster"])) == 40
    assert seen["split_warning"]["seed"] == 4
    assert seen["figures"]["level"] >= 0.9
    assert report.assumes[0] == room.ASSUMES[0]


def test_a_table_with_gaps_is_not_asked_with_noise():
    whole = room._together(np.zeros((2, 2)), np.ones((1, 2)))
    assert whole.tolist() == [[0, 0], [0, 0], [1, 1]]
    for gap in (np.nan, np.inf):
        assert room._together(np.array([[0.0, gap]]), np.ones((1, 2))) is None
    assert room._together(np.zeros((2, 2)), np.ones((1, 3))) is None
    assert room._together(np.array([["a"]]), np.array([["b"]])) is None
