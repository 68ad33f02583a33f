"""How many records fit at both shares, and what each of two models at a share is trained on."""

from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits.steps.three_arms import OTHER_SEED
from tacit.audits.steps.two_shares import Dealt, TwoShares, largest_size
from tacit.core import InvalidInput, Outputs


def fits(size, n_with, n_without, shares):
    taken = [round(share * size) for share in shares]
    return all(k <= n_with and size - k <= n_without for k in taken)


@pytest.mark.parametrize(
    ("n_with", "n_without", "shares", "size"),
    [
        (70, 70, (0.3, 0.7), 100),
        # 70 with the property are 70 % of 100; the others would do for more
        (70, 1000, (0.3, 0.7), 100),
        (1000, 70, (0.3, 0.7), 100),
        (30, 30, (0.5, 0.5), 60),
        # rounding lets one more in: .3 x 34 is 10 of 10, and 24 of 24
        (10, 24, (0.3, 0.3), 34),
        (1, 1, (0.25, 0.25), 1),
        (0, 5, (0.25, 0.5), 1),
        (40, 10, (0.9, 0.5), 20),
        # 204 would round to 20 as well, but a share is not to be missed by more than one record
        (20, 1000, (0.1, 0.1), 201),
        (20, 1000, (0.1, 0.2), 101),
        (1000, 20, (0.9, 0.9), 201),
    ],
)
def test_the_largest_size_is_counted_by_hand(n_with, n_without, shares, size):
    """Never more than the bound of each share allows, rounded up by one record."""
    assert largest_size(n_with, n_without, shares) == size
    assert fits(size, n_with, n_without, shares)


def test_one_more_than_the_bound_is_tried_and_no_more():
    """A part of .35: 20 with it do for 57 records (19.95 is 20), and 58 (20.3) too, not for 59."""
    assert largest_size(20, 1000, (0.35, 0.35)) == 58


ARMS = tuple(
    Dealt(
        tuple(np.arange(start + 10 * part, start + 10 * part + 5) for part in range(2)),
        tuple(np.arange(start + 10 * part + 5, start + 10 * part + 10) for part in range(2)),
    )
    for start in (0, 20)
)


def shares_of(fit, n=40, seeds=(11, 12, 13, 14), size=4, asked=(0, 2)):
    return TwoShares(
        SimpleNamespace(fit=fit),
        "x",
        "y",
        n,
        np.array(asked),
        ARMS,
        (0.25, 0.75),
        size,
        np.array(seeds),
    )


def trained(seed, share):
    """Rows and seed of both trainings of the model `seed` at one of the two shares."""
    seen = []

    def fit(x, y, rows, own_seed):
        assert (x, y) == ("x", "y")
        seen.append((rows, own_seed))
        return lambda x: np.arange(40.0) + 100 * len(seen)

    found = shares_of(fit).fit(None, None, np.array([share]), seed)
    return seen, found(None)


@pytest.mark.parametrize(("seed", "part"), [(11, 0), (12, 0), (13, 1), (14, 1)])
@pytest.mark.parametrize(("share", "n_with"), [(0, 1), (1, 3)])
def test_each_model_is_trained_on_its_own_part_at_its_share(seed, part, share, n_with):
    """Four models, two parts: the first two models have the first part, in both arms."""
    seen, answers = trained(seed, share)
    assert [own for _, own in seen] == [seed, seed ^ OTHER_SEED]
    for start, (rows, _) in zip((0, 20), seen):
        first = start + 10 * part
        assert len(rows) == 4
        assert ((rows >= first) & (rows < first + 5)).sum() == n_with
        assert ((rows >= first + 5) & (rows < first + 10)).sum() == 4 - n_with
        assert (np.diff(rows) > 0).all()
    # the records that were asked about, first by the property and then by the shuffled one
    assert answers.tolist() == [[100.0, 102.0], [200.0, 202.0]]


def test_a_model_draws_the_same_rows_again_and_others_draw_others():
    first, again, other = (trained(seed, 0)[0][0][0].tolist() for seed in (11, 11, 12))
    assert first == again
    assert first != other


def test_answers_must_be_as_many_from_every_model():
    width = iter((1, 2))
    made = shares_of(lambda *_: lambda x: np.zeros((40, next(width))))
    with pytest.raises(InvalidInput, match="got 2 and 4 in all"):
        made.fit(None, None, np.array([0]), 11)


@pytest.mark.parametrize("shape", [(40,), (40, 3), (40, 3, 2)])
def test_numbers_of_one_to_three_axes_are_answers(shape):
    value = np.arange(np.prod(shape), dtype=float).reshape(shape)
    made = shares_of(lambda *_: lambda x: value)
    assert made._answer(np.arange(4), 0).tolist() == value[[0, 2]].ravel().tolist()


@pytest.mark.parametrize("shape", [(), (40, 1, 1, 1), (39,), (41, 2)])
def test_other_answers_are_refused(shape):
    made = shares_of(lambda *_: lambda x: np.zeros(shape))
    with pytest.raises(InvalidInput, match="`observe`"):
        made._answer(np.arange(4), 0)


def test_of_outputs_the_first_that_is_there_is_read():
    """Logits before the loss, and the loss where there is nothing else."""
    logits = np.stack([np.arange(40.0), np.zeros(40)], axis=1)
    made = shares_of(lambda *_: lambda x: Outputs(logits=logits, label=np.zeros(40, int)))
    assert made._answer(np.arange(4), 0).tolist() == [0.0, 0.0, 2.0, 0.0]
    made = shares_of(lambda *_: lambda x: Outputs(loss=np.arange(40.0)))
    assert made._answer(np.arange(4), 0).tolist() == [0.0, 2.0]


def test_parts_have_the_property_equally_often():
    """Seven with it and eight without, in three parts: 3, 2, 2 and 3, 3, 2."""
    holds = np.arange(15) < 7
    dealt = Dealt.of(np.arange(100, 115), holds, 3, np.random.default_rng(0))
    assert [len(part) for part in dealt.holders] == [3, 2, 2]
    assert [len(part) for part in dealt.others] == [3, 3, 2]
    assert sorted(np.concatenate(dealt.holders)) == list(range(100, 107))
    assert sorted(np.concatenate(dealt.others)) == list(range(107, 115))
    assert [int(row) for row in np.concatenate(dealt.holders)] != list(range(100, 107))
