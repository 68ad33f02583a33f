"""Attribute inference: what the model tells beyond what the population tells."""

import csv
import gzip

import numpy as np
import pytest

from tacit import audit_attribute
from tacit.core import InvalidInput, Outputs, Report

N, N_REFERENCE = 500, 800
VALUES = np.array(["none", "mild", "severe"])


def people(n, rng):
    """Two columns that tell a little about a third, and a label that says nothing."""
    import pandas as pd

    age = rng.normal(50, 12, n)
    ward = rng.integers(0, 4, n)
    lean = np.clip((age - 50) / 30, -0.4, 0.4)
    draw = rng.random(n)
    illness = VALUES[np.where(draw < 0.6 - lean, 0, np.where(draw < 0.9, 1, 2))]
    frame = pd.DataFrame({"age": age, "ward": ward, "illness": illness})
    return frame, rng.integers(0, 2, n)


def memoriser(x, told):
    """A model that is surer of the label where a told record shows its true secret."""
    truth = {(row.age, row.ward): row.illness for row in x[told].itertuples()}

    def model(batch):
        return np.array(
            [
                0.97 if truth.get((row.age, row.ward)) == row.illness else 0.05
                for row in batch.itertuples()
            ]
        )

    return model


def world(seed, share):
    rng = np.random.default_rng(seed)
    train, test, reference = (people(n, rng) for n in (N, N, N_REFERENCE))
    train = (train[0], np.ones(N, int))  # the model says "1" with more certainty
    test = (test[0], np.ones(N, int))
    told = rng.random(N) < share
    return memoriser(train[0], told), train, test, reference


def audit(model, train, test, reference, **options):
    options = {"secret": "illness", **options}
    return audit_attribute(model, train=train, test=test, reference=reference, **options)


def test_a_planted_memoriser_is_found_and_its_share_is_covered():
    report = audit(*world(0, 0.3))
    assert report.finding == "leak"
    assert report.verdict != "pass"
    best = report.check("prior and model")
    share = best.estimate("relative excess")
    assert share.low <= 0.3 <= share.high
    assert "without the model, “illness” is guessed right for" in report.headline
    assert report.checks[0].name == "imputation, without the model"


def test_a_model_that_knows_only_the_population_is_cleared():
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.preprocessing import OrdinalEncoder

    _, train, test, reference = world(1, 0)
    code = OrdinalEncoder().fit(train[0][["illness"]])

    def columns(frame):
        return np.column_stack([frame["age"], frame["ward"], code.transform(frame[["illness"]])])

    forest = RandomForestClassifier(50, min_samples_leaf=10, random_state=0)
    rng = np.random.default_rng(0)
    label = (train[0]["illness"] == "severe").to_numpy() ^ (rng.random(N) < 0.2)
    forest.fit(columns(train[0]), label.astype(int))
    train, test, reference = (
        (x, (x["illness"] == "severe").astype(int)) for x, _ in (train, test, reference)
    )
    report = audit(lambda x: forest.predict_proba(columns(x)), train, test, reference)
    assert report.finding != "leak"
    # the label gives the secret away to everybody, so the imputation has it too
    assert report.check("imputation, without the model").estimate("accuracy, members").value > 0.6


def test_a_null_model_is_accused_in_few_worlds():
    alarms = 0
    for seed in range(16):
        _, train, test, reference = world(100 + seed, 0)
        rng = np.random.default_rng(seed)
        noise = {value: rng.random(200) for value in VALUES}
        # answers that depend on the secret and the record, and on no training set

        def model(x, noise=noise):
            place = (x["age"].to_numpy() * 1000).astype(int) % 200
            return np.array([0.2 + 0.6 * noise[v][i] for v, i in zip(x["illness"], place)])

        alarms += audit(model, train, test, reference).finding == "leak"
    assert alarms <= 3  # 5 % of 16, and what chance adds in 99 of 100 runs


def test_a_constant_secret_has_baseline_one_and_no_excess():
    model, train, test, reference = world(2, 0.5)
    for x, _ in (train, test, reference):
        x["illness"] = "none"
    report = audit(model, train, test, reference)
    baseline = report.checks[0]
    assert baseline.estimate("accuracy, members").value == 1
    assert report.finding == report.verdict == "inconclusive"
    assert "nothing that a model could tell" in report.headline
    assert report.check("prior and model").estimate("attribute advantage").value == 0


