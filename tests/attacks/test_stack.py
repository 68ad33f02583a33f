"""The shadow stack: learns from shadow models only, wins where single attacks differ, and says a
probability.
"""

import tracemalloc

import numpy as np
import pytest
from scipy.special import logit

from tacit.attacks import BASE, EBLiRA, ShadowStack
from tacit.attacks.stack import _Lesson, _taught
from tacit.core import InvalidInput, Membership, NotEnoughData, Signals, collect
from tacit.testing import ShadowGaussian, check_attack


def auc(score, member):
    rank = np.argsort(np.argsort(score))[member].mean()
    return (rank - (member.sum() - 1) / 2) / (~member).sum()


def rank(score):
    return np.argsort(np.argsort(score))


def coins(n_shadows, n, seed, *, shift=1.5):
    return ShadowGaussian(n_shadows=n_shadows, shift=shift, antithetic=False).draw(n, seed=seed)


@pytest.mark.slow
@pytest.mark.parametrize("attack", [ShadowStack(), ShadowStack(mode="offline")], ids=repr)
def test_keeps_the_contract(attack):
    check_attack(attack)


@pytest.mark.parametrize(
    ("n_shadows", "antithetic"), [(2, False), (3, False), (4, True), (8, True)]
)
def test_is_not_behind_the_best_single_attack(n_shadows, antithetic):
    game = ShadowGaussian(n_shadows=n_shadows, shift=1.5, antithetic=antithetic).draw(3000, seed=1)
    truth = game.membership.member
    stack = auc(ShadowStack()(game.signals), truth)
    best = max(auc(attack(game.signals), truth) for attack in (BASE(), EBLiRA()))
    assert stack > best - 0.015


def test_the_score_is_a_membership_probability():
    game = ShadowGaussian(n_shadows=8, shift=1.5).draw(4000, seed=3)
    p, member = ShadowStack()(game.signals), game.membership.member
    for low, high in ((0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.0)):
        inside = (p >= low) & (p < high)
        assert abs(p[inside].mean() - member[inside].mean()) < 0.08, (
            f"said {p[inside].mean():.2f}, true {member[inside].mean():.2f}"
        )


def test_records_that_no_shadow_model_was_trained_on_are_scored_offline():
    game = coins(8, 6000, 5)
    audited = np.arange(6000) < 3000
    shadow, inside = np.array(game.signals.shadow), np.array(game.signals.shadow_member)
    fresh = (
        ShadowGaussian(n_shadows=8, shift=0.0, antithetic=False).draw(6000, seed=5).signals.shadow
    )
    shadow[:, audited], inside[:, audited] = np.array(fresh)[:, audited], False
    known = np.where(audited, -1, 0)
    signals = Signals.of(
        game.signals.target,
        shadow=shadow,
        shadow_member=inside,
        known=known,
        statistic="scaled_logit",
    )
    score = ShadowStack()(signals)[audited]
    assert np.isfinite(score).all()
    assert auc(score, game.membership.member[audited]) > 0.6


def test_one_antithetic_pair_is_read_by_single_attacks():
    strong, weak = (
        ShadowGaussian(n_shadows=2, shift=shift).draw(2000, seed=0).signals for shift in (4.0, 0.05)
    )
    assert np.corrcoef(rank(ShadowStack()(strong)), rank(EBLiRA()(strong)))[0, 1] > 0.999
    assert np.corrcoef(rank(ShadowStack()(weak)), rank(EBLiRA()(weak)))[0, 1] < 0.999
    assert np.corrcoef(rank(ShadowStack()(weak)), rank(BASE()(weak)))[0, 1] > 0.9


@pytest.mark.parametrize("shift", [0.5, 1.5, 4.0])
def test_one_antithetic_pair_is_not_behind_a_single_attack(shift):
    game = ShadowGaussian(n_shadows=2, shift=shift).draw(2000, seed=0)
    score, member = ShadowStack()(game.signals), game.membership.member
    assert (
        auc(score, member)
        > max(auc(BASE()(game.signals), member), auc(EBLiRA()(game.signals), member)) - 0.01
    )


def test_two_models_by_coins_are_both_seen():
    signals = coins(2, 3000, 4).signals
    lesson = _Lesson.of(signals, "auto", 0)
    from_one_at_a_time = lesson.log_odds(signals.target, _taught(lesson.pages().values()))
    np.testing.assert_allclose(
        logit(ShadowStack()(signals)), from_one_at_a_time + BASE()(signals), atol=1e-9
    )


def test_the_input_is_not_copied():
    signals = ShadowGaussian(n_shadows=256, shift=1.0).draw(20_000, seed=0).signals
    tracemalloc.start()
    _Lesson.of(signals, "auto", 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.5 * signals.shadow.nbytes


def test_one_model_cannot_teach():
    signals = ShadowGaussian(n_shadows=1).draw(200, seed=0).signals
    with pytest.raises(
        NotEnoughData, match="needs 2 shadow models that do not give each other away, got 1"
    ) as caught:
        ShadowStack()(signals)
    assert caught.value.needed == 2


def test_a_design_that_gives_itself_away_is_refused():
    rng = np.random.default_rng(0)
    member = np.argsort(np.argsort(rng.random((6, 500)), axis=0), axis=0) < 3
    shadow = rng.normal(size=(6, 500))
    with pytest.raises(InvalidInput, match="gives itself away"):
        ShadowStack()(Signals.of(shadow[0], shadow=shadow, shadow_member=member))


def test_shadow_scores_find_members_where_there_are_some_and_nothing_else():
    game = ShadowGaussian(n_shadows=6, shift=1.5).draw(2000, seed=7)
    scores = ShadowStack().shadow_scores(game.signals)
    found = [auc(score, member) for score, member in zip(scores, game.signals.shadow_member)]
    assert min(found) > 0.65
    silent = ShadowGaussian(n_shadows=6, shift=1e-9).draw(2000, seed=7)
    nothing = [
        auc(score, member)
        for score, member in zip(
            ShadowStack().shadow_scores(silent.signals), silent.signals.shadow_member
        )
    ]
    assert abs(np.mean(nothing) - 0.5) < 0.02


def test_membership_of_the_scored_records_is_never_used():
    game = ShadowGaussian(n_shadows=4, shift=1.5).draw(1500, seed=2)
    wrong = Membership(~game.membership.member, assignment="coin")
    right = collect(ShadowStack(), game.signals, game.membership).score
    np.testing.assert_array_equal(right, collect(ShadowStack(), game.signals, wrong).score)
