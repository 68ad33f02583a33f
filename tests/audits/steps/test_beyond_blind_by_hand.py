"""The records of a comparison with what they give away: which, in which folds, told of what."""

from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits.steps import beyond_blind as steps
from tacit.core import Evidence, NotEnoughData, Outputs
from tacit.metrics.prequential import deal_folds

N = 80
MEMBER = np.arange(N) % 2 == 0


def paper(score=None, *, rows=None, cluster=None):
    rows = np.arange(N) if rows is None else rows
    score = np.random.default_rng(0).normal(size=len(rows)) if score is None else score
    unit = None if cluster is None else cluster[rows]
    return Evidence(score, MEMBER[rows], unit, "observed", "x", rows)


def item(evidence, **more):
    return SimpleNamespace(evidence=evidence, name="a", **more)


@pytest.fixture
def quiet(monkeypatch):
    """Baselines are compared by nothing: what was asked is kept."""
    seen = SimpleNamespace(baselines=[], top=[])

    def more_than(evidence, baseline, top):
        seen.baselines.append(baseline)
        seen.top.append(top)
        return 0.01

    monkeypatch.setattr(steps, "more_than", more_than)
    monkeypatch.setattr(steps, "no_leak_p_value", lambda _: 0.0)
    monkeypatch.setattr(steps, "_best_cut", lambda found, item: 0.25)
    return seen


def records(rows=None, *, difficulty=(), predicted=None):
    rows = np.arange(N) if rows is None else rows
    return SimpleNamespace(
        rows=rows,
        difficulty=difficulty,
        limit=1.0,
        how="it",
        predicted=predicted or (lambda own, rows: own),
    )


FOUND = SimpleNamespace(member=MEMBER, level=0.9)


def test_only_records_that_are_compared_and_scored_are_in_it(quiet):
    """Every third record is compared, the first ten were not scored: their difficulties follow."""
    compared, scored = np.arange(0, N, 3)[::-1], np.random.default_rng(1).permutation(70) + 10
    asked = []
    hard = compared * 10.0  # the difficulty of a record is ten times its row
    known = records(
        compared, difficulty=(hard,), predicted=lambda own, rows: asked.append((own, rows)) or own
    )
    _, result = steps._compared(FOUND, item(paper(rows=scored)), known, None, 0.05)
    both = [row for row in scored if row % 3 == 0]
    ((own, rows),) = asked
    assert compared[rows].tolist() == both
    assert quiet.baselines[1].score.tolist() == [10.0 * row for row in both]
    assert quiet.baselines[1].row.tolist() == both
    inside = sum(MEMBER[both])
    assert (result.n_members, result.n_nonmembers) == (inside, len(both) - inside)
    # what is to be predicted are the attack's ranks among them, twice as shares from the middle
    score = paper(rows=scored).score[[row in both for row in scored]]
    rank = np.argsort(np.argsort(score))
    assert own == pytest.approx((2 * rank + 1 - len(both)) / len(both))


def test_in_a_slice_its_own_records_are_compared_by_their_ranks(quiet):
    """The difficulty of a record is its row; the slice holds the last thirty."""
    inside = np.arange(N) >= 50
    known = records(difficulty=(np.arange(80.0),))
    steps._compared(FOUND, item(paper()), known, inside, 0.05)
    assert quiet.baselines[1].score.tolist() == list(range(50, 80))
    assert quiet.baselines[1].member.tolist() == MEMBER[50:].tolist()
    assert quiet.top == [None, None]
    steps._compared(FOUND, item(paper()), known, None, 0.05)
    assert quiet.top[2:] == [0.25, 0.25]


def test_people_stay_whole_in_what_an_attack_is_compared_with(quiet):
    cluster = np.arange(N) // 4
    _, result = steps._compared(FOUND, item(paper(cluster=cluster)), records(), None, 0.05)
    assert quiet.baselines[0].cluster.tolist() == cluster.tolist()
    assert "clusters are independent" in result.estimates[0].assumes


