"""Generators of synthetic tables, two real ones and games of known rates."""

import numpy as np
import pytest

from tacit.audits.steps.closeness import copied
from tacit.core.frame import Frame
from tacit.testing.generators import Cart, Copier, GaussianCopula, Marginals


def table(n, seed=0):
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=n)
    return {
        "x": latent + rng.normal(0, 0.5, n),
        "y": np.where(rng.random(n) < 0.1, np.nan, np.round(latent, 1)),
        "c": np.array(["low", "high"])[(latent > 0).astype(int)],
    }


@pytest.mark.parametrize("generator", [Copier(), Marginals(), GaussianCopula(), Cart()], ids=repr)
def test_a_generator_releases_the_same_table_for_the_same_seed(generator):
    rows = table(300)
    one, two, other = generator(rows, 1), generator(rows, 1), generator(rows, 2)
    assert list(one) == list(rows)
    same = [np.array_equal(one[n], two[n], equal_nan=one[n].dtype.kind == "f") for n in rows]
    assert all(same)
    assert not np.array_equal(one["x"], other["x"])
    assert len(one["x"]) == 300


def test_copies_have_the_rate_that_was_asked_for():
    rows = table(2000)
    release = Copier(0.25, 0.0, n=1000)(rows, 0)
    # a few of the other 750 equal a row by chance
    assert 250 <= copied(Frame.of(release), Frame.of(rows)).sum() < 290
    # a cell stays with probability .7, and one of two categories is often drawn again
    release = Copier(1.0, 0.3)(rows, 0)
    kept = copied(Frame.of(release), Frame.of(rows)).mean()
    assert kept == pytest.approx(0.7 * 0.72 * 0.85, abs=0.04)


def test_what_is_not_copied_comes_from_the_pool():
    pool = table(500, seed=9)
    release = Frame.of(Copier(0.0, 0.0, pool=pool)(table(400), 0))
    assert copied(release, Frame.of(pool)).all()


@pytest.mark.parametrize("generator", [GaussianCopula(4000), Cart(5, 4000)], ids=repr)
def test_a_real_generator_keeps_marginals_and_dependence(generator):
    rows = table(2000)
    release = generator(rows, 0)
    assert np.mean(release["x"]) == pytest.approx(np.mean(rows["x"]), abs=0.1)
    assert np.isnan(release["y"]).mean() == pytest.approx(0.1, abs=0.03)
    gap = [
        np.mean(t["x"][t["c"] == "high"]) - np.mean(t["x"][t["c"] == "low"])
        for t in (rows, release)
    ]
    # ranks among equal categories are random, which costs the copula a third
    assert 0.6 * gap[0] < gap[1] < 1.2 * gap[0]


def test_independent_columns_are_independent():
    release = Marginals(4000)(table(2000), 0)
    high = release["c"] == "high"
    assert np.mean(release["x"][high]) == pytest.approx(np.mean(release["x"][~high]), abs=0.1)
