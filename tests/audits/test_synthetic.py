"""The audit of a synthetic table."""

import json

import numpy as np
import pytest

import tacit
from tacit import InvalidInput
from tacit.audits.steps import release_report
from tacit.audits.steps.choice import graded_advantage
from tacit.audits.steps.inference import right, tolerance
from tacit.audits.steps.table_game import TableGame
from tacit.audits.steps.table_risks import table_risks
from tacit.audits.synthetic import audit_synthetic
from tacit.core import CheckResult, Membership, Report
from tacit.core.frame import Frame
from tacit.testing.generators import Cart, Copier

QUICK = {"secrets": ["c"], "slices": ["c"]}


def table(n, seed, **more):
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=n)
    columns = {
        "x": latent + rng.normal(size=n),
        "y": np.round(latent * 2 + rng.normal(size=n)),
        "z": rng.normal(size=n),
        "c": np.array(["low", "mid", "high"])[np.digitize(latent, [-0.5, 0.5])],
        "d": rng.integers(0, 5, n).astype(str),
    }
    return columns | {name: make(rng, n) for name, make in more.items()}


def sides(n=300, seed=0, **more):
    return {
        "member": table(n, seed + 1, **more),
        "nonmember": table(n, seed + 2, **more),
        "reference": table(n, seed + 3, **more),
    }


def audited(release, real, **options):
    return audit_synthetic(release, **real, **(QUICK | options))


@pytest.fixture(scope="module")
def real():
    return sides(600)


@pytest.fixture(scope="module")
def leak(real):
    return audited(Copier(0.6, 0.2)(real["member"], 0), real)


@pytest.fixture(scope="module")
def clean(real):
    return audited(table(600, 99), real)


def test_a_release_of_perturbed_copies_is_called_a_leak(leak):
    assert leak.finding == "leak"
    assert leak.check(leak.chosen).estimate("auc").low > 0.5
    assert leak.score.low > 0
    assert leak.headline.startswith("This release leaks: whoever may be wrong about 1 in")


def test_a_release_of_other_rows_is_not(clean):
    assert clean.finding in ("no leak found", "inconclusive")
    assert clean.p_value > 0.05
    assert clean.check("share closer to members").p_value > 0.05


def test_the_report_holds_every_score_and_every_risk_with_its_control(leak):
    names = [check.name for check in leak.checks if check.role == "attack"]
    assert len(names) == 5
    for name in ("singling out by 4 columns", "linkability", "inference of c"):
        check = leak.check(name)
        assert check.role == "risk"
        found = [estimate.name for estimate in check.estimates]
        assert found == [
            "residual risk",
            "success on members",
            "success on non-members",
            "success of the baseline",
        ]
    assert leak.check("share closer to members").estimates[0].low > 0.5
    assert {check.role for check in leak.checks} == {"attack", "slice", "blind", "control", "risk"}


def test_the_report_survives_json_and_every_format(leak, tmp_path):
    again = Report.from_json(leak.to_json())
    assert again.to_json() == leak.to_json()
    for suffix in (".html", ".md", ".txt", ".xml", ".sarif"):
        text = leak.save(tmp_path / f"r{suffix}").read_text(encoding="utf8")
        assert "leak" in text
    assert "Singling out by 4 columns" in (tmp_path / "r.md").read_text(encoding="utf8")
    assert "chosen on other data" not in (tmp_path / "r.md").read_text(encoding="utf8")


def test_the_same_seed_gives_the_same_report(real, leak):
    again = audited(Copier(0.6, 0.2)(real["member"], 0), real)
    assert again.to_json() == leak.to_json()


def test_it_is_at_the_top_of_the_package():
    assert tacit.audit_synthetic is audit_synthetic


def test_nobodys_membership_is_told_unless_asked_for(real, leak):
    assert leak.records is None
    told = audited(table(600, 99), real, records=True).records
    assert len(told["score"]) == 1200


