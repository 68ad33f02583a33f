"""From what was measured of a release to its report: who pays, what is shown, what is said."""

from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits.steps import release_report as steps
from tacit.audits.steps.release_report import Found, Release, released_report
from tacit.audits.steps.tables import Tables
from tacit.core import (
    AtMost,
    CheckResult,
    Estimate,
    Membership,
    Note,
    NotEnoughData,
    Policy,
)
from tacit.core.frame import Frame
from tacit.metrics import advantage, auc, simultaneous_level

N = 60
RATES = Policy("p", (AtMost("advantage", 0.1), AtMost("tpr@fpr=0.1", 0.3)))


def tables(columns=2, **key):
    rng = np.random.default_rng(0)

    def drawn(n):
        return Frame.of({f"c{i}": rng.normal(size=n) for i in range(columns)})

    return Tables(
        drawn(2 * N),
        Membership(np.arange(2 * N) < N, **key),
        drawn(50),
        drawn(70),
        left_out={"w": "it has one value only"},
        remarks=("something is odd",),
    )


def made(level=0.95, **given):
    return Release(tables(**given), RATES, level, 7, "a title", "a command")


def part(name, p, role="slice", **given):
    return CheckResult(name, role, p_value=p, p_adjusted=p, **given)


def joint(asked=None, **adjusted):
    """A joint test whose scores have these p-values; `detectable` notes what it is asked."""

    def detectable(name, *, alpha):
        if asked is not None:
            asked.append((name, alpha))
        return 0.08

    return SimpleNamespace(p_value=min(adjusted.values()), adjusted=adjusted, detectable=detectable)


def found(test, slices=(), risks=(), *, scores=None, chosen="a"):
    scores = {"a": np.zeros(2)} if scores is None else scores
    return Found(
        scores,
        {"nearest": np.ones(2 * N), "copies": (np.arange(2 * N) % 4 == 0) * 2.0},
        test,
        chosen,
        tuple(part(f"slice {p}", p) for p in slices),
        tuple(part(f"risk {p}", p, "risk") for p in risks),
        np.arange(2.0 * N),
    )


def scores(shift=0.0):
    rng = np.random.default_rng(1)
    first = rng.normal(size=2 * N) + shift * (np.arange(2 * N) < N)
    return {"a": first, "distance to the release": rng.normal(size=2 * N)}


def test_the_error_is_shared_by_scores_slices_and_risks_and_no_more_than_all_of_it():
    shares = (steps.JOINT_SHARE, steps.SLICE_SHARE, steps.RISK_SHARE)
    assert shares == (0.8, 0.1, 0.1)
    for p, slices, risks in (
        (0.01, (0.5, 0.9), (0.5,)),
        (0.5, (0.9, 0.001), (0.8,)),
        (0.5, (0.4,), (0.002, 0.9)),
        (0.9, (), (None,)),
    ):
        ways = [p / 0.8]
        ways += [p / 0.1 for p in slices]
        ways += [p / 0.1 for p in risks if p is not None]
        assert found(joint(a=p), slices, risks).p_value == pytest.approx(min(1.0, *ways))


@pytest.mark.parametrize(
    ("p", "slices", "risks", "best"),
    [
        # 0.08 / 0.8 = 0.1 against 0.0095 / 0.1 = 0.095 and 0.0105 / 0.1 = 0.105
        (0.08, (0.0095,), (), "slice 0.0095"),
        (0.08, (0.0105,), (), "a"),
        (0.08, (), (0.0095, 0.5), "risk 0.0095"),
        (0.08, (), (0.0105, None), "a"),
        (0.5, (0.02,), (0.019,), "risk 0.019"),
        (0.5, (0.019,), (0.02,), "slice 0.019"),
    ],
)
def test_what_shows_most_is_named_after_each_has_paid(p, slices, risks, best):
    assert found(joint(a=p, b=0.9), slices, risks).best == best