def test_negative_guesses_of_a_number_never_count():
    rng = np.random.default_rng(3)
    sides = [rng.normal(size=(n, 3)) for n in (N, N, N_REFERENCE)]
    pairs = [(x, rng.integers(0, 2, len(x))) for x in sides]
    report = audit_attribute(
        lambda x: 1 / (1 + np.exp(-x[:, 0])),
        secret=2,
        train=pairs[0],
        test=pairs[1],
        reference=pairs[2],
    )
    # independent noise: a window of a fifth of the quartile range is hit by 11 % at most
    assert report.checks[0].estimate("accuracy, members").value < 0.16
    assert report.finding != "leak"
    tolerance = report.environment["tolerance"]
    assert tolerance == pytest.approx(0.1 * np.subtract(*np.quantile(sides[2][:, 2], [0.75, 0.25])))


def test_a_number_that_the_model_memorised_is_found():
    rng = np.random.default_rng(4)
    sides = [
        np.column_stack([np.arange(n) + 1000 * i, rng.normal(size=n)])
        for i, n in enumerate((N, N, N_REFERENCE))
    ]
    salary = dict(zip(sides[0][:, 0], sides[0][:, 1]))
    pairs = [(x, np.zeros(len(x))) for x in sides]

    def model(x):
        """A regression whose error is how far the salary shown is from the one learned."""
        return np.array([abs(salary.get(row[0], row[1] * 0) - row[1]) for row in x])

    report = audit_attribute(model, secret=1, train=pairs[0], test=pairs[1], reference=pairs[2])
    assert report.environment["secret_kind"] == "number"
    assert report.finding == "leak"


def test_a_block_of_one_hot_columns_is_one_secret():
    rng = np.random.default_rng(5)
    code = [rng.integers(0, 3, n) for n in (N, N, N_REFERENCE)]
    x = [np.column_stack([np.arange(len(c)) + 1e4 * i, np.eye(3)[c]]) for i, c in enumerate(code)]
    known = dict(zip(x[0][:, 0], code[0]))

    def model(batch):
        right = np.array([known.get(row[0]) == row[1:].argmax() for row in batch])
        return np.where(right, 0.9, 0.4)

    pairs = [(part, np.ones(len(part), int)) for part in x]
    report = audit_attribute(
        model, secret=[1, 2, 3], train=pairs[0], test=pairs[1], reference=pairs[2]
    )
    assert report.environment["n_candidates"] == 3
    assert report.finding == "leak"


def test_the_sensitive_value_is_found_among_the_most_confident():
    report = audit(*world(6, 0.5), sensitive="severe")
    names = [
        check.name for check in report.checks if check.name.endswith("most confident of severe")
    ]
    assert names == [f"{depth} most confident of severe" for depth in (10, 50, 100)]
    assert report.check("50 most confident of severe").p_value < 0.01


def test_a_split_that_gives_itself_away_makes_the_audit_inconclusive():
    model, train, test, reference = world(7, 0.3)
    guessable = test[0].copy()
    guessable["illness"] = np.where(np.arange(N) % 3 == 0, "severe", "mild")
    report = audit(model, train, (guessable, test[1]), reference)
    assert report.finding == "inconclusive"
    assert report.verdict == "inconclusive"
    assert "split itself" in report.warnings[0]


def test_rows_without_the_secret_are_left_out_and_counted():
    model, train, test, reference = world(8, 0.3)
    train[0].loc[train[0].index[:7], "illness"] = None
    report = audit(model, train, test, reference)
    assert report.check("prior and model").n_members == N - 7
    assert "missing in 7 rows" in report.unknown[0].reason


def test_too_few_rows_are_an_inconclusive_report():
    model, train, test, reference = world(9, 0.3)
    report = audit(model, train, test, (reference[0][:30], reference[1][:30]))
    assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
    assert report.unknown[0].needed == 50


