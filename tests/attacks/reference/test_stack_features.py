"""Columns of the stack, by hand."""

import numpy as np
import pytest
from scipy import stats

from tacit.attacks.reference.empirical_bayes import Predictive, predictive
from tacit.attacks.reference.in_out import Worlds
from tacit.attacks.reference.readings import reading
from tacit.attacks.reference.stack_features import (
    Columns,
    Pair,
    _distances,
    _log_spread,
    _raw_density,
    simple_score,
    stack_features,
)
from tacit.core import Signals

# two records, each in and out of two models, and one that no model was trained on
SHADOW = np.array([[1.0, 4.0, 0.0], [3.0, 4.0, 1.0], [-1.0, 0.0, 2.0], [1.0, 2.0, 5.0]])
MEMBER = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 0], [0, 0, 0]], bool)


def game(scale="logit"):
    return Signals.of([2.5, 3.0, 1.0], shadow=SHADOW, shadow_member=MEMBER, scale=scale)


def test_a_spread_is_half_the_log_of_the_variance_within():
    """OUT squares 2, 2 of one degree; 14 of three. IN squares 2 and 0, the floor; none at all."""
    worlds = Worlds.of(game())
    spread = _log_spread(worlds.outside, worlds)
    np.testing.assert_allclose(spread, 0.5 * np.log([2, 2, 14 / 3]))
    inside = _log_spread(worlds.inside, worlds)
    assert inside[0] == pytest.approx(0.5 * np.log(2))
    assert inside[1] < -10
    assert np.isnan(inside[2])


def test_the_raw_density_has_one_variance_for_all():
    """OUT values -1, 1 | 0, 2 | 0, 1, 2, 5: their variance; each about its record's own mean."""
    worlds = Worlds.of(game())
    values = np.array([-1, 1, 0, 2, 0, 1, 2, 5])
    expected = stats.norm.logpdf([2.5, 3, 1], [0, 1, 2], values.std())
    found = _raw_density(np.array([[2.5], [3.0], [1.0]]), worlds.outside, worlds)
    np.testing.assert_allclose(found[:, 0], expected)


def test_distances_are_in_deviations():
    inside = Predictive(np.array([3.0]), np.array([4.0]), np.array([np.inf]))
    outside = Predictive(np.array([1.0]), np.array([9.0]), np.array([np.inf]))
    ratio = stats.norm.logpdf(5, 3, 2) - stats.norm.logpdf(5, 1, 3)
    found = _distances(inside, outside, np.array([5.0]))[:, 0]
    np.testing.assert_allclose(found, [ratio, 4, 1, 4 / 3, 3, 1, np.log(2), np.log(3)])


def test_the_first_columns_are_log_ratios_of_probabilities():
    chance = np.array([[0.2], [0.4], [0.1], [0.1]])
    signals = Signals.of([0.6], shadow=chance, shadow_member=MEMBER[:, :1], scale="probability")
    of_chance = reading(signals, "probability")
    pair = Pair(Worlds.of(signals), Worlds.of(signals, transform=of_chance), of_chance)
    online = stack_features(pair, signals.target, online=True).table[0]
    np.testing.assert_allclose(online[:3], np.log([0.6 / 0.2, 0.6 / 0.1, 0.6 / 0.3]), rtol=1e-6)
    offline = stack_features(pair, signals.target, online=False).table[0]
    assert offline[0] == pytest.approx(np.log(0.6 / 0.1))


def test_a_record_without_a_model_of_a_world_is_missing_there():
    signals = game()
    of_chance = reading(signals, "probability")
    pair = Pair(Worlds.of(signals), Worlds.of(signals, transform=of_chance), of_chance)
    table = stack_features(pair, signals.target, online=True).table
    assert np.isnan(table[2, 2])
    assert not np.isnan(table[:2, 2]).any()
    assert not np.isnan(table[:, :2]).any()


def test_without_a_scale_the_simple_score_is_that_of_the_predictives():
    signals = game("none")
    inside, outside = predictive(Worlds.of(signals), query=0)
    z = signals.target[:, 0].astype(float)
    expected = inside.log_density(z) - outside.log_density(z)
    np.testing.assert_allclose(simple_score(signals, online=True), expected)


