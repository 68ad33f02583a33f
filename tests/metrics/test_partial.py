"""The partial area and its draws, piece by piece."""

import numpy as np
import pytest

from tacit.core import Evidence, InvalidInput, NotEnoughData
from tacit.metrics import partial, partial_auc


def paper(members, others, cluster=None):
    scores = np.concatenate([np.asarray(members, float), np.asarray(others, float)])
    member = np.arange(len(scores)) < len(members)
    return Evidence(scores, member, cluster, "observed", "by hand", np.arange(len(scores)))


def test_mcclish_s_scale_by_hand():
    """Up to .2 the diagonal has .02 and perfection .2: half way between is .11, so .75."""
    assert partial._standardised(0.02, 0.2) == pytest.approx(0.5)
    assert partial._standardised(0.2, 0.2) == pytest.approx(1.0)
    assert partial._standardised(0.11, 0.2) == pytest.approx(0.75)


def test_the_area_by_hand():
    """Others 0, 1, 2, 3; members 2.5 and .5: the curve is 0, then 1/2 from FPR 1/4, 1 from 3/4."""
    evidence = paper([2.5, 0.5], [0, 1, 2, 3])
    assert partial._area(evidence, 0.5) == pytest.approx(0.25 * 0.5)
    assert partial._area(evidence, 0.9) == pytest.approx(0.5 * 0.5 + 0.15)
    # a member that ties with one of four: the trapezium rises from 0 to 1 between 1/4 and 1/2
    tied = paper([2.0], [0, 1, 2, 3])
    assert partial._area(tied, 0.5) == pytest.approx(0.125)
    assert partial._area(tied, 0.4) == pytest.approx(0.15**2 / 2 / 0.25)


def test_the_mean_that_is_left_by_hand():
    """u uniform on [0, 1] leaves of .5 on average .125; at .2 just .3; on [0, .4] between .1 and
    .5, on average .3; beyond nothing.
    """
    left = partial._mean_left(np.array([0, 0.2, 0, 0.6]), np.array([1, 0.2, 0.4, 0.9]), 0.5)
    assert left == pytest.approx([0.125, 0.3, 0.3, 0])


def test_members_above_ranks_are_shared_within_equal_scores():
    """Others 5, 3, 3, 1; members 6, 4, 3, 3, 0: above 5 one, above 3 two and two tie with the two
    others at 3: one each; above 1 four.
    """
    evidence = paper([6, 4, 3, 3, 0], [5, 3, 3, 1])
    assert partial._above(evidence, 4).tolist() == [0, 1, 3, 4, 4]
    # the member that ties with the only other of its score is above it
    assert partial._above(paper([5, 2], [5, 1]), 2).tolist() == [0, 1, 2]
    # a block is counted whole although its first rank only was asked for
    assert partial._above(evidence, 2).tolist() == [0, 1, 3, 4]


def test_a_group_of_ranks_rises_as_its_members_lie():
    """Counts 0, 4, 4, 6, 6 in groups of two ranks: 4 of 4 come with the first rank, so just before
    its ranks 0 and 4 of 4, on average 1/2, just after 1; then 0 and 2 of 2.
    """
    above, rank = np.array([0.0, 4, 4, 6, 6]), np.array([0, 2, 4])
    before, after = partial._inside(above, rank)
    assert before == pytest.approx([0.5, 0.5])
    assert after == pytest.approx([1.0, 1.0])
    before, after = partial._inside(np.array([0.0, 1, 2, 4, 4]), np.array([0, 4]))
    assert before == pytest.approx([(0 + 1 + 2 + 4) / 16])
    assert after == pytest.approx([(1 + 2 + 4 + 4) / 16])
    flat = partial._inside(np.zeros(3), np.array([0, 2]))
    assert [float(part[0]) for part in flat] == [0.5, 0.5]