def test_bad_input_is_named():
    model, train, test, reference = world(10, 0.3)
    with pytest.raises(InvalidInput, match="'age', 'ward', 'illness'; got 'salary'"):
        audit(model, train, test, reference, secret="salary")
    with pytest.raises(
        InvalidInput, match="`test` needs the columns of `train`; it differs in 'ward'"
    ):
        audit(model, train, (test[0].drop(columns="ward"), test[1]), reference)
    with pytest.raises(InvalidInput, match="`reference` holds training records: 300 of 500"):
        audit(model, train, test, (train[0][:300], train[1][:300]))
    with pytest.raises(InvalidInput, match="`sensitive` needs one of the secret's values"):
        audit(model, train, test, reference, sensitive="fatal")
    with pytest.raises(InvalidInput, match="`train` needs \\(X, y\\)"):
        audit(model, train[0], test, reference)
    with pytest.raises(InvalidInput, match="`tolerance` is for a secret that is a number"):
        audit(model, train, test, reference, tolerance=1.0)
    with pytest.raises(InvalidInput, match="at most 50 categories"):
        audit(model, train, test, reference, secret="age", kind="class")
    with pytest.raises(InvalidInput, match="model that can be asked again"):
        audit(Outputs(loss=[1.0]), train, test, reference)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"secret": None}, "`secret` needs a column"),
        ({"secret": 1.5}, "`secret` needs a column .* got 1.5"),
        ({"secret": ["illness", "illness"]}, "`secret` needs each column once"),
        ({"level": 0.05}, "That is a chance of error; for it write 0.95"),
        ({"policy": "strict"}, "policy file `strict`"),
        ({"kind": "text"}, "`kind` needs one of auto, class, number"),
        ({"secret": "age", "tolerance": "1"}, "`tolerance` needs a number of 0 or more"),
        ({"secret": "age", "tolerance": np.inf}, "`tolerance` needs a number of 0 or more"),
        ({"cluster": ([None] * N, range(N))}, "`cluster` needs a unit for every record"),
    ],
)
def test_wrong_arguments_are_refused_by_name(change, said):
    with pytest.raises(InvalidInput, match=said):
        audit(*world(10, 0.3), **change)


def test_tables_that_cannot_be_read_are_refused_by_name():
    import pandas as pd

    model, train, test, reference = world(10, 0.3)
    for odd, said in (
        (pd.concat([train[0], train[0][["age"]]], axis=1), "`train` needs distinct .* 'age' twice"),
        (dict(train[0]), "`train` needs records with a secret column.* of shape \\(\\)"),
        (train[0].to_dict("records"), "`train` needs records with a secret column"),
    ):
        with pytest.raises(InvalidInput, match=said):
            audit(model, (odd, train[1]), test, reference)
    with pytest.raises(InvalidInput, match="`reference` needs \\(X, y\\), got \\(X, None\\)"):
        audit(model, train, test, (reference[0], None))


def test_a_reference_without_the_values_of_the_secret_is_refused():
    model, train, test, reference = world(10, 0.3)
    shouted = reference[0].assign(illness=reference[0]["illness"].str.upper())
    with pytest.raises(InvalidInput, match=r"`reference` shares no value of `secret`.*'MILD'"):
        audit(model, train, test, (shouted, reference[1]))
    alike = reference[0].assign(illness="none")
    with pytest.raises(InvalidInput, match="`reference` has one value of `secret` only, 'none'"):
        audit(model, train, test, (alike, reference[1]))


def test_test_records_that_are_training_records_cannot_clear_a_model():
    model, train, _, reference = world(0, 0.3)
    report = audit(model, train, train, reference)
    assert report.finding == report.verdict == "inconclusive"
    assert "100.0 % of the records of `test` equal one of the records of `train`" in report.headline


def test_a_secret_that_is_distributed_otherwise_is_no_fair_split():
    model, train, test, reference = world(1, 0)
    train = (train[0].assign(illness="none"), train[1])
    report = audit(model, train, test, reference)
    assert report.finding == report.verdict == "inconclusive"
    assert "the split itself is a giveaway" in report.headline


def test_dtypes_of_pandas_and_polars_make_no_difference():
    import pandas as pd

    model, train, test, reference = world(0, 0.3)
    plain = audit(model, train, test, reference)
    for kind in ("category", "string"):
        same = [(x.astype({"illness": kind}), y) for x, y in (train, test, reference)]
        assert audit(model, *same).headline == plain.headline
    gone = [(x.astype({"illness": "string"}), y) for x, y in (train, test, reference)]
    for x, _ in gone:
        x.loc[x.index[:30], "illness"] = pd.NA
    assert "missing in 60 rows" in audit(model, *gone).unknown[0].reason
    none = (train[0].assign(illness=None), train[1])
    report = audit(model, none, test, reference)
    assert (report.finding, report.unknown[0].got) == ("inconclusive", 0)
    polars = pytest.importorskip("polars")
    rows = [(polars.DataFrame(x.to_dict("list")), y) for x, y in (train, test, reference)]
    found = audit(lambda x: model(x.to_pandas()), *rows)
    assert found.headline == plain.headline


def test_too_few_people_are_an_inconclusive_report():
    report = audit(*world(0, 0.3), cluster=(np.zeros(N), np.arange(N)))
    assert report.finding == "inconclusive"
    assert (report.unknown[0].needed, report.unknown[0].got) == (5, 1)