@pytest.fixture
def quick(monkeypatch):
    """What a report is put together from, without the guesser and the overlaps."""
    blind = part("blind", 0.5, "blind")
    told = SimpleNamespace(split=(blind, "", ()), reference="", hidden=(), said=[], beside="")
    monkeypatch.setattr(steps, "_split", lambda *_: told.split)
    monkeypatch.setattr(steps, "reference_warning", lambda _: told.reference)
    monkeypatch.setattr(steps, "hiding", lambda *_: told.hidden)
    monkeypatch.setattr(steps, "beside_warning", lambda *_, **__: told.beside)
    headline = steps.headline

    def head(*given, **more):
        told.said.append(more)
        return headline(**more) if not given else headline(*given, **more)

    monkeypatch.setattr(steps, "headline", head)
    return told


def test_intervals_hold_for_all_scores_and_alarms_for_themselves(quick):
    asked = []
    test = joint(asked, a=0.5, nearest=0.9, copies=0.7, **{"distance to the release": 0.6})
    given = found(test, (0.5,), (0.5,), scores=scores())
    report = released_report(made(level=0.9), given, records=False)
    wide = simultaneous_level(0.9, 2)
    assert asked == [("a", pytest.approx(0.8 * 0.1))]
    assert report.detectable == 0.08
    assert report.p_value == pytest.approx(0.5 / 0.8)
    names = ["a", "distance to the release", "slice 0.5", "share closer to members", "copies"]
    assert [check.name for check in report.checks] == [*names, "risk 0.5", "blind", "without twins"]
    for name in names[:2]:
        check = report.check(name)
        assert {estimate.level for estimate in check.estimates} == {wide}
        assert (check.n_members, check.n_nonmembers) == (N, N)
        assert check.p_adjusted == test.adjusted[name]
    assert report.check("without twins").estimates[0].level == wide
    assert report.check("share closer to members").estimates[0].level == 0.9
    assert report.check("share closer to members").p_adjusted == 0.9
    assert report.score.level == wide
    assert report.chosen == "a"
    assert report.records is None
    assert report.finding == "no leak found"
    assert report.attributable
    (curve,) = report.figures["roc"]
    assert curve["attack"] == report.figures["scores"][0]["attack"] == "a"


@pytest.mark.parametrize(
    ("p", "least", "finding", "shown"),
    [
        (0.2, 0.9, "leak", True),
        (0.2001, 0.9, "no leak found", False),
        # a slice shows it: the chosen score itself does not
        (0.5, 0.025, "leak", False),
        (0.5, 0.02501, "no leak found", False),
        (0.15, 0.025, "leak", True),
    ],
)
def test_a_leak_is_called_at_the_level_and_the_score_is_shown_where_it_shows_one(
    quick, p, least, finding, shown
):
    """Of an error of .25 eight tenths are the scores', .2, and a tenth the slices', .025."""
    test = joint(a=p, nearest=0.9, copies=0.7, **{"distance to the release": 0.9})
    quick.beside = "beside the split"
    given = found(test, (least,), scores=scores())
    report = released_report(made(level=0.75), given, records=False)
    assert report.finding == finding
    assert quick.said[0]["chosen_shown"] is shown
    assert quick.said[0]["best"] == ("a" if p / 0.8 <= least / 0.1 else f"slice {least}")
    first = ["beside the split"] if finding == "leak" else []
    assert list(report.warnings) == [*first, "something is odd"]


@pytest.mark.parametrize(("p", "taken"), [(0.2, False), (0.2001, True)])
def test_what_can_hide_a_leak_opens_a_release_that_shows_none(quick, p, taken):
    quick.hidden = ("copies hide it", "more hides it")
    test = joint(a=p, nearest=0.9, copies=0.7, **{"distance to the release": 0.9})
    report = released_report(made(level=0.75), found(test, scores=scores()), records=False)
    assert report.finding == ("inconclusive" if taken else "leak")
    assert list(report.warnings) == ["copies hide it", "more hides it", "something is odd"]
    assert report.attributable is not taken
    assert quick.said[0]["warning"] == ("copies hide it" if taken else "")