def test_the_area_between_ranks_by_hand():
    """Rates .1 and .3, heights .4 and .6, each reached half way: .1 * .2 + .1 * .5 up to .2, and
    beyond the last the height or at least what is said.
    """
    fpr, tpr, rise = np.array([[0.1, 0.3]]), np.array([[0.4, 0.6]]), np.array([0.5, 0.5])
    area = partial._area_between
    assert area(fpr, tpr, rise, 0.0, 0.2) == pytest.approx([0.02 + 0.05])
    assert area(fpr, tpr, rise, 0.0, 0.5) == pytest.approx([0.02 + 0.1 + 0.2 * 0.6])
    assert area(fpr, tpr, rise, 1.0, 0.5) == pytest.approx([0.02 + 0.1 + 0.2])
    assert area(fpr, tpr, np.array([0.0, 1.0]), 0.0, 0.2) == pytest.approx([0.1 * 0.6])


def test_rates_are_drawn_with_one_record_more_at_the_side_that_speaks_against_the_claim():
    """Between three members: means 1/4 and 2/4 of Dirichlet(1, 1, 2), or 2/4 and 3/4 of (2, 1, 1);
    four standard errors of the mean of 1,000 draws, an offset of one half would be ten.
    """
    between = np.ones(3)
    for extra, mean in ((-1, [0.25, 0.5]), (0, [0.5, 0.75])):
        draws = partial._rates(np.random.default_rng(0), between.copy(), extra=extra)
        assert draws.shape == (partial.N_DRAWS, 2)
        error = np.sqrt([x * (1 - x) / 5 / partial.N_DRAWS for x in mean])
        assert (np.abs(draws.mean(axis=0) - mean) < 4 * error).all()
        # variance of Beta(a, b) with a + b = 4: m (1 - m) / 5
        assert draws.var(axis=0) == pytest.approx([x * (1 - x) / 5 for x in mean], rel=0.2)


def test_the_last_rank_lies_eight_deviations_beyond():
    """.1 of 1,000: 100 + 8 sqrt(90) + 16 = 191.9, rounded up; never more than there are."""
    assert partial._last_rank(1000, 0.1, 1000) == 192
    assert partial._last_rank(100, 0.5, 100) == 100
    # half as many independent ones are less sure: 100 + 8 sqrt(180) + 32
    assert partial._last_rank(1000, 0.1, 500) == 240


def drawn_by_hand(members, others, max_fpr, level, n_draws=20_000):
    """Ordered uniforms for the others' rates, a Dirichlet for the members between them, each curve
    integrated as steps: without groups of ranks.
    """
    rng = np.random.default_rng(1)
    falling = np.sort(others)[::-1]
    above = np.array([0, *((members > cut).sum() for cut in falling)])
    n0, n1 = len(others), len(members)
    between = np.append(np.diff(above), n1 - above[-1]).astype(float)
    fpr = np.sort(rng.random((n_draws, n0)), axis=1)
    ends = []
    for extra, beyond, quantile in ((-1, 0.0, (1 - level) / 2), (0, 1.0, (1 + level) / 2)):
        shape = between.copy()
        shape[extra] += 1
        parts = rng.standard_gamma(shape, size=(n_draws, n0 + 1))
        tpr = np.cumsum(parts / parts.sum(axis=1, keepdims=True), axis=1)[:, :-1]
        edges = np.column_stack([np.zeros(n_draws), fpr, np.ones(n_draws)]).clip(0, max_fpr)
        # just before a rank the curve stands lower, just after it higher
        last = np.maximum(tpr[:, -1], beyond)
        heights = (
            np.column_stack([np.zeros(n_draws), tpr[:, :-1], last])
            if extra
            else np.column_stack([tpr, last])
        )
        area = (np.diff(edges, axis=1) * heights).sum(axis=1)
        ends.append(partial._standardised(np.quantile(area, quantile), max_fpr))
    return ends


@pytest.mark.parametrize(("level", "most"), [(0.8, 0.4), (0.95, 0.4), (0.95, 0.97)])
def test_the_interval_is_that_of_plain_draws(level, most):
    """Twenty non-members need no groups. Tolerance: five standard errors of a quantile of 1,000
    draws; the pseudo-record at the other end would move an end by .05.
    """
    rng = np.random.default_rng(4)
    members, others = rng.normal(1, 1, 25), rng.normal(size=20)
    estimate = partial_auc(paper(members, others), most, level=level)
    low, high = drawn_by_hand(members, others, most, level)
    assert estimate.low == pytest.approx(low, abs=0.025)
    assert estimate.high == pytest.approx(high, abs=0.025)


