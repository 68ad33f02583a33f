"""Property inference: coins over models, records of their own, and a control that can break it."""

import numpy as np
import pytest
from scipy.stats import binom, chi2

import tacit
from tacit.audits.property import (
    _accuracy,
    _warning,
    audit_property,
    detectable_accuracy,
    records_told,
    told,
)
from tacit.core import InvalidInput, Outputs, Report
from tacit.core.attack_class import CLASSES, attack_class, listed
from tacit.metrics.intervals import clopper_pearson
from tacit.render import rendered

N = 1300


class Game:
    """A "model" answers with the mean of what it was trained on, moved by the share it saw."""

    def __init__(self, leak=0.0, seed=0, n_columns=2):
        rng = np.random.default_rng(seed)
        self.property = rng.random(N) < 0.5
        self.x = rng.normal(size=(N, n_columns)) + leak * self.property[:, None]
        self.trained = []

    def train(self, rows, seed):
        self.trained.append(rows)
        mean = self.x[rows].mean(axis=0)
        return lambda x: np.tile(mean, (len(x), 1))

    def audit(self, train_fn=None, **options):
        given = {"property": self.property, "queries": np.arange(2)} | options
        return audit_property(train_fn or self.train, self.x, **given)


def test_a_share_that_the_answers_tell_is_found():
    report = Game(leak=4.0).audit()
    assert (report.finding, report.verdict, report.attributable) == ("leak", "fail", True)
    found = report.check("property").estimate("accuracy")
    assert found.value == 1.0
    assert found.n == 16
    assert found.low == pytest.approx(0.025 ** (1 / 16))
    assert report.p_value == pytest.approx(0.5**16)
    control = report.check("shuffled property").estimate("accuracy")
    assert control.low < 0.5 < control.high
    assert "takes 3 records or more" in report.headline
    assert Report.from_json(report.to_json()).headline == report.headline


def test_a_property_that_nothing_depends_on_alarms_in_5_percent_of_worlds():
    worlds = 120
    reports = [Game(seed=seed).audit(n=8, seed=seed) for seed in range(worlds)]
    alarms = sum(report.finding == "leak" for report in reports)
    broken = sum(not report.attributable for report in reports)
    assert alarms <= binom.ppf(0.999, worlds, 0.05)
    assert broken <= binom.ppf(0.999, worlds, 0.01)


def test_shared_records_have_luck_in_common_that_own_records_do_not():
    """Why models have records of their own: what is true of few shared ones looks like a rule."""
    worlds = 25

    def surplus(**options):
        """Squared deviations from chance, in the binomial's variance; about one a world."""
        reports = [Game(seed=seed, n_columns=1).audit(seed=seed, **options) for seed in range(25)]
        found = [report.check("property").estimates[0] for report in reports]
        return sum(4 * one.n * (one.value - 0.5) ** 2 for one in found), reports

    own, _ = surplus(n=20)
    shared, reports = surplus(n=32, size=400)
    assert own < chi2.ppf(0.999, worlds) < shared
    assert any("share among these records" in text for text in reports[0].assumes)
    # the control, shuffled once for all models, shares such luck: it keeps the audit from speaking
    assert any(not report.attributable for report in reports)
    assert sum(report.finding == "leak" for report in reports) <= binom.ppf(0.999, worlds, 0.05)


def test_every_model_has_records_of_its_own_at_its_share():
    game = Game()
    game.audit(n=8)
    # no record is asked about and trained on, and none trains two models of one arm
    for arm in (game.trained[::2], game.trained[1::2]):
        rows = np.concatenate(arm)
        assert len(arm) == 16
        assert rows.min() >= 2
        assert len(np.unique(rows)) == len(rows)
    size = len(game.trained[0])
    shares = [game.property[rows].sum() for rows in game.trained[::2]]
    assert set(shares) == {round(0.3 * size), round(0.7 * size)}
    assert {len(rows) for rows in game.trained} == {size}


def test_shared_records_stay_on_one_side_of_the_attack():
    game = Game()
    game.audit(n=8, size=400)
    for arm in (game.trained[::2], game.trained[1::2]):
        learning, graded = (np.unique(np.concatenate(half)) for half in (arm[:8], arm[8:]))
        assert len(np.intersect1d(learning, graded)) == 0


def test_a_training_that_keeps_something_breaks_the_audit():
    game = Game(leak=2.0)
    kept = []

    def train(rows, seed):
        kept.append(game.x[rows].mean(axis=0))
        mean = np.sum(kept[-2:], axis=0)
        return lambda x: np.tile(mean, (len(x), 1))

    report = game.audit(train)
    assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
    assert not report.attributable
    assert "keep something from one training to the next" in report.headline
    # without the twin's training between them it is a plain leak
    assert game.audit().finding == "leak"


