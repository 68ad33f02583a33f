"""What is worked out piece by piece is what it is of all records at once."""

import numpy as np
import pytest

from tacit import Evidence
from tacit.core import sorting
from tacit.metrics import advantage, rows as rows_file
from tacit.metrics.auc import _lost_to_ties
from tacit.metrics.looks import Ranked, _doubled_ranks
from tacit.metrics.roc import best_place, best_threshold, gains
from tacit.metrics.rows import Rows, gram

SCORES = {
    "no ties": np.random.default_rng(0).normal(size=300),
    "some ties": np.random.default_rng(1).integers(0, 40, 300).astype(float),
    "two values": np.random.default_rng(2).integers(0, 2, 300).astype(float),
    "all equal": np.zeros(300),
    "extremes": np.random.default_rng(3).permutation(np.repeat([-np.inf, -1e308, 0.0, np.inf], 75)),
}
PIECES = (2, 7, 1 << 16)


@pytest.fixture(params=SCORES)
def score(request):
    return SCORES[request.param]


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ranks_are_the_mid_ranks(monkeypatch, score, piece, dtype):
    monkeypatch.setattr(sorting, "PIECE", piece)
    with np.errstate(over="ignore"):
        values = score.astype(dtype)
    less = (values[:, None] > values[None, :]).sum(axis=1)
    more = (values[:, None] < values[None, :]).sum(axis=1)
    assert np.array_equal(Ranked.of("a", values).rank, less - more)
    standing = np.sort(values)
    step = standing[1:] != standing[:-1]
    assert np.array_equal(_doubled_ranks(step, 300), np.sort(less - more))
    assert np.array_equal(Ranked.of("a", standing, step=step).rank, np.sort(less - more))


@pytest.mark.parametrize("piece", PIECES)
def test_what_ties_take_from_the_moments_is_summed_over_all_blocks(monkeypatch, score, piece):
    monkeypatch.setattr(sorting, "PIECE", piece)
    standing = np.sort(score)
    _, start, size = np.unique(standing, return_index=True, return_counts=True)
    taken = size.astype(float) ** 3 - size
    centre = start + (size - 1) / 2 - (300 - 1) / 2
    found = _lost_to_ties(standing[1:] != standing[:-1], 300)
    assert found == pytest.approx((taken.sum(), (centre * taken).sum()))


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("members", ["coins", "above", "below"])
def test_the_best_threshold_is_the_highest_of_those_with_the_largest_gain(
    monkeypatch, score, piece, members
):
    monkeypatch.setattr("tacit.core.sorting.PIECE", piece)
    coin = np.random.default_rng(5).random(300) < 0.5
    member = {"coins": coin, "above": score > 0, "below": score < 0}[members]
    if member.all() or not member.any():
        member = coin
    evidence = Evidence(score, member)
    inside, outside = np.sort(score[member]), score[~member]
    gain = np.array([(inside >= t).mean() - (outside >= t).mean() for t in inside])
    if gain.max() > 0:
        assert best_threshold(evidence) == inside[np.flatnonzero(gain >= gain.max() - 1e-12)[-1]]
    else:
        assert best_place(evidence) == len(inside)
    first = np.append(True, inside[1:] != inside[:-1])
    assert gains(evidence)[first] == pytest.approx(gain[first])
    assert advantage(evidence).high >= max(0.0, gain.max()) - 1e-12


@pytest.mark.parametrize("cached", [3, 64, 1 << 14])
def test_products_of_all_rows_are_those_of_the_rows_written_out(monkeypatch, cached):
    monkeypatch.setattr(rows_file, "CACHED", cached)
    rng = np.random.default_rng(0)
    code, other = rng.integers(0, 5, 200).astype(np.int8), rng.integers(0, 3, 200)
    whole = np.broadcast_to(np.uint8(0), 200)
    weight = rng.integers(-9, 9, (4, 200))
    rows = [
        Rows(whole, 1, weight[0]),
        Rows(whole, 1),
        Rows(code, 5, weight[1]),
        Rows(code, 5, weight[2]),
        Rows(code, 5),
        Rows(other, 3, weight[3]),
        Rows(np.sort(other), 3, nested=True),
    ]
    dense = np.concatenate([part.dense() for part in rows])
    assert np.array_equal(gram(rows), dense @ dense.T)
