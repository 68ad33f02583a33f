"""PMIA: who stands in for a record that no model was trained on, and what a near stand-in is
worth.
"""

import numpy as np
import pytest
from scipy.stats import norm

from tacit.attacks import PMIA
from tacit.attacks.reference.proxies import directions, nearest
from tacit.core import InvalidInput, Membership, NotEnoughData, Signals, collect
from tacit.testing import ShadowGaussian, check_attack


@pytest.mark.parametrize("proxy", ["auto", "class", "instance"])
def test_keeps_the_contract(proxy):
    check_attack(PMIA(proxy))


def offline(n, seed, *, n_own=1500, n_shadows=16, queries=1):
    """The audited records are in no shadow model, the attacker's own are in half; training moves z
    by exp(2 x) of a column x.
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n + n_own, 2))
    centre, gain = rng.normal(0, 1, n + n_own), np.exp(2 * x[:, 0])
    inside = rng.random((n_shadows, n + n_own)) < 0.5
    inside[1::2] = ~inside[::2]
    inside[:, :n] = False
    member = np.concatenate([rng.random(n) < 0.5, np.zeros(n_own, bool)])
    everyone = np.concatenate([member[None], inside])
    z = (centre + gain * everyone)[..., None] + rng.normal(size=(*everyone.shape, queries))
    known = np.where(np.arange(n + n_own) < n, -1, 0)
    signals = Signals.of(
        z[0],
        shadow=z[1:],
        shadow_member=inside,
        features=x * [1, 100],
        known=known,
        statistic="scaled_logit",
    )
    mean = z[0].mean(axis=1)
    return signals, Membership(member, assignment="coin"), (mean - centre) * gain - gain**2 / 2


def found(score, member, fpr=0.01):
    limit = np.quantile(score[~member], 1 - fpr)
    return (score[member] > limit).mean()


def area(score, member):
    outside = np.sort(score[~member])
    return np.searchsorted(outside, score[member]).mean() / len(outside)


def test_near_proxies_come_closer_to_the_true_likelihood_ratio_than_everyone():
    for seed in range(3):
        signals, membership, truth = offline(3000, seed)
        near, same = (collect(PMIA(proxy), signals, membership) for proxy in ("instance", "class"))
        best = area(truth[:3000], membership.member[:3000])
        areas = [area(evidence.score, evidence.member) for evidence in (near, same)]
        assert areas[1] + 0.05 < areas[0] < best
        assert areas[0] > best - 0.08
        assert found(near.score, near.member) > found(same.score, same.member)


def test_near_proxies_help_on_published_shadow_models_of_location(shared):
    table, records = (
        np.load(shared / "data" / "location_shadows.npz"),
        np.load(shared / "data" / "location.npz"),
    )
    shadow, inside = table["shadow_logits"].T, table["shadow_member"].T
    gains = []
    for target in (0, 2, 4):
        others = [k for k in range(10) if k // 2 != target // 2]
        signals = Signals.of(
            shadow[target],
            shadow=shadow[others],
            shadow_member=inside[others],
            features=records["features"],
            group=records["labels"],
        )
        near, same = (area(PMIA(proxy)(signals), inside[target]) for proxy in ("auto", "class"))
        gains.append(near - same)
    assert min(gains) > 0.005


def test_auto_takes_instances_where_there_are_features_that_differ_and_classes_elsewhere():
    signals, _, _ = offline(50, 0, n_own=100)
    np.testing.assert_array_equal(PMIA()(signals), PMIA("instance")(signals))
    group = np.arange(150) % 2
    for features in (np.zeros((150, 0)), np.ones((150, 2))):
        bare = Signals.of(
            signals.target,
            shadow=signals.shadow,
            shadow_member=signals.shadow_member,
            features=features,
            group=group,
        )
        np.testing.assert_array_equal(PMIA()(bare), PMIA("class")(bare))
        with pytest.raises(
            InvalidInput, match=r"needs `features` of the records \(n, d\), got none that differ"
        ):
            PMIA("instance")(bare)


@pytest.mark.parametrize("neighbours", [None, 1, 4, 10_000])
def test_scores_are_the_formula_over_the_nearest_records_of_the_class(neighbours):
    rng = np.random.default_rng(3)
    n, models = 24, 20
    z, inside = rng.normal(size=(models + 1, n, 2)), rng.random((models, n)) < 0.5
    x, group = rng.normal(size=(n, 3)), np.repeat([0, 1], [9, 15])
    signals = Signals.of(z[0], shadow=z[1:], shadow_member=inside, features=x, group=group)
    score = PMIA("instance", neighbours=neighbours)(signals)
    count = neighbours or int(np.ceil(30 / inside.sum(axis=0).mean()))
    standard = np.column_stack([(x - x.mean(axis=0)) / x.std(axis=0), np.ones(n)])
    cosine = standard @ standard.T / np.outer(*[np.linalg.norm(standard, axis=1)] * 2)
    for i in range(n):
        others = [j for j in np.argsort(-cosine[i]) if j != i and group[j] == group[i]][:count]
        near = np.concatenate([z[1:][inside[:, j], j] for j in others])
        far = z[1:][~inside[:, i], i]
        assert len(near) >= 8 or neighbours == 1
        if len(near) < 8 or len(far) < 8:
            continue
        ratio = norm.logpdf(z[0, i], np.median(near, axis=0), near.std(axis=0)) - norm.logpdf(
            z[0, i], np.median(far, axis=0), far.std(axis=0, ddof=1)
        )
        assert score[i] == pytest.approx(ratio.mean(), rel=1e-9)


def test_a_record_is_never_its_own_proxy():
    """Its own IN models would give the answer of an attacker who could train on it."""
    signals, _, _ = offline(0, 1, n_own=200)
    first = PMIA("instance")(signals)
    moved = np.array(signals.shadow)
    moved[signals.shadow_member[:, 7], 7] += 50.0
    changed = PMIA("instance")(
        Signals.of(
            signals.target,
            shadow=moved,
            shadow_member=signals.shadow_member,
            features=signals.features,
        )
    )
    assert changed[7] == first[7]
    assert (changed != first).any()


def test_neighbours_are_of_the_same_class_and_a_lonely_record_asks_everyone():
    place = directions(np.array([0.0, 0.1, 0.2, 3.0, 0.15])[:, None])
    found = nearest(place, np.array([0, 0, 1, 1, 2]), np.array([0, 1, 2, 3]), 2)
    assert found[:4].tolist() == [[1, -1], [0, -1], [3, -1], [2, -1]]
    assert sorted(found[4].tolist()) == [1, 2]


def test_one_column_alone_keeps_its_order_and_a_constant_one_counts_for_nothing():
    place = directions(np.column_stack([np.linspace(-3, 3, 7), np.full(7, 1e9)]))
    closeness = place @ place[6]
    assert (np.diff(closeness) > 0).all()


def test_units_of_the_columns_do_not_matter():
    signals, _, _ = offline(100, 2, n_own=200)
    scaled = Signals.of(
        signals.target,
        shadow=signals.shadow,
        shadow_member=signals.shadow_member,
        features=signals.features * [1e-6, 1e6] + 5.0,
        known=signals.known,
    )
    np.testing.assert_allclose(PMIA("instance")(scaled), PMIA("instance")(signals), rtol=1e-9)


def test_few_signals_of_the_proxies_borrow_their_spread_from_all():
    """One neighbour in four models has a spread of its own that is worth little; the pooled one
    keeps the power.
    """
    signals, membership, _ = offline(2000, 4, n_own=2000, n_shadows=4)
    evidence = collect(PMIA("instance", neighbours=1), signals, membership)
    assert np.isfinite(evidence.score).all()
    assert area(evidence.score, evidence.member) > 0.75


def test_one_trained_on_record_has_no_neighbour():
    game = ShadowGaussian(n_shadows=4).draw(30, seed=0).signals
    inside = np.zeros((4, 30), bool)
    inside[0, 3] = True
    lonely = Signals.of(
        game.target, shadow=game.shadow, shadow_member=inside, features=np.arange(30.0)[:, None]
    )
    with pytest.raises(
        NotEnoughData, match=r"needs 2 records that a shadow model was trained on.*got 1"
    ):
        PMIA("instance")(lonely)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"proxy": "near"}, "`proxy` needs one of 'auto', 'all', 'class', 'instance', got 'near'"),
        ({"neighbours": 0}, "`neighbours` needs a whole number from 1 on, or None, got 0"),
        ({"proxy": "class", "neighbours": 2}, "`neighbours` needs `proxy='instance'`, got 'class'"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(InvalidInput, match=message):
        PMIA(**options)


def test_the_spread_of_few_out_models_is_pooled_over_their_degrees_of_freedom():
    """Records with 2, 3 and 1 OUT models: squares .5, 2 and 0, over 1 + 2 + 0 degrees."""
    from tacit.attacks.pmia import _spread

    out = np.full((3, 3, 1), np.nan)
    out[0, 2, 0] = 7.0
    out[:2, 0, 0] = [1.0, 2.0]
    out[:, 1, 0] = [1.0, 2.0, 3.0]
    found = _spread(out, np.array([2, 3, 1]))
    np.testing.assert_allclose(found, ((0.5 + 2.0) / 3) ** 0.5)
    # eight models know their own: squares of 0 ... 7 about 3.5 are 42, over 7
    many = np.concatenate([np.arange(8.0)[:, None, None], np.full((8, 1, 1), np.nan)], axis=1)
    many[:2, 1, 0] = [1.0, 2.0]
    assert _spread(many, np.array([8, 2]))[0] == pytest.approx(6.0**0.5)
