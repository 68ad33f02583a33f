"""Who is dealt which records, and how large a model's share of them can be."""

import numpy as np
import pytest

from tacit.audits.steps.two_shares import Dealt, largest_size
from tacit.training.plan import model_seeds


@pytest.mark.parametrize(
    ("n_with", "n_without", "shares"),
    [(70, 70, (0.3, 0.7)), (70, 200, (0.3, 0.7)), (9, 9, (0.3, 0.7)), (5, 500, (0.01, 0.5))],
)
def test_the_largest_size_fits_at_both_shares(n_with, n_without, shares):
    def fits(total):
        taken = [round(share * total) for share in shares]
        return all(k <= n_with and total - k <= n_without for k in taken)

    found = largest_size(n_with, n_without, shares)
    assert fits(found)
    # rounding may let a size pass and not the one before it: two more never fit
    assert not fits(found + 2)


def test_a_part_gives_as_many_with_the_property_as_the_share_says():
    holds = np.arange(100) < 40
    dealt = Dealt.of(np.arange(200, 300), holds, 2, np.random.default_rng(0))
    drawn = dealt.drawn(1, 0.25, 20, np.random.default_rng(1))
    assert len(np.unique(drawn)) == 20
    assert (drawn < 240).sum() == 5
    assert (np.diff(drawn) > 0).all()
    own = np.concatenate([dealt.holders[1], dealt.others[1]])
    assert np.isin(drawn, own).all()
    other = np.concatenate([dealt.holders[0], dealt.others[0]])
    assert len(np.intersect1d(own, other)) == 0


def test_a_longer_run_begins_with_the_same_seeds():
    assert model_seeds(3, 5)[:2] == model_seeds(3, 2)
    assert len(set(model_seeds(3, 500))) == 500