def test_several_queries_are_averaged_and_large_values_kept_finite():
    table = Columns([], [])
    table.add(1, np.array([[1.0, 3.0], [2.0, 4.0]]), np.array([1e300, -1e300]))
    table.add(0, np.array([5.0, 6.0]))
    assert table.direction == [1, 1, 0]
    most = np.finfo(np.float32).max
    np.testing.assert_array_equal(table.table, [[2, most, 5], [3, -most, 6]])


def test_every_column_stands_in_its_place_with_its_direction():
    """With IN models: 3 ratios, 4 distances and the signal rise with membership; then the centres
    and spreads, which may do either, the ratio of densities, which rises, and what IN models say.
    """
    signals = game()
    of_chance = reading(signals, "probability")
    pair = Pair(Worlds.of(signals), Worlds.of(signals, transform=of_chance), of_chance)
    z = signals.target[:, 0].astype(np.float64)
    worlds = pair.signal
    for online in (True, False):
        found = stack_features(pair, signals.target, online=online)
        predicted = _distances(*predictive(worlds, query=0, own_inside=online), z)
        ratios = 3 if online else 1
        after = [1, 0, 0] if online else []
        assert found.direction == [1] * (ratios + 5) + [0] * 6 + after
        columns = [*predicted[:4], z, *predicted[4:], worlds.outside.mean[:, 0]]
        columns.append(_log_spread(worlds.outside, worlds))
        if online:
            dense = [
                _raw_density(z[:, None], world, worlds)[:, 0]
                for world in (worlds.inside, worlds.outside)
            ]
            # the third record has no IN model
            inside = np.where(worlds.inside.count > 0, worlds.inside.mean[:, 0], np.nan)
            columns += [dense[0] - dense[1], inside, _log_spread(worlds.inside, worlds)]
        np.testing.assert_allclose(np.stack(found.value[ratios:]), np.stack(columns))


def test_several_queries_add_the_spread_of_the_answers_between_them():
    """Answers 2 and 5 have a standard deviation of 1.5, 3 and 3 none; one query has no column."""
    shadow = np.repeat(SHADOW[..., None], 2, axis=2)
    signals = Signals.of(
        [[2.0, 5.0], [3.0, 3.0], [1.0, 0.0]], shadow=shadow, shadow_member=MEMBER, scale="none"
    )
    pair = Pair(Worlds.of(signals), None, reading(signals, "signal"))
    found = stack_features(pair, signals.target, online=False)
    assert found.direction == [1] * 5 + [0] * 7
    np.testing.assert_allclose(found.value[-1], [1.5, 0, 0.5])
    # both queries have the same shadow signals, so that scores are means of two of one query
    single = [
        stack_features(
            Pair(Worlds.of(game("none")), None, reading(game("none"), "signal")),
            signals.target[:, [query]],
            online=False,
        ).value[0]
        for query in range(2)
    ]
    np.testing.assert_allclose(found.value[0], np.mean(single, axis=0))


def test_what_out_models_predict_is_missing_where_a_record_has_none_and_in_models_do_not_count():
    """The first record is in every model: without its IN models nothing is known of it."""
    member = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 0], [1, 0, 0]], bool)
    signals = Signals.of([2.5, 3.0, 1.0], shadow=SHADOW, shadow_member=member, scale="none")
    pair = Pair(Worlds.of(signals), None, reading(signals, "signal"))
    for online, missing in ((False, True), (True, False)):
        score = stack_features(pair, signals.target, online=online).value[0]
        assert bool(np.isnan(score[0])) is missing
        assert not np.isnan(score[1:]).any()


def test_one_model_has_no_spread():
    """OUT of the first record: one model; of the second: 0 and 2, squares 2 of one degree."""
    member = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 0], [0, 0, 0]], bool)
    worlds = Worlds.of(
        Signals.of([2.5, 3.0, 1.0], shadow=SHADOW, shadow_member=member, scale="none")
    )
    found = _log_spread(worlds.outside, worlds)
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(0.5 * np.log(2))