@pytest.mark.parametrize(
    ("hits", "n", "breaks"),
    # two-sided chances: 2/256, 2/256, 18/256, .0118 and .0026
    [(8, 8, True), (0, 8, True), (7, 8, False), (16, 20, False), (17, 20, True), (10, 20, False)],
)
def test_a_control_breaks_the_audit_where_chance_would_in_1_of_100(hits, n, breaks):
    control = _accuracy(np.arange(n) < hits, (0.3, 0.7), 0.95)
    assert (_warning(control) != "") == breaks


def test_too_few_models_are_no_pass_and_say_how_many_it_takes():
    report = Game(leak=2.0).audit(n=7)
    assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
    assert (report.unknown[0].needed, report.unknown[0].got) == (8, 7)
    assert report.verdicts[0].outcome == "inconclusive"
    assert Game().audit(n=8, level=0.999).unknown[0].needed == 10


def test_without_a_leak_few_models_leave_it_open():
    report = Game().audit(seed=3)
    assert report.finding == "inconclusive"
    assert report.detectable == pytest.approx(2 * detectable_accuracy(16, level=0.95) - 1)
    assert "about 619 per share" in report.headline


def test_the_mean_difference_by_hand():
    # two columns, of which the second never varies; means 1 and 4, so the cut is at 2.5
    answers = np.array([[0.0, 7], [2, 7], [3, 7], [5, 7], [2.4, 7], [2.6, 7], [9, 7]])
    second = np.array([0, 0, 1, 1, 0, 1, 0], bool)
    assert told(answers, second, 4).tolist() == [True, True, False]


def test_columns_weigh_by_their_difference_over_their_variance():
    # column 0: means 0 and 2, variance within 1, in all 2: weight 2 / 1.2 = 1.667
    # column 1: means 0 and 1, variance within .01, in all .26: weight 1 / .036 = 27.8
    answers = np.array([[-1, -0.1], [1, 0.1], [1, 0.9], [3, 1.1], [4.0, 0.4], [-2, 0.8]])
    second = np.array([0, 0, 1, 1, 1, 1], bool)
    # (4 - 1) 1.667 - .1 27.8 = 2.2, and (-2 - 1) 1.667 + .3 27.8 = 3.3
    assert told(answers, second, 4).tolist() == [True, True]
    # (3 - 1) 1.667 - .14 27.8 = -.6
    answers[4] = 3, 0.36
    assert told(answers, second, 4).tolist() == [False, True]


def test_the_order_and_the_scale_of_the_answers_do_not_matter():
    rng = np.random.default_rng(0)
    second = rng.random(40) < 0.5
    answers = rng.normal(size=(40, 6)) + 0.4 * second[:, None]
    order, scale = rng.permutation(6), rng.uniform(0.1, 50, 6)
    right = told(answers, second, 20)
    assert (told(answers[:, order] * scale - 3, second, 20) == right).all()
    # nor which models come first among those that are learned from
    mixed = np.concatenate([rng.permutation(20), np.arange(20, 40)])
    assert (told(answers[mixed], second[mixed], 20) == right).all()
    # nor which share is called the first
    assert (told(answers, ~second, 20) == right).all()


def test_models_of_one_share_teach_nothing_and_are_guessed_at_chance():
    second = np.array([True] * 4 + [True, False])
    assert told(np.arange(6.0)[:, None], second, 4).tolist() == [False, True]


def test_the_interval_holds_the_accuracy_on_fresh_models():
    rng = np.random.default_rng(1)
    worlds, n, fresh = 400, 16, 4000
    held = 0
    for _ in range(worlds):
        second = rng.random(2 * n + fresh) < 0.5
        answers = rng.normal(size=(len(second), 3)) + 0.8 * second[:, None]
        right = told(answers, second, n)
        low, high = clopper_pearson(right[:n].sum(), n, level=0.95)
        held += low <= right[n:].mean() <= high
    assert held >= binom.ppf(0.001, worlds, 0.95)


@pytest.mark.parametrize(("n", "level"), [(8, 0.95), (16, 0.95), (40, 0.99)])
def test_what_is_detectable_shows_in_4_audits_of_5(n, level):
    fewest = next(k for k in range(n + 1) if binom.sf(k - 1, n, 0.5) <= 1 - level)
    assert binom.sf(fewest - 1, n, detectable_accuracy(n, level=level)) == pytest.approx(0.8)


@pytest.mark.parametrize("n", [1, 2, 5, 12])
def test_no_fewer_records_tell_the_shares_apart_as_often(n):
    shares = (0.3, 0.6)
    chance = np.array([binom.pmf(np.arange(n + 1), n, share) for share in shares])
    best = chance.max(axis=0).sum() / 2
    assert 0 < records_told(best, shares) <= n