def test_categories_that_differ_between_the_sides_are_named_and_not_fatal():
    model, train, test, reference = world(11, 0.3)
    train[0].loc[train[0].index[:5], "illness"] = "unheard of"
    report = audit(model, train, test, reference)
    assert "5 records have a value that `reference` never shows" in report.unknown[0].reason


def test_patients_with_many_rows_need_cluster():
    """Without it the same ten patients look like hundreds of members."""
    rng = np.random.default_rng(12)
    alarms = {True: 0, False: 0}
    for _ in range(12):
        unit = [np.repeat(np.arange(12), 25) + 100 * i for i in range(2)]
        told = [rng.random(12) < 0.5 for _ in unit]
        sides = []
        for hit, who in zip(told, unit):
            truth = rng.integers(0, 2, len(who))
            sides.append((np.column_stack([rng.normal(size=len(who)), truth]), hit[who % 100]))
        reference = np.column_stack([rng.normal(size=200), rng.integers(0, 2, 200)])
        lucky = {row[0]: (row[1], hit) for x, hits in sides for row, hit in zip(x, hits)}

        def model(x, lucky=lucky):
            return np.array(
                [0.95 if lucky.get(r[0], (9, 0))[1] and lucky[r[0]][0] == r[1] else 0.05 for r in x]
            )

        pairs = [(x, np.ones(len(x), int)) for x, _ in sides]
        for cluster in (None, tuple(unit)):
            report = audit_attribute(
                model,
                secret=1,
                train=pairs[0],
                test=pairs[1],
                reference=(reference, np.ones(200, int)),
                cluster=cluster,
            )
            excess = report.check("prior and model").estimate("excess")
            alarms[cluster is None] += not excess.low <= 0 <= excess.high
    # members and others are told alike, so 0 is the truth
    assert alarms[False] <= 1
    assert alarms[True] >= 3


def test_the_report_is_plain_data_and_says_what_was_asked():
    report = audit(*world(13, 0.3))
    again = Report.from_json(report.to_json())
    assert again.to_json() == report.to_json()
    assert report.environment["secret"] == "illness"
    text = str(report)
    assert "illness" in text
    assert report.to_json() == audit(*world(13, 0.3)).to_json()


@pytest.mark.slow
def test_a_forest_on_adult_tells_nothing_that_imputation_does_not(shared):
    """The model tells members apart (AUC .6), and yet an attacker learns nothing new."""
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    with gzip.open(shared / "data" / "adult.csv.gz", "rt", encoding="utf8") as file:
        frame = pd.DataFrame(list(csv.DictReader(file))).drop(columns=["fnlwgt", "split"])
    rng = np.random.default_rng(0)
    frame = frame.iloc[rng.permutation(len(frame))[:8000]].reset_index(drop=True)
    for name in ("age", "education_num", "capital_gain", "capital_loss", "hours_per_week"):
        frame[name] = frame[name].astype(float)
    y = (frame.pop("income") == ">50K").to_numpy().astype(int)
    words = [name for name in frame if frame[name].dtype.kind not in "if"]
    coin = rng.random(4000) < 0.5
    rows = [np.flatnonzero(coin), np.flatnonzero(~coin), np.arange(4000, 8000)]
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), words), remainder="passthrough"
    )
    forest = make_pipeline(encode, RandomForestClassifier(200, random_state=0))
    forest.fit(frame.iloc[rows[0]], y[rows[0]])
    sides = [(frame.iloc[row], y[row]) for row in rows]
    report = audit(forest, *sides, secret="marital_status")
    assert report.finding == "no leak found"
    assert report.checks[0].estimate("accuracy, members").value == pytest.approx(0.83, abs=0.02)
    excess = report.check("prior and model").estimate("excess")
    assert excess.low <= 0 <= excess.high
    # the model alone looks like a breach: that is the number that other tools report
    assert report.check("model alone").estimate("excess").low > 0.1
    assert report.checks[-1].estimates[0].low > 0.57


@pytest.mark.parametrize("n", [1, 2, 5])
def test_so_few_records_are_an_inconclusive_report_and_no_wrong_coding(n):
    rng = np.random.default_rng(0)
    sides = [people(n, rng) for _ in range(3)]
    report = audit(lambda x: np.full(len(x), 0.5), *sides)
    assert report.verdict == "inconclusive"
    assert (
        report.headline == f"Inconclusive: Attribute inference needs 20 rows of `train`, got {n}."
    )