def test_pandas_and_polars_frames_give_the_report_of_dicts(real, clean):
    release = table(600, 99)
    for package in ("pandas", "polars"):
        frame = pytest.importorskip(package).DataFrame
        made = {side: frame(columns) for side, columns in real.items()}
        assert audited(frame(release), made).to_json() == clean.to_json()


def test_a_release_that_is_the_training_data_is_named():
    real = sides(200)
    report = audited(real["member"], real)
    assert report.finding == "leak"
    told = report.check("rows copied")
    assert told.estimate("share of members").value == 1
    assert told.estimate("share of non-members").value == 0
    assert told.p_adjusted < 0.001


def test_shadow_generators_join_the_scores():
    real = sides(150, seed=20)
    generator = Cart(5, 300)
    release = generator(real["member"], 5)
    report = audited(release, real, generator=generator, shadows=4, assignment="coin")
    names = [check.name for check in report.checks if check.role == "attack"]
    assert names[5:] == [
        "ShadowStack on 4 shadow generators",
        "EBLiRA on 4 shadow generators",
        "LiRA on 4 shadow generators",
    ]
    best = report.check(names[5]).estimate("auc").value
    assert best > 0.6
    again = audited(release, real, generator=generator, shadows=4, assignment="coin")
    assert again.to_json() == report.to_json()


def test_shadow_generators_take_pandas_frames():
    pandas = pytest.importorskip("pandas")
    real = {side: pandas.DataFrame(rows) for side, rows in sides(80).items()}
    seen = []

    def generator(rows, seed):
        seen.append(type(rows))
        return rows.sample(len(rows), replace=True, random_state=seed % 2**32)

    report = audited(generator(real["member"], 1), real, generator=generator, shadows=4)
    assert seen == [pandas.DataFrame] * 5
    assert report.finding == "leak"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"shadows": 4}, "`shadows` needs `generator=`"),
        ({"pool": 2}, "`pool` needs `generator=`"),
        ({"generator": 3}, "`generator` needs a function"),
        ({"generator": len, "shadows": 3}, "`shadows` needs 4 or more"),
        ({"secrets": ["income"]}, r"`secrets`.*'income': it is not among the columns"),
        ({"slices": ["w"]}, "`slices`"),
        ({"ignore": ["w"]}, "`ignore`"),
        ({"level": 1.5}, "`level`"),
        ({"seed": -1}, "`seed`"),
        ({"cluster": [1, 2, 3]}, "`cluster`"),
        ({"cluster": ([None] * 60, range(60))}, "`cluster` needs a unit for every record"),
        ({"level": 0.05}, "That is a chance of error; for it write 0.95"),
        ({"policy": "strict"}, "policy file `strict`"),
        ({"secrets": 3.5}, "`secrets` needs names of columns, got float"),
        ({"ignore": 3}, "`ignore` needs columns of the tables, got '3'"),
        ({"generator": len, "shadows": "8"}, "`shadows` needs 4 or more"),
        ({"seed": 1.5}, "`seed`"),
    ],
)
def test_wrong_arguments_are_refused(change, said):
    with pytest.raises(InvalidInput, match=said):
        audited(table(60, 0), sides(60), **change)


def test_other_columns_types_and_categories_are_refused_by_name():
    real = sides(60)
    release = table(60, 9)
    with pytest.raises(InvalidInput, match=r"`synthetic`.*lacks 'd'"):
        audited({n: v for n, v in release.items() if n != "d"}, real)
    with pytest.raises(InvalidInput, match=r"'x' needs one type on all sides"):
        audited(release | {"x": release["c"]}, real)
    with pytest.raises(InvalidInput, match=r"'c' of `synthetic` shares no value"):
        audited(release | {"c": np.char.upper(release["c"])}, real)