def test_records_in_clear_by_hand():
    # overlap of .2 and .8: 2 sqrt(.16) = .8; accuracy .9: log .36 / (2 log .8) = 2.289
    assert records_told(0.9, (0.2, 0.8)) == pytest.approx(2.2892, abs=1e-4)
    assert records_told(0.5, (0.2, 0.8)) == 0


def test_an_estimator_and_outputs_are_asked_for_their_probabilities():
    from sklearn.linear_model import LogisticRegression

    game = Game()
    y = (game.x[:, 0] + 3 * game.property > 1.5).astype(int)
    report = audit_property(
        LogisticRegression(), (game.x, y), property=game.property, queries=0.05, n=12
    )
    assert report.finding == "leak"

    def train(rows, seed):
        probs = np.tile([0.2, 0.8], (N, 1))
        probs[:, 0] += game.property[rows].mean() / 10
        return lambda x: Outputs(probs=probs / probs.sum(axis=1, keepdims=True))

    assert game.audit(train, n=8).finding == "leak"


def test_stored_models_are_not_trained_again():
    x, store = Game(leak=1.0).x, {}

    def train(rows, seed):
        return lambda asked: np.tile(x[rows].mean(axis=0), (N, 1))

    game = Game(leak=1.0)
    first = game.audit(train, n=8, store=store)
    kept = len(store)
    assert game.audit(train, n=8, store=store).to_json() == first.to_json()
    assert len(store) == kept
    # other shares are another run
    game.audit(train, n=8, store=store, shares=(0.4, 0.7))
    assert len(store) == 2 * kept


def test_a_file_says_that_it_was_tested(tmp_path):
    report = Game(leak=4.0).audit()
    assert attack_class(report) == "property inference"
    assert "Property inference | yes" in rendered(report, suffix=".md")
    assert "Membership, without shadow models | not tested" in rendered(report, suffix=".md")
    assert listed(["membership"]) == CLASSES
    assert "Kinds of attack tested on this model: 1 of 10" in str(tacit.Filing((report,)))


def answering(value):
    return lambda rows, seed: lambda x: value


def raising(rows, seed):
    raise KeyError("lost")


BAD = [
    ({"property": np.ones(N, bool)}, "`property`.*True for all"),
    ({"property": np.ones(5, bool)}, "`property`.*one entry a record: 1300, got 5"),
    ({"property": np.full(N, np.nan)}, "`property`"),
    ({"property": np.arange(N) < 30}, "`property` has too few records for 32 models"),
    ({"shares": (0.0, 0.7)}, "`shares`.*between 0 and 1"),
    ({"shares": (0.3, 1.2)}, "`shares`.*between 0 and 1"),
    ({"shares": (0.4, 0.4)}, "`shares`.*differ, got 0.4 twice"),
    ({"shares": (0.4, 0.401)}, "`shares`.*differ by a record"),
    ({"shares": 0.4}, "`shares`.*two shares"),
    ({"shares": (0.1, 0.4, 0.7)}, "`shares`.*two shares"),
    ({"shares": (0.3, "0.7")}, "`shares`"),
    ({"size": 1200}, "`size` needs \\d+ records or fewer"),
    ({"size": 0}, "`size`"),
    ({"n": 0}, "`n`"),
    ({"n": 400}, "Take fewer models"),
    ({"seed": -1}, "`seed`"),
    ({"level": 0.05}, "`level`"),
    ({"queries": 1.5}, "`queries` as a share"),
    ({"queries": [N]}, "`queries` needs row numbers"),
    ({"queries": []}, "`queries` needs at least 1 record"),
    ({"queries": np.ones(N, bool)}, "`queries` holds every record"),
    ({"train_fn": 3}, "`train_fn`"),
    ({"train_fn": lambda rows, seed: 3}, "`train_fn` needs to return a function"),
    ({"train_fn": raising}, "`train_fn` raised KeyError"),
    ({"train_fn": answering(np.full(N, np.nan))}, "`observe`"),
    ({"train_fn": answering(np.zeros(7))}, "`observe` needs one row for each of 1300.*7 rows"),
    ({"train_fn": answering("no")}, "`observe`"),
    ({"train_fn": answering(None)}, "`observe`"),
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_bad_input_is_refused_by_name(options, message):
    with pytest.raises(InvalidInput, match=message):
        Game().audit(**options)


def test_models_that_answer_in_different_shapes_are_refused():
    def train(rows, seed):
        return lambda x: np.zeros((N, 1 + seed % 2))

    with pytest.raises(InvalidInput, match=r"`observe` needs as many numbers|same shape"):
        Game().audit(train)


def test_it_is_exported():
    assert tacit.audit_property is audit_property