@pytest.mark.parametrize(("alpha", "passes"), [(0.01, True), (0.0099, False)])
def test_an_attack_passes_at_exactly_the_error(quiet, alpha, passes):
    passed, result = steps._compared(FOUND, item(paper()), records(), None, alpha)
    assert passed is passes
    assert result.p_value == 0.01


def told(**more):
    kept = {
        "rows": np.arange(6),
        "table": np.arange(12, dtype=np.float32).reshape(6, 2),
        "fold": np.array([0, 1, 2, 0, 1, 2], np.int8),
        "difficulty": (np.arange(6.0) * 100,),
        "seed": 7,
        "limit": 1.0,
    }
    return steps._Records(**(kept | more))


def test_columns_and_difficulties_of_the_rows_that_are_asked_predict_a_score(monkeypatch):
    seen = []

    def trees_guess(columns, score, fold, *, seed):
        seen.append((columns.tolist(), score.tolist(), fold.tolist(), seed))
        return score

    monkeypatch.setattr(steps, "trees_guess", trees_guess)
    known = told()
    known.predicted(np.array([0.5, 0.25]), np.array([4, 2]))
    assert seen == [([[8, 9, 400], [4, 5, 200]], [0.5, 0.25], [1, 2], 7)]
    assert known.how == steps.TREES_GUESS


def test_labels_alone_predict_the_mean_of_their_class_in_other_folds(monkeypatch):
    seen = []
    monkeypatch.setattr(
        steps, "class_means", lambda *given: seen.append([part.tolist() for part in given])
    )
    known = told(label=np.array([5, 6, 7, 5, 6, 7]))
    known.predicted(np.array([0.5, 0.25]), np.array([4, 2]))
    assert seen == [[[6, 7], [0.5, 0.25], [1, 2]]]