def test_times_with_and_without_a_zone_and_another_unit_are_refused_by_name():
    pandas = pytest.importorskip("pandas")
    real = {side: pandas.DataFrame(rows) for side, rows in sides(60).items()}
    release = pandas.DataFrame(table(60, 9))
    days = pandas.date_range("2020-01-01", periods=60)
    for rows in real.values():
        rows["t"] = days
    release["t"] = days.tz_localize("Europe/Berlin")
    with pytest.raises(InvalidInput, match="'t' has times with a zone in `synthetic`"):
        audited(release, real)
    release["t"] = days
    release["x"] = release["x"] * 10 + 10_000
    with pytest.raises(InvalidInput, match="'x' of `synthetic` lies outside all real rows"):
        audited(release, real)


def test_one_name_is_one_column_and_not_its_letters():
    real, release = sides(60), table(60, 9)
    report = audited(release, real, ignore="x", secrets="c", slices="c")
    assert report.environment["n_columns"] == 4


def test_members_among_the_non_members_cannot_clear_a_release():
    real, release = sides(200), table(200, 9)
    report = audited(release, real | {"nonmember": real["member"]})
    assert report.finding == report.verdict == "inconclusive"
    assert "100.0 % of the non-members equal one of the members" in report.headline
    # a leak that shows in spite of them is one
    mixed = {
        n: np.concatenate([v[:170], real["member"][n][:30]]) for n, v in real["nonmember"].items()
    }
    report = audited(real["member"], real | {"nonmember": mixed})
    assert report.finding == "leak"
    assert any("15.0 % of the non-members equal" in text for text in report.warnings)


def test_a_generator_that_saw_the_reference_is_named():
    real = sides(200)
    report = audited(real["reference"], real)
    assert report.finding == report.verdict == "inconclusive"
    assert "the release repeats 200 reference rows cell by cell" in report.headline


def test_exchanged_sides_are_named():
    real = sides(200)
    report = audited(Copier(0.9, 0.2)(real["nonmember"], 0), real)
    assert report.finding == report.verdict == "inconclusive"
    assert "Are `member` and `nonmember` exchanged?" in report.headline


def test_columns_that_say_less_in_the_release_are_named():
    real, release = sides(100), table(100, 9)
    release["x"] = np.full(100, np.nan)
    release["d"] = np.full(100, "1")
    release["z"][:20] += 100
    told = audited(release, real).warnings
    assert any("100.0 % of the release has no value of 'x'" in text for text in told)
    assert any("the column 'd' has one value only in the release" in text for text in told)
    assert any("20.0 % of the release has a value of 'z' outside all real" in text for text in told)


def test_too_few_people_are_an_inconclusive_report():
    units = (np.repeat(["a", "b", "c"], 20), np.repeat(range(6), 10))
    report = audited(table(60, 9), sides(60), cluster=units)
    assert report.finding == "inconclusive"
    assert (report.unknown[0].unit, report.unknown[0].got) == ("clusters of members", 3)


def test_what_a_generator_returns_is_checked_by_its_name():
    real, release = sides(60), table(60, 9)
    for wrong, said in (
        (lambda rows, seed: None, r"`fit_and_release\(...\)` needs a table"),
        (lambda rows, seed: {"x": rows["x"]}, "`fit_and_release` needs .* no column 'y', 'z'"),
    ):
        with pytest.raises(InvalidInput, match=said):
            audited(release, real, generator=wrong, shadows=4)


def test_values_that_no_real_row_has_are_named():
    real, release = sides(100), table(100, 9)
    release["d"] = np.where(np.arange(100) < 10, "other", release["d"])
    report = audited(release, real)
    assert any("10.0 % of the release has a value of 'd'" in text for text in report.warnings)
    assert report.finding != "inconclusive" or report.detectable > 0.1


def test_a_reference_that_holds_members_is_inconclusive_with_the_reason():
    real = sides(200)
    for side in ("member", "nonmember"):
        mixed = {
            n: np.concatenate([v[:100], real[side][n][:100]]) for n, v in real["reference"].items()
        }
        report = audited(real["member"], real | {"reference": mixed})
        assert report.finding == "inconclusive"
        assert "the reference holds audited rows" in report.headline
    both = {n: np.concatenate([real["member"][n], real["nonmember"][n]]) for n in mixed}
    report = audited(real["member"], real | {"reference": both})
    assert report.finding == "inconclusive"