def test_a_reference_that_holds_audited_rows_is_told_before_the_split(quick):
    quick.split = (quick.split[0], "the split", (part("tried", 0.3, "control"),))
    test = joint(a=0.001, nearest=0.9, copies=0.7, **{"distance to the release": 0.9})
    given = found(test, scores=scores())
    report = released_report(made(), given, records=False)
    assert report.warnings[0] == "the split"
    assert report.finding == "inconclusive"
    assert [check.name for check in report.checks[-3:]] == ["blind", "tried", "without twins"]
    quick.reference = "the reference"
    quick.hidden = ("hidden",)
    report = released_report(made(), given, records=False)
    assert list(report.warnings) == ["the reference", "hidden", "something is odd"]
    assert {verdict.outcome for verdict in report.verdicts} == {"inconclusive"}


def test_the_scores_of_rows_are_kept_only_where_that_is_asked(quick):
    test = joint(a=0.5, nearest=0.9, copies=0.7, **{"distance to the release": 0.9})
    given = scores()
    report = released_report(made(), found(test, scores=given), records=True)
    assert report.records == {
        "attack": "a",
        "row": list(range(2 * N)),
        "member": [True] * N + [False] * N,
        "score": given["a"].tolist(),
    }


@pytest.mark.parametrize("graded", [-1.0, None, 2.0])
def test_the_score_is_what_other_rows_make_of_the_choice_within_its_limits(monkeypatch, graded):
    release = made()
    paper = release.evidence(scores(1.0)["a"], "a")
    whole = advantage(paper, level=0.99)
    value = (whole.low + whole.high) / 2 if graded is None else graded
    seen = []

    def grade(given, key, *, seed):
        seen.append((given, key, seed))
        return value

    monkeypatch.setattr(steps, "graded_advantage", grade)
    given = found(joint(a=0.3, b=0.2), scores=scores(1.0))
    score = steps._score(paper, given, release.tables, level=0.99, seed=7)
    assert score.value == min(max(value, whole.low), whole.high)
    assert (score.low, score.high, score.level) == (whole.low, whole.high, 0.99)
    assert score.p_value == 0.3
    assert "all 2 scores" in score.method
    assert seen == [(given.attacks, release.tables.membership, 7)]


def test_the_chosen_score_is_measured_in_every_way_and_others_in_three():
    release = made()
    given = found(joint(a=0.3, **{"distance to the release": 0.2}), scores=scores())
    score = Estimate("advantage", 0.2, 0.1, 0.3, 0.9, 120, "by hand")
    measured = {
        name: steps._result(name, release.evidence(values, name), given, release, score, level=0.9)
        for name, values in given.attacks.items()
    }
    other, chosen = measured["distance to the release"], measured["a"]
    assert (other.statistic, chosen.statistic) == ("distance", "all five scores")
    assert chosen.estimates[0] is score
    assert other.estimates[0].value == advantage(release.evidence(scores()[other.name], "x")).value
    told = [estimate.name for estimate in other.estimates] + [note.metric for note in other.notes]
    assert sorted(told) == sorted(["advantage", *steps.METRICS])
    told = [e.name for e in chosen.estimates] + [note.metric for note in chosen.notes]
    assert sorted(told) == sorted(["advantage", *steps.METRICS, *steps.CHOSEN_METRICS])
    # sixty non-members say nothing of one in a thousand
    assert "tpr@fpr=0.001" in {note.metric for note in other.notes}
    for name, check in measured.items():
        area = auc(release.evidence(given.attacks[name], name), level=0.9)
        assert check.p_value == area.p_value
        assert check.estimate("auc").low == area.low
        assert (check.role, check.n_members, check.n_nonmembers) == ("attack", N, N)


