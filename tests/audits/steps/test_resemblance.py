"""Shadow models beside the audited model: distances and limits by hand."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from tacit.audits.steps.resemblance import _limit, ks_distance, resemblance
from tacit.core import Signals


def test_the_distance_is_that_of_kolmogorov_and_smirnov():
    rng = np.random.default_rng(0)
    x, y = np.sort(rng.integers(0, 20, 40)), np.sort(rng.integers(3, 25, 70))
    assert ks_distance(x, y) == pytest.approx(ks_2samp(x, y).statistic)
    assert ks_distance(y, x) == pytest.approx(ks_2samp(x, y).statistic)


def test_the_limit_is_four_spreads_above_the_mean():
    """.1 and .3: mean .2, spread sqrt(.02) of one degree of freedom. One model: twice itself."""
    assert _limit((0.1, 0.3)) == pytest.approx(0.2 + 4 * 0.02**0.5)
    assert _limit((0.1,)) == pytest.approx(0.2)
    assert _limit(()) == 0


def models(shift, *, n=2000, m=4, seed=1):
    """The audited model's non-members `shift` away; its members, and the shadow models' members,
    far away on either side, where nobody is to look.
    """
    rng = np.random.default_rng(seed)
    inside = rng.random((m, n)) < 0.5
    member = rng.random(n) < 0.5
    shadow = np.where(inside, -50.0, rng.normal(size=(m, n)))
    target = np.where(member, 50.0, rng.normal(size=n) + shift)
    return Signals.of(target, shadow=shadow, shadow_member=inside), member, shadow, inside


def test_non_members_are_compared_with_non_members():
    signals, member, shadow, inside = models(1.0)
    found = resemblance(signals, member)
    target = np.asarray(signals.target[:, 0], float)
    everyone = shadow[~inside]
    expected = ks_2samp(target[~member], everyone.astype(np.float32)).statistic
    assert found.distance == pytest.approx(expected)
    # each shadow model is compared with the others, not with a pool that holds itself
    rest = np.arange(len(shadow)) != 2
    others = shadow[rest][~inside[rest]]
    assert found.usual[2] == pytest.approx(ks_2samp(shadow[2][~inside[2]], others).statistic)
    assert "do not resemble" in found.warnings[0]


def test_models_alike_are_not_warned_of():
    found = resemblance(*models(0.0)[:2])
    assert found.warnings == ()
    # a distance of .04 is no reason even where the shadow models are all but equal
    signals, member, _, _ = models(0.06, n=20_000)
    found = resemblance(signals, member)
    assert _limit(found.usual) < found.distance < 0.05
    assert found.warnings == ()


@pytest.mark.parametrize(("accuracy", "warned"), [(0.843, True), (0.839, False), (0.757, True)])
def test_an_accuracy_four_spreads_away_is_warned_of(accuracy, warned):
    """.79, .80, .81: mean .8, spread .01."""
    signals, member, _, _ = models(0.0)
    found = resemblance(signals, member, accuracy=accuracy, shadow_accuracy=(0.79, 0.80, 0.81))
    assert (len(found.warnings) == 1) == warned


def test_an_accuracy_a_hundredth_away_is_none():
    signals, member, _, _ = models(0.0)
    for accuracy, count in ((0.809, 0), (0.811, 1)):
        found = resemblance(signals, member, accuracy=accuracy, shadow_accuracy=(0.8, 0.8))
        assert len(found.warnings) == count
    assert resemblance(signals, member, accuracy=0.1, shadow_accuracy=(0.8,)).warnings == ()


@pytest.mark.parametrize(("moved", "warned"), [(25, False), (30, True)])
def test_one_shadow_model_differs_by_chance_up_to_smirnovs_limit(moved, warned):
    """100 against 100 non-members: 1.95 sqrt(2 / 100) is .276."""
    n = 102
    outside = np.arange(n) < 100
    shadow = np.where(outside, np.arange(n), 500.0)
    target = np.where(np.arange(n) < moved, 1000.0, shadow)
    signals = Signals.of(target, shadow=shadow[None], shadow_member=~outside[None])
    found = resemblance(signals, ~outside)
    assert found.distance == pytest.approx(moved / 100)
    assert bool(found.warnings) == warned


@pytest.mark.parametrize("m", [1, 2, 3])
def test_each_shadow_model_is_held_against_the_others_where_there_are_any(m):
    signals, member, shadow, inside = models(0.0, n=200, m=m)
    found = resemblance(signals, member)
    assert len(found.usual) == (0 if m == 1 else m)
    if m == 2:
        assert found.usual[0] == found.usual[1]
        first, second = (shadow[i][~inside[i]].astype(np.float32) for i in (0, 1))
        assert found.usual[0] == pytest.approx(ks_2samp(first, second).statistic)


@pytest.mark.parametrize(("accuracy", "count"), [(0.01, 0), (0.0101, 1)])
def test_at_exactly_a_hundredth_nothing_is_said_of_the_accuracy(accuracy, count):
    signals, member, _, _ = models(0.0, n=200)
    found = resemblance(signals, member, accuracy=accuracy, shadow_accuracy=(0.0, 0.0))
    assert len(found.warnings) == count


def test_at_exactly_four_spreads_nothing_is_said_of_the_accuracy():
    """-1, 0 and 1 have a spread of 1 with two degrees of freedom."""
    signals, member, _, _ = models(0.0, n=200)
    for accuracy, count in ((4.0, 0), (4.01, 1), (-4.0, 0), (-4.01, 1)):
        found = resemblance(signals, member, accuracy=accuracy, shadow_accuracy=(-1.0, 0.0, 1.0))
        assert len(found.warnings) == count
    assert "spread 1.000" in found.warnings[0]


@pytest.mark.parametrize(("moved", "warned"), [(5, False), (6, True)])
def test_a_distance_of_a_twentieth_is_none_whatever_chance_allows(moved, warned):
    """20,000 equal non-members against two such models: chance allows .0169, models differ by 0."""
    n = 20_100
    outside = np.arange(n) < 20_000
    shadow = np.where(outside, np.arange(n), 5e5)
    target = np.where(np.arange(n) < moved * 200, -9e5, shadow)
    signals = Signals.of(
        target, shadow=np.stack([shadow, shadow]), shadow_member=np.stack([~outside, ~outside])
    )
    found = resemblance(signals, ~outside)
    assert found.usual == (0.0, 0.0)
    assert found.distance == pytest.approx(moved / 100)
    assert bool(found.warnings) is warned