@pytest.mark.parametrize("side", ["release", "member", "nonmember", "reference"])
def test_too_few_rows_are_inconclusive_and_say_how_many_it_takes(side):
    real, release = sides(60), table(60, 9)
    if side == "release":
        release = table(49, 9)
    else:
        real[side] = table(49, 9)
    report = audited(release, real)
    assert report.finding == report.verdict == "inconclusive"
    assert (report.unknown[0].needed, report.unknown[0].got) == (50, 49)


def test_constant_columns_and_identifiers_are_left_out_and_named():
    more = {
        "same": lambda rng, n: np.full(n, "x"),
        "key": lambda rng, n: rng.choice(10**9, n, replace=False),
        "note": lambda rng, n: np.array([f"text {i}" for i in rng.choice(10**9, n)]),
    }
    real = sides(100, **more)
    report = audited(table(100, 9, **more), real)
    told = {item.metric: item.reason for item in report.unknown}
    assert "one value only" in told["the column 'same'"]
    assert "identifier" in told["the column 'key'"]
    assert "identifier" in told["the column 'note'"]
    assert report.environment["n_columns"] == 5


def test_identifiers_that_are_copied_are_found():
    more = {"key": lambda rng, n: rng.choice(10**9, n, replace=False)}
    real = sides(100, **more)
    release = table(100, 9, **more)
    release["key"][:30] = real["member"]["key"][:30]
    report = audited(release, real)
    assert report.finding == "leak"
    assert report.headline == "This release leaks: shown by key copied."
    assert report.check("key copied").estimate("share of members").value == pytest.approx(0.3)


def test_nothing_to_compare_is_refused():
    constant = {"a": np.ones(60), "b": ["x"] * 60}
    with pytest.raises(InvalidInput, match="Nothing is left to compare"):
        audit_synthetic(constant, member=constant, nonmember=constant, reference=constant)


def test_missing_cells_dates_and_truth_values_are_compared():
    more = {
        "day": lambda rng, n: np.datetime64("2020-01-01") + rng.integers(0, 900, n),
        "flag": lambda rng, n: rng.random(n) < 0.3,
    }
    real = sides(200, **more)
    rng = np.random.default_rng(0)
    for rows in real.values():
        rows["x"] = np.where(rng.random(200) < 0.2, np.nan, rows["x"])
        rows["d"] = [None if rng.random() < 0.2 else value for value in rows["d"]]
    release = Copier(1.0, 0.1)(Frame.of(real["member"]), 0)
    report = audited(release, real)
    assert report.finding == "leak"
    assert report.environment["n_columns"] == 7


def test_a_split_that_shows_in_the_rows_is_inconclusive_but_for_what_it_does_not_explain():
    real, others = sides(400), table(400, 77)
    for rows in (real["member"], others):
        rows["z"] = rows["z"] + 1
    report = audited(Copier(0.0)(others, 0), real)
    assert report.finding == "inconclusive"
    assert "The split may be a giveaway" in report.headline
    # columns drawn from the members' own cells: their numbers are in the release to the last digit
    report = audited(Copier(0.0)(real["member"], 0), real)
    assert report.finding == "leak"
    assert "the split is a giveaway too" in report.warnings[0]


def test_equal_rows_are_dealt_by_chance_and_not_as_they_came(monkeypatch):
    # members come first: kept in that order, rows that are equal made the split look like a
    # giveaway at p <= .01 in 10 of 100 worlds of few different rows
    seen = {}

    def blind_result(outputs, membership, features, *, order, level):
        seen["member"] = membership.member[order]
        seen["rows"] = features[order]
        return CheckResult(name="blind guesser", role="blind")

    monkeypatch.setattr(release_report, "blind_result", blind_result)
    rng = np.random.default_rng(0)
    few = [{"a": rng.integers(0, 2, 300), "b": rng.integers(0, 2, 300)} for _ in range(4)]
    audit_synthetic(few[0], member=few[1], nonmember=few[2], reference=few[3])
    _, kind = np.unique(seen["rows"], axis=0, return_inverse=True)
    for value in range(4):
        member = seen["member"][kind.ravel() == value]
        half = len(member) // 2
        assert abs(member[:half].mean() - member[half:].mean()) < 0.25