def test_groups_of_ranks_change_little():
    rng = np.random.default_rng(5)
    members, others = rng.normal(1, 1, 300), rng.normal(size=200)
    estimate = partial_auc(paper(members, others), 0.3)
    low, high = drawn_by_hand(members, others, 0.3, 0.95, n_draws=3000)
    assert estimate.low == pytest.approx(low, abs=0.012)
    assert estimate.high == pytest.approx(high, abs=0.012)


def test_copies_count_as_one_record():
    """Every record ten times in a cluster of its own: the interval of one record each, but for the
    allowance for 200 clusters and for draws.
    """
    rng = np.random.default_rng(6)
    members, others = rng.normal(1, 1, 200), rng.normal(size=200)
    cluster = np.repeat(np.arange(400), 10)
    together = partial_auc(paper(np.repeat(members, 10), np.repeat(others, 10), cluster), 0.2)
    apart = partial_auc(paper(members, others), 0.2)
    assert together.value == pytest.approx(apart.value, abs=0.01)
    assert together.high - together.low == pytest.approx(apart.high - apart.low, rel=0.12)


def test_what_is_needed_is_one_over_the_rate():
    with pytest.raises(NotEnoughData) as caught:
        partial_auc(paper(np.zeros(5), np.zeros(32)), 0.03)
    assert (caught.value.needed, caught.value.got) == (34, 32)
    assert partial_auc(paper(np.zeros(5), np.zeros(10)), 0.1).value == pytest.approx(0.5)
    assert partial_auc(paper(np.zeros(5), np.zeros(100))).name == "pauc@fpr=0.01"
    with pytest.raises(InvalidInput, match="`max_fpr`"):
        partial_auc(paper([1], [0]), 1.0)


def test_all_pseudo_records_stand_where_they_speak_against_the_claim(monkeypatch):
    """The others' and the low end's beyond the last rank, the high end's before the first."""
    seen = []
    rates = partial._rates

    def spy(rng, between, *, extra):
        seen.append((between.copy(), extra))
        return rates(rng, between, extra=extra)

    monkeypatch.setattr(partial, "_rates", spy)
    rng = np.random.default_rng(7)
    partial_auc(paper(rng.normal(1, 1, 30), rng.normal(size=20)), 0.4)
    assert [extra for _, extra in seen] == [-1, -1, 0]
    assert [between.sum() for between, _ in seen] == pytest.approx([20, 30, 30])
    np.testing.assert_array_equal(seen[1][0], seen[2][0])


def test_a_limit_that_cuts_through_a_large_block_of_equal_scores_is_not_averaged_over_it():
    """Guessing has .5 whatever is tied; about five of 5,000 non-members lie within the limit, and
    three hundred share the score below. Groups of ranks that reach over that block missed on one
    side in about half of the worlds. Binomial (60, .05) exceeds 8 in .6 %.
    """
    missed = 0
    for seed in range(60):
        score = np.round(np.random.default_rng(seed).normal(size=10_000))
        limits = partial_auc(Evidence.of(score, np.arange(10_000) < 5_000), 0.001)
        missed += not limits.low <= 0.5 <= limits.high
    assert missed <= 8


def test_both_ends_are_two_sided_quantiles_of_the_draws(monkeypatch):
    """Draws of 0, .001 ... .999 of the area: .025 and .975 of them at 95 %."""
    from tacit.core import Evidence
    from tacit.metrics import partial as steps

    draws = 0.1 * np.arange(1000) / 999
    monkeypatch.setattr(steps, "_area_between", lambda *_: draws)
    rng = np.random.default_rng(0)
    paper = Evidence.of(rng.normal(size=400), np.arange(400) < 200)
    low, high = steps._limits(paper, 0.1, (200.0, 200.0), 0.95)
    assert (low, high) == pytest.approx((0.0025, 0.0975))


def test_beyond_the_last_non_member_all_members_may_be_found():
    """Two non-members above all members: in 39 draws of 40 the larger of their two uniform rates
    is .16 or more, so that the curve may be 1 over .34 of the .5, of which .125 is chance.
    """
    found = partial_auc(Evidence.of([5, 4, 3, 2, 1], [0, 0, 1, 1, 1]), 0.5)
    assert found.high > 0.75
