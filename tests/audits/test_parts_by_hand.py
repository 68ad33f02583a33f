"""Pieces of audits that need no whole audit: what is counted, paired, drawn and left out."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import norm, t

from tacit.audits import (
    explore,
    history,
    label_only,
    synthetic,
    unlearning,
)
from tacit.audits.compare import _beats, _n_nonmembers, _points, measured_of, paying
from tacit.audits.steps.bench import CONFIRMATION, RACE, Bench
from tacit.audits.steps.differences import records_of
from tacit.audits.steps.forgotten import forgotten_units, rows_to_forget
from tacit.audits.steps.only_labels import labels_answered
from tacit.audits.steps.three_arms import OTHER_SEED, ThreeArms
from tacit.core import CheckResult, Estimate, Evidence, InvalidInput, NotEnoughData, Report
from tacit.core.comparison import Point


def estimate(value, low, high, *, level=0.95, name="advantage", n=100):
    return Estimate(name, value, low, high, level, n, "by hand")


def test_whoever_is_named_of_several_pays_with_the_upper_end_alone():
    """The upper end lies .1 above at 95 %, so at 1 - .05 / 4 by the ratio of the quantiles."""
    point = Point("a", "a", None, 0.9, estimate(0.3, 0.2, 0.4))
    paid = paying(point, 4).score
    assert (paid.value, paid.low) == (0.3, 0.2)
    assert paid.high == pytest.approx(0.3 + 0.1 * norm.isf(0.025 / 4) / norm.isf(0.025))
    assert "choice among 4" in paid.method
    runs = Point("a", "a", None, 0.9, estimate(0.3, 0.2, 0.4), runs=3)
    wider = t.isf(0.025 / 4, 2) / t.isf(0.025, 2)
    assert paying(runs, 4).score.high == pytest.approx(min(1.0, 0.3 + 0.1 * wider))
    assert paying(point, 1) is point
    assert paying(point, 2).score.high > 0.4
    # never above 1, and nothing to pay with where there is no upper end
    assert paying(Point("a", "a", None, 0.9, estimate(0.9, 0.8, 0.99)), 99).score.high == 1.0
    open_ended = Point("a", "a", None, 0.9, estimate(0.3, 0.2, np.inf))
    assert paying(open_ended, 4) is open_ended


@pytest.mark.parametrize(
    ("theirs", "beaten"),
    [
        ((0.9, 0.3), False),
        ((0.91, 0.3), True),
        ((0.9, 0.29), True),
        ((0.89, 0.1), False),
        ((0.99, 0.31), False),
        ((None, 0.1), False),
        ((0.99, None), False),
    ],
)
def test_a_point_is_beaten_where_another_is_nowhere_worse_and_somewhere_better(theirs, beaten):
    def point(accuracy, value):
        score = None if value is None else estimate(value, value, value)
        return Point("x", "x", None, accuracy, score)

    assert _beats(point(*theirs), point(0.9, 0.3)) is beaten
    assert not _beats(point(0.99, 0.1), point(None, 0.3))


def test_what_a_report_measured_is_its_accuracy_on_others_and_half_its_width():
    checks = (
        CheckResult(name="a", role="attack", n_members=3, n_nonmembers=4),
        CheckResult(name="b", role="attack", n_members=5, n_nonmembers=6),
    )
    accuracy = {"member": 0.99, "nonmember": 0.8, "nonmember_low": 0.7, "nonmember_high": 0.86}
    report = Report("no leak found", "pass", "x", chosen="b", checks=checks, accuracy=accuracy)
    (found,) = measured_of(report)
    assert (found.point.accuracy, found.point.n) == (0.8, 6)
    assert found.accuracy_error == pytest.approx(0.08)
    useful = accuracy | {"utility": 0.5}
    (other,) = measured_of(Report("no leak found", "pass", "x", checks=checks, accuracy=useful))
    assert (other.point.accuracy, other.accuracy_error, other.point.n) == (0.5, None, 0)
    assert _n_nonmembers(report) == 6
    assert [_points(share) for share in (0.0312, 0.01, 0.00234)] == ["3", "1", "0.2"]


def test_a_version_is_compared_with_the_last_one_that_has_a_score():
    def version(name, value):
        score = None if value is None else estimate(value, value, value)
        return SimpleNamespace(point=Point(name, name, None, 0.9, score))

    one, two, three, blank = (
        version(name, value) for name, value in (("1", 0.1), ("2", 0.2), ("3", 0.3), ("-", None))
    )
    assert history._before([one, two, three]) is three
    assert history._before([one, two, blank]) is two
    assert history._before([blank, blank]).point.score is None


def test_accuracies_are_compared_at_the_level_of_their_intervals():
    """.9 [.88, .92] less .8 [.77, .83]: the ends add up in squares."""
    new = Point("n", "n", None, 0.9, None, accuracy_low=0.88, accuracy_high=0.92, n=50)
    old = Point("o", "o", None, 0.8, None, accuracy_low=0.77, accuracy_high=0.83, n=70)
    found = history._accuracy_step(new, old, level=0.95).estimate
    half = np.hypot(0.02, 0.03)
    assert (found.value, found.low, found.high) == pytest.approx((0.1, 0.1 - half, 0.1 + half))
    assert found.n == 120
    bare = Point("b", "b", None, 0.9, None)
    assert history._accuracy_step(new, bare, level=0.95).estimate is None
    strict = Point(
        "s", "s", None, 0.9, estimate(0.1, 0, 1, level=0.9), accuracy_low=0.8, accuracy_high=1.0
    )
    assert "different levels" in history._accuracy_step(new, strict, level=0.95).reason


def test_every_question_about_a_record_is_counted():
    """The record once; each scale 50 copies and the record; 3 changes and the record."""
    x = np.zeros((2, 2))
    assert label_only._questions((0.1, 0.5), 50, (), x) == 1 + 2 * 51
    assert label_only._questions((0.1, 0.5), 50, [abs] * 3, x) == 1 + 2 * 51 + 4
    assert label_only._questions((0.1, 0.5), 50, [abs], None) == 1 + 2


def test_records_are_copies_where_numbers_and_label_agree():
    x = np.array([[0.0, 1], [-0.0, 1], [0, 1], [0, 2]])
    digest = label_only._digest(x, np.array(["a", "a", "b", "a"]))
    assert digest[0] == digest[1]
    assert len(set(digest.tolist())) == 3
    assert label_only._digest(None, np.zeros(2)) is None


def test_labels_become_certain_answers_about_one_list_of_classes():
    """Answers 1, 2 and 5.0 to the labels 1, 1 and 2: classes 1, 2, 5."""
    answers = {3: np.array([1.0, 2.0]), 4: np.array([[5.0]])}
    outputs = labels_answered(lambda side: answers[side], (3, 4), np.array([1, 1, 2]))
    assert outputs.probs.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert outputs.label.tolist() == [0, 0, 1]
    scores = np.array([[0.1, 0.9], [0.8, 0.2]])
    outputs = labels_answered(lambda side: scores, (0,), np.array([1, 0]))
    assert outputs.probs.tolist() == [[0, 1], [1, 0]]
    with pytest.raises(InvalidInput, match="3 labels, got 2"):
        labels_answered(lambda side: scores, (0,), np.array([1, 0, 1]))


def test_the_records_that_are_kept_are_those_of_the_evidence():
    plain = Evidence(
        np.array([0.5, 1.5]), np.array([True, False]), None, "observed", "x", np.array([3, 1])
    )
    kept = records_of(plain, "a")
    assert kept == {"attack": "a", "row": [3, 1], "member": [True, False], "score": [0.5, 1.5]}
    units = Evidence(plain.score, plain.member, np.array([7, 8]), "observed", "x", plain.row)
    assert "cluster" in records_of(units, "a")


def test_twelve_shadow_generators_are_the_default_and_four_the_fewest():
    def made(rows, seed):
        return rows

    assert synthetic._number_of_shadows(None, None, {}) == 0
    assert synthetic._number_of_shadows(made, None, {}) == 12
    assert synthetic._number_of_shadows(made, 4, {}) == 4
    for generator, shadows, training in ((made, 3, {}), (None, 4, {}), (None, None, {"pool": 1})):
        with pytest.raises(InvalidInput):
            synthetic._number_of_shadows(generator, shadows, training)


def test_slices_are_categories_of_two_to_twelve_values():
    columns = {
        f"{k} values": np.array([f"v{i % k}" for i in range(60)]) for k in (1, 2, 12, 13)
    } | {"number": np.arange(60.0)}
    kinds = {name: "number" if name == "number" else "category" for name in columns}
    tables = SimpleNamespace(rows=SimpleNamespace(kinds=kinds, columns=columns))
    assert synthetic._categories(tables) == ["2 values", "12 values"]


def trials(scores, accuracies=()):
    return SimpleNamespace(scores=scores, accuracies=accuracies, score="s")


def test_what_is_confirmed_is_what_the_winner_gains_with_as_many_shadow_models_each():
    """Baseline .5, .6, .7 less .1, .2, .3 is .4; accuracy after less before, .8 - .9."""
    asked = {}

    def confirmed(name, params, *, runs, shadows):
        asked[name] = (params, runs, shadows)
        if name == "now":
            return trials((0.5, 0.6, 0.7), (0.9, 0.9, 0.9))
        return trials((0.1, 0.2, 0.3), (0.8, 0.8, 0.8))

    runs = {"now": SimpleNamespace(n_models=7), "mild": SimpleNamespace(n_models=5)}
    bench = SimpleNamespace(runs=runs, confirmed=confirmed, level=0.9)
    found = explore._confirmed(bench, {"now": 1, "mild": 2}, "now", "mild", 3)
    assert asked == {"now": (1, 3, 5), "mild": (2, 3, 5)}
    assert found.score.value == pytest.approx(0.4)
    assert found.score.level == 0.9
    assert found.accuracy.value == pytest.approx(-0.1)


def test_every_variant_and_each_stage_draws_coins_of_its_own(monkeypatch):
    seeds = []

    def shadow(train, data, *, seed, share, n, **more):
        seeds.append(seed)
        assert (share, n) == (0.25, 3)
        return SimpleNamespace(n_models=n)

    monkeypatch.setattr("tacit.audits.steps.bench.shadow", shadow)
    bench = Bench(lambda indices, seed: None, None, None, None, 5, 0.95, {}, lambda *_: None)
    for name in ("a", "b"):
        for stage in (RACE, CONFIRMATION):
            bench._run(name, {"share": 0.25}, 3, stage)
    assert len(set(seeds)) == 4
    again = list(seeds)
    bench._run("a", {"share": 0.25}, 3, RACE)
    assert seeds[-1] == again[0]


def test_a_share_to_forget_is_rounded_and_units_stay_whole():
    """A tenth of 28 is 2.8: three records, drawn without putting back."""
    rows = rows_to_forget(0.1, 28, seed=1)
    assert len(set(rows.tolist())) == 3
    assert rows.tolist() == sorted(rows.tolist())
    assert forgotten_units(None, rows, 28) is None
    units = np.array(["a", "a", "b", "b", "c"])
    assert forgotten_units(units, np.array([2, 3]), 5).tolist() == ["b", "b"]
    with pytest.raises(InvalidInput, match=r"got 1 with records in `forget`.*first: b"):
        forgotten_units(units, np.array([0, 1, 2]), 5)


def test_twenty_records_and_five_units_are_enough_to_forget():
    assert unlearning._short(np.arange(20), None) is None
    short = unlearning._short(np.arange(19), None)
    assert (short.needed, short.got) == (20, 19)
    assert unlearning._short(np.arange(20), np.arange(20) % 5) is None
    short = unlearning._short(np.arange(20), np.arange(20) % 4)
    assert isinstance(short, NotEnoughData)
    assert (short.needed, short.got, short.unit) == (5, 4, "clusters to forget")


def test_a_model_is_looked_at_before_it_unlearns_and_the_retrained_one_starts_anew():
    """Six records, of which 1, 3 and 5 may be forgotten: 1 and 5 are trained on, then 0, 2, 4."""
    trained = []

    def fit(x, y, rows, seed):
        trained.append((rows.tolist(), seed))
        state = {"seen": 1.0 if len(rows) > 3 else 7.0}
        return Model(state)

    class Model:
        def __init__(self, state):
            self.state = state

        def __call__(self, x):
            return np.column_stack([np.full(6, self.state["seen"]), np.arange(6.0)])

    def unlearn(model, forget, retain, seed):
        assert (forget.tolist(), retain.tolist(), seed) == ([1, 5], [0, 2, 4], 9)
        model.state["seen"] = 4.0
        return model

    arms = ThreeArms(
        SimpleNamespace(fit=fit),
        unlearn,
        np.zeros(6),
        None,
        6,
        np.array([1, 3, 5]),
        np.array([0, 2, 4]),
        None,
    )
    columns = arms.fit(None, None, np.array([0, 2]), 9)(None)
    assert trained == [([0, 1, 2, 4, 5], 9), ([0, 2, 4], 9 ^ OTHER_SEED)]
    # the mean of the two queries of records 1, 3 and 5
    records = np.array([1.0, 3, 5])
    np.testing.assert_allclose(columns, np.stack([(k + records) / 2 for k in (1, 4, 7)], axis=1))


def test_a_row_of_a_release_is_isolated_by_other_rows_of_the_population_alone(monkeypatch):
    """Distances among mid-ranks, written plainly; slices pay for the five scores."""
    seen = {}
    release_slices, isolation = synthetic.release_slices, synthetic.isolation

    def isolated(distance):
        seen["distance"] = distance
        return isolation(distance)

    def sliced(*given, n_scores, **more):
        seen["scores"] = n_scores
        return release_slices(*given, n_scores=n_scores, **more)

    monkeypatch.setattr(synthetic, "isolation", isolated)
    monkeypatch.setattr(synthetic, "release_slices", sliced)
    # what takes longest, and is not looked at here
    monkeypatch.setattr(synthetic, "table_risks", lambda *_, **more: ())
    rng = np.random.default_rng(0)
    tables = [{"x": rng.normal(size=50), "y": rng.normal(size=50)} for _ in range(4)]
    synthetic.audit_synthetic(tables[0], member=tables[1], nonmember=tables[2], reference=tables[3])
    reference = np.stack([tables[3]["x"], tables[3]["y"]], axis=1)
    rows = np.concatenate([np.stack([table["x"], table["y"]], axis=1) for table in tables[1:3]])
    # a column is twice its mid-rank among the 50 reference rows
    ranks = [
        np.stack(
            [
                (
                    np.searchsorted(np.sort(column), value)
                    + np.searchsorted(np.sort(column), value, side="right")
                )
                / 50
                for column, value in zip(reference.T, points.T)
            ],
            axis=1,
        )
        for points in (rows, reference)
    ]
    apart = np.sqrt(((ranks[0][:, None] - ranks[1][None]) ** 2).sum(axis=2)).min(axis=1)
    np.testing.assert_allclose(seen["distance"], apart, atol=1e-9)
    assert seen["scores"] == 5


def test_epsilon_is_that_of_as_many_steps_as_the_recipe_takes_on_its_share_of_records():
    """One step on all records with noise 1 is one Gaussian: at delta 1e-5 epsilon 4.377, where
    Phi(1/2 - e) - exp(e) Phi(-1/2 - e) = 1e-5. Four epochs of noise 2 compose to the same.
    """
    accounting = pytest.importorskip("dp_accounting")
    losses = pytest.importorskip("dp_accounting.pld")
    from scipy.optimize import brentq

    from tacit.audits.knobs import epsilon_of
    from tacit.training import TorchRecipe

    def spent(e):
        return norm.cdf(0.5 - e) - np.exp(e) * norm.cdf(-0.5 - e) - 1e-5

    known = brentq(spent, 1, 10)
    one = TorchRecipe(build_fn=dict, epochs=1, batch_size=500)
    four = TorchRecipe(build_fn=dict, epochs=4, batch_size=500)
    assert epsilon_of(one, 500, noise=1.0, delta=1e-5) == pytest.approx(known, abs=0.02)
    assert epsilon_of(four, 500, noise=2.0, delta=1e-5) == pytest.approx(known, abs=0.02)
    # ten steps on a tenth of the records each, three epochs of them, by the accountant itself
    step = accounting.PoissonSampledDpEvent(0.1, accounting.GaussianDpEvent(1.0))
    exact = losses.PLDAccountant().compose(accounting.SelfComposedDpEvent(step, 30))
    tenth = TorchRecipe(build_fn=dict, epochs=3, batch_size=50)
    found = epsilon_of(tenth, 500, noise=1.0, delta=1e-5)
    assert found == pytest.approx(exact.get_epsilon(1e-5), abs=0.02)