def of(features=None, *, most=10**6, cluster=None, seed=3, outputs=None):
    order = np.random.default_rng(2).permutation(N)
    found = SimpleNamespace(member=MEMBER, order=order, cluster=cluster)
    if outputs is None:
        outputs = Outputs(probs=np.full((N, 2), 0.5), label=np.arange(N) // 40)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "MOST_COMPARED", most)
        asked = []

        def difficulties(features, outputs, rows, fold, *, seed):
            asked.append((features, rows, fold, seed))
            return (rows * 1.0,)

        patch.setattr(steps, "difficulties", difficulties)
        return steps._records(found, outputs, features, seed), order, asked


@pytest.mark.parametrize(("most", "step"), [(80, 1), (79, 2), (40, 2), (39, 3), (7, 12)])
def test_at_most_so_many_records_spread_evenly_are_compared(most, step):
    features = np.arange(N, dtype=np.float32)[:, None]
    known, order, asked = of(features, most=most)
    rows = order[::step]
    assert known.rows.tolist() == rows.tolist()
    # the column, a column a label, and the column times each
    label = rows // 40
    wanted = np.stack([rows, label == 0, label == 1, rows * (label == 0), rows * (label == 1)], 1)
    assert known.table.tolist() == wanted.tolist()
    assert known.fold.tolist() == deal_folds(order, cluster=None)[rows].tolist()
    ((columns, asked_rows, fold, seed),) = asked
    assert columns[:, 0].tolist() == asked_rows.tolist() == rows.tolist()
    assert fold.tolist() == known.fold.tolist()
    assert seed == known.seed == 3
    assert steps.MOST_COMPARED == 100_000


def test_folds_hold_whole_people():
    cluster = np.arange(N) // 4
    known, order, _ = of(np.ones((N, 1), np.float32), cluster=cluster)
    assert known.fold.tolist() == deal_folds(order, cluster=cluster)[order].tolist()
    assert all(len(set(known.fold[cluster[order] == unit])) == 1 for unit in range(20))


def test_numbers_that_are_predicted_are_columns_and_have_no_classes():
    truth = np.stack([np.arange(80.0), -np.arange(80.0)], axis=1)
    outputs = Outputs(prediction=np.zeros((N, 2)), truth=truth)
    assert steps._labels(outputs, np.arange(outputs.n)).tolist() == truth.tolist()
    known, order, _ = of(outputs=outputs)
    assert (known.label, known.limit, known.difficulty) == (None, 0.05, ())
    assert known.table.tolist() == truth[order].tolist()
    several = Outputs(logits=np.zeros((N, 2)), label=(truth > 40).astype(int))
    known, order, _ = of(outputs=several)
    assert known.label is None
    assert known.table.tolist() == (truth[order] > 40).tolist()


def test_two_hundred_products_are_few_and_more_are_not():
    label = np.ones((1, 3), np.float32)
    assert steps._products(np.ones((1, 66), np.float32), label).shape == (1, 198)
    assert steps._products(np.ones((1, 67), np.float32), label).shape == (1, 0)


def test_an_attack_is_significant_at_exactly_the_error():
    for p, said in ((0.05, True), (0.0501, False), (None, False)):
        found = SimpleNamespace(alpha=0.05, p_values=lambda _, p=p: (0.0, p))
        assert steps._significant(found, None) is said


def test_records_that_cannot_be_compared_are_no_leak(monkeypatch):
    """The first attack was compared and lost, the second has too few records."""
    left = iter([(False, "first"), NotEnoughData("too few people", needed=2, got=1)])

    def compared(*_):
        done = next(left)
        if isinstance(done, NotEnoughData):
            raise done
        return done

    monkeypatch.setattr(steps, "_compared", compared)
    monkeypatch.setattr(steps, "_records", lambda *_: "records")
    items = [SimpleNamespace(looks=(1,), p=p) for p in (0.01, 0.02, 0.03)]
    found = SimpleNamespace(scored=items, alpha=0.05, p_values=lambda item: (None, item.p))
    beyond = steps.beyond_blind(found, None, None, seed=0)
    assert (beyond.passes, beyond.results) == (False, ("first",))
    assert beyond.reason == "too few people"
    monkeypatch.setattr(steps, "_records", lambda *_: None)
    assert steps.beyond_blind(found, None, None, seed=0).passes


@pytest.mark.parametrize(
    ("value", "p", "one_sided"),
    [(0.2, None, 0.5), (0.2, 0.04, 0.02), (0.0, 1.0, 0.5), (-0.2, 0.04, 0.98), (-0.2, None, 0.5)],
)
def test_half_of_a_two_sided_p_value_is_that_of_more(monkeypatch, value, p, one_sided):
    """Where the two cannot be told apart at all there is none, which is no evidence."""
    known = SimpleNamespace(value=value, p_value=p)
    monkeypatch.setattr(steps, "paired_auc_difference", lambda *_: known)
    assert steps.more_than(None, None, None) == pytest.approx(one_sided)


def test_the_cut_is_a_share_of_all_records_that_is_most_significant():
    """Three cuts of 8, 16 and 40 of 80: the second has the smallest corrected p-value."""
    looks = [
        SimpleNamespace(source="a", kind="slice", n_top=np.array([1]), at=[0]),
        SimpleNamespace(source="a", kind="rank", n_top=None, at=[1]),
        SimpleNamespace(source="a", kind="cut", n_top=np.array([8, 16, 40]), at=[2, 3, 4]),
        SimpleNamespace(source="b", kind="rank", n_top=None, at=[5]),
    ]
    adjusted = np.array([0.001, 0.0501, 0.04, 0.01, 0.9, 0.001])
    test = SimpleNamespace(looks=looks, adjusted=adjusted, places=lambda look: look.at)
    found = SimpleNamespace(test=test, alpha=0.05, member=MEMBER)
    assert steps._best_cut(found, SimpleNamespace(source="a")) == 16 / 80
    adjusted[1] = 0.05
    assert steps._best_cut(found, SimpleNamespace(source="a")) is None