def test_shares_that_stand_in_the_release_are_counted_on_either_side():
    """Members 0 to 14 and every third non-member: 15 of 60, and 20 of 60."""
    rows = np.arange(2 * N)
    count = np.where(rows < N, rows < 15, rows % 3 == 0) * 2.0
    release = made(level=0.9)
    result = steps._verbatim("copies", count, found(joint(copies=0.07)), release)
    members, others = result.estimates
    assert (members.name, others.name) == ("share of members", "share of non-members")
    assert (members.value, others.value) == (15 / 60, 20 / 60)
    assert (members.n, others.level) == (N, 0.9)
    assert (result.p_value, result.p_adjusted, result.n_members) == (0.07, 0.07, N)
    assert (result.role, result.n_nonmembers) == ("risk", N)
    # a row that is there half of the time counts as there, one that is not does not
    half = steps._verbatim("copies", 0.5 * (rows == 0), found(joint(copies=0.07)), release)
    assert half.estimates[0].value == 1 / 60


@pytest.mark.parametrize(
    ("assignment", "loud", "p", "compares"),
    [
        # a split that was only observed, and a score that shows
        ("observed", False, 0.01, True),
        # .2 of one score is exactly its share of .25, .2001 is more
        ("observed", False, 0.2, True),
        ("observed", True, 0.2, True),
        ("observed", True, 0.2001, False),
        # it was drawn, and nothing contradicts that
        ("coin", False, 0.01, False),
        ("coin", True, 0.01, True),
    ],
)
def test_a_leak_is_compared_with_what_the_rows_tell_where_the_split_was_not_drawn(
    monkeypatch, assignment, loud, p, compares
):
    blind = part("blind", 0.5, "blind")
    seen = {}

    def beyond(shown, test, rows, *, alpha, level):
        seen.update(shown=list(shown), alpha=alpha, level=level, seed=rows.seed)
        return SimpleNamespace(results=("tried",))

    def looked(nothing, key, features, *, order, level):
        seen.update(loss=nothing.loss.tolist(), blind_level=level, kind=features.dtype)
        return blind

    monkeypatch.setattr(steps, "blind_result", looked)
    monkeypatch.setattr(steps, "gives_away", lambda _: loud)
    monkeypatch.setattr(steps, "blind_warning", lambda *_, **__: "blind")
    monkeypatch.setattr(steps, "explained_warning", lambda *_, **__: "explained")
    monkeypatch.setattr(steps, "beyond_release", beyond)
    given = found(joint(a=p, nearest=0.9, copies=0.9))
    result = steps._split(made(level=0.75, assignment=assignment), given)
    assert seen["blind_level"] == 0.75
    assert seen["loss"] == [0.0] * 2 * N
    if compares:
        assert result == (blind, "explained", ("tried",))
        assert seen["shown"] == ["a", "nearest", "copies"]
        assert (seen["alpha"], seen["level"], seen["seed"]) == (0.2, 0.75, 7)
    else:
        assert result == (blind, "blind", ())


def test_a_leak_that_only_slices_show_is_not_compared_row_by_row(monkeypatch):
    """No score shows at its share: beside a quiet guesser there is nothing to compare."""
    monkeypatch.setattr(steps, "blind_result", lambda *_, **__: part("blind", 0.5, "blind"))
    monkeypatch.setattr(steps, "blind_warning", lambda *_, **__: "blind")
    monkeypatch.setattr(steps, "explained_warning", lambda *_, **__: "explained")
    tried = SimpleNamespace(results=("tried",))
    monkeypatch.setattr(steps, "beyond_release", lambda *_, **__: tried)
    for p, loud, warning in ((0.9, False, "blind"), (0.9, True, "explained"), (0.04, False, None)):
        monkeypatch.setattr(steps, "gives_away", lambda _, loud=loud: loud)
        given = found(joint(a=p, nearest=0.9, copies=0.9), (0.001,))
        assert steps._split(made(), given)[1] == (warning or "explained")