def test_people_with_several_rows_are_one_unit():
    def people(seed):
        rng = np.random.default_rng(seed)
        # eight nearly equal rows a person
        return {
            f"x{i}": np.repeat(rng.normal(size=30), 8) + rng.normal(0, 0.01, 240) for i in range(3)
        }

    real = {side: people(i) for i, side in enumerate(("member", "nonmember", "reference"))}
    person = np.repeat(np.arange(30), 8)
    units = ([f"m{i}" for i in person], [f"o{i}" for i in person])
    found = {}
    for name, cluster in (("people", units), ("rows", None)):
        report = audit_synthetic(people(9), **real, cluster=cluster, secrets=["x0"])
        found[name] = report.check(report.chosen)
    # the same scores, but eight copies of a person are no eight witnesses
    width = {
        name: check.estimate("auc").high - check.estimate("auc").low
        for name, check in found.items()
    }
    assert width["people"] > 1.5 * width["rows"]


def test_a_constant_secret_has_a_baseline_of_one_and_no_risk():
    rows = Frame.of(table(100, 0) | {"s": ["usual"] * 100})
    key = Membership(np.arange(100) < 50)
    game = TableGame.drawn(rows, key, rows, rows, seed=0)
    (check,) = (r for r in table_risks(game, ["s"], seed=0, level=0.95) if "of s" in r.name)
    assert check.estimate("success of the baseline").value == 1
    assert check.estimate("residual risk") is None
    assert "membership can add nothing" in check.notes[0].reason


def test_a_constant_secret_is_refused_with_the_reason():
    more = {"s": lambda rng, n: np.full(n, "usual")}
    with pytest.raises(InvalidInput, match="'s': it has one value only"):
        audited(table(60, 9, **more), sides(60, **more), secrets=["s"])


def test_negative_guesses_count_as_wrong_as_any_other():
    truth, guess = np.array([50.0, 3.0, 7.0, 10.0]), np.array([-1.0, -5.0, -100.0, 10.2])
    assert right(guess, truth, 0.5).tolist() == [False, False, False, True]
    assert tolerance(np.arange(101.0)) == pytest.approx(0.05 * 90)


def test_twins_are_counted():
    real = sides(200)
    for name in real["member"]:
        real["nonmember"][name][:20] = real["member"][name][:20]
    report = audited(table(200, 9), real)
    check = report.check("without twins")
    assert check.remarks == ("10.0 % of the non-members equal a member in every column",)
    assert check.n_members == 180


def test_the_graded_advantage_is_unbiased_where_the_best_of_many_is_not():
    rng = np.random.default_rng(0)
    graded, naive = [], []
    for _ in range(60):
        scores = {f"s{i}": rng.normal(size=200) for i in range(5)}
        key = Membership(rng.permutation(200) < 100)
        graded.append(graded_advantage(scores, key, seed=0))
        naive.append(max(_best(score, key.member) for score in scores.values()))
    assert abs(np.mean(graded)) < 4 * np.std(graded) / np.sqrt(60)
    assert np.mean(naive) > 0.1


def _best(score, member):
    order = np.argsort(-score)
    return np.cumsum(np.where(member[order], 1 / 100, -1 / 100)).max()


def test_the_report_is_plain_json(leak):
    plain = json.loads(leak.to_json())
    assert plain["environment"]["task"] == "synthetic table"
    assert plain["environment"]["n_released"] == 600


def test_a_single_row_is_an_inconclusive_report_and_no_other_coding():
    tables = [{"job": [job], "age": [age]} for job, age in zip("abcd", (20, 30, 40, 50))]
    report = audit_synthetic(tables[0], member=tables[1], nonmember=tables[2], reference=tables[3])
    assert report.verdict == report.finding == "inconclusive"
