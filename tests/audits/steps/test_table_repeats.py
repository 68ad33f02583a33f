"""Rows of a table that stand on one side several times count once; equal ones by chance do not."""

import numpy as np

import tacit
from tacit.audits.steps.tables import tables_of


def people(seed, n, *, copies=1):
    rng = np.random.default_rng(seed)
    table = {"x": rng.normal(size=n), "group": rng.choice(["a", "b"], n)}
    return {name: np.repeat(column, copies) for name, column in table.items()}


def cluster_of(member, nonmember, **options):
    other = people(2, 60)
    return tables_of(other, member, nonmember, people(3, 60), **options).membership.cluster


def test_rows_that_repeat_on_a_side_are_one_cluster_each():
    cluster = cluster_of(people(0, 20, copies=3), people(1, 60))
    assert len(np.unique(cluster)) == 20 + 60
    assert (cluster[:60].reshape(20, 3) == cluster[:60:3, None]).all()


def test_rows_that_are_equal_by_chance_or_declared_are_left_alone():
    rng = np.random.default_rng(4)
    few = [{"x": rng.integers(0, 3, 60).astype(float), "y": rng.integers(0, 2, 60)} for _ in "12"]
    made = {"x": np.arange(60) % 3 * 1.0, "y": np.arange(60) % 2}
    assert tables_of(made, *few, made).membership.cluster is None
    own = (np.arange(60), np.arange(60, 120))
    declared = cluster_of(people(0, 20, copies=3), people(1, 60), cluster=own)
    assert len(np.unique(declared)) == 120


def test_the_reader_is_told_of_repeats():
    tables = (people(0, 20, copies=3), people(1, 60), people(3, 60))
    report = tacit.audit_synthetic(
        people(2, 60), member=tables[0], nonmember=tables[1], reference=tables[2]
    )
    assert any("60 records are repeats of 20 within" in text for text in report.warnings)
    assert report.finding != "leak"