def test_rows_are_ordered_by_their_values_and_equal_ones_are_known(monkeypatch):
    """Rows 0 and 1, and 118 and 119, are alike; all others differ."""
    seen = {}

    def dealt(order, same, member):
        seen.update(order=order, same=same, member=member)
        return order

    monkeypatch.setattr(steps, "ties_by_chance", dealt)
    monkeypatch.setattr(steps, "blind_result", lambda *_, **__: part("blind", 0.5, "blind"))
    monkeypatch.setattr(steps, "blind_warning", lambda *_, **__: "")
    release = made()
    values = np.arange(2.0 * N)[::-1].copy()
    values[1], values[118] = values[0], values[119]
    rows = Frame.of({"c0": values, "c1": values % 2})
    old = release.tables
    tables = Tables(rows, old.membership, rows, rows)
    release = Release(tables, RATES, 0.95, 7, "", "")
    steps._split(release, found(joint(a=0.9, nearest=0.9, copies=0.9)))
    column = values[seen["order"]]
    assert seen["same"].tolist() == (column[1:] == column[:-1]).tolist()
    assert seen["same"].sum() == 2
    assert (seen["member"] == old.membership.member).all()


def test_what_is_not_known_is_told_column_by_column_and_slice_by_slice():
    notes = [Note("slice", "too few rows", 20, 3 + i, "rows a side") for i in range(4)]
    slices = tuple(part(f"g = {i}", None, notes=(note,)) for i, note in enumerate(notes))
    risk = part("linkability", None, "risk", notes=(Note("residual risk", "no"),))
    chosen = part("a", 0.5, "attack", notes=(Note("tpr", "too few"),))

    def told(n_slices, columns=2):
        given = found(joint(a=0.9))
        given = Found(
            given.attacks,
            given.counts,
            given.joint,
            "a",
            (*slices[:n_slices], part("g = big", 0.3)),
            (risk,),
            given.to_reference,
        )
        unknown = steps._unknown(made(columns=columns), chosen, given)
        assert [note.got for note in unknown if note.unit == "rows a side"] == [3][:n_slices]
        return [note.metric for note in unknown]

    plain = ["the column 'w'", "tpr", "linkability"]
    assert told(0) == plain
    assert told(3) == [*plain, "3 of 4 slices (g = 0, g = 1, g = 2)"]
    assert told(4) == [*plain, "4 of 5 slices (g = 0, g = 1, g = 2, ...)"]
    assert told(0, 20) == plain
    assert told(0, 21) == [*plain, "inference of 1 columns"]
    assert told(0, 22) == [*plain, "inference of 2 columns"]


def test_how_a_release_was_audited_is_told():
    told = made(level=0.9).environment
    assert (told["n_released"], told["n_reference"], told["n_columns"]) == (50, 70, 2)
    assert (told["n_members"], told["n_nonmembers"], told["n_clusters"]) == (N, N, None)
    assert (told["seed"], told["level"], told["command"]) == (7, 0.9, "a command")
    assert (told["task"], told["audit"]) == ("synthetic table", "synthetic data")


def test_a_score_is_marked_by_the_rows_in_their_order():
    cluster = np.arange(2 * N) // 2
    release = made(cluster=cluster, assignment="coin")
    score = np.arange(2.0 * N)
    paper = release.evidence(score, "a")
    assert paper.row.tolist() == list(range(2 * N))
    assert (paper.score == score).all()
    assert (paper.member == (np.arange(2 * N) < N)).all()
    assert paper.cluster.tolist() == cluster.tolist()
    assert (paper.assignment, paper.attack) == ("coin", "a")


def test_an_audit_that_could_not_start_says_what_it_takes():
    error = NotEnoughData("Too few.", needed=50, got=1, unit="members")
    report = made().empty(error)
    assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
    assert [note.metric for note in report.unknown] == ["everything", "the column 'w'"]
    assert (report.unknown[0].needed, report.unknown[0].got) == (50, 1)
    assert [verdict.outcome for verdict in report.verdicts] == ["inconclusive"] * 2
    assert report.p_value is None
    assert (report.policy, report.title) == ("p", "a title")


def test_a_curve_is_drawn_of_four_hundred_points_at_the_level_of_all_scores(monkeypatch):
    seen = []

    def points(paper, *, max_points, level):
        seen.append((max_points, level))
        return {}

    monkeypatch.setattr(steps, "roc_points", points)
    steps._figures(
        made().evidence(np.random.default_rng(1).normal(size=2 * N), "a"), "a", level=0.9
    )
    assert seen == [(400, 0.9)]
