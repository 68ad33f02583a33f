"""The shadow stack: learns from shadow models only, wins where single attacks differ, and says a
probability.
"""

import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import binom

from tacit.attacks import BASE, EBLiRA, LiRA, ShadowStack, stack
from tacit.attacks.reference import in_out, stacking
from tacit.attacks.reference.leave_one_out import shadow_scores
from tacit.core import InvalidInput, Membership, NotEnoughData, Signals, collect
from tacit.testing import ShadowGaussian, check_attack


def auc(score, member):
    order = np.unique(score, return_inverse=True)[1]
    below = np.r_[0, np.cumsum(np.bincount(order[~member], minlength=order.max() + 1))]
    return (below[order[member]] + below[order[member] + 1]).mean() / 2 / (~member).sum()


def coins(n_shadows, n, seed, *, shift=1.5):
    return ShadowGaussian(n_shadows=n_shadows, shift=shift, antithetic=False).draw(n, seed=seed)


def sevenths(n_shadows, n, seed):
    """Models in antithetic pairs that answer k / 7 and know nothing of membership."""
    rng = np.random.default_rng(seed)
    member = np.zeros((n_shadows, n), bool)
    member[::2] = rng.random((n_shadows // 2, n)) < 0.5
    member[1::2] = ~member[::2]
    z = logit(np.arange(1, 7) / 7)[rng.integers(0, 6, (n_shadows + 1, n))]
    return Signals.of(z[0], shadow=z[1:], shadow_member=member, statistic="scaled_logit")


def right_guesses(n_shadows, worlds, attack, *, n=1500):
    """Of fair coins: how often the higher half of the scores of one model of each pair is its
    members, and the number of coins.
    """
    right = 0
    for seed in range(worlds):
        signals = sevenths(n_shadows, n, seed)
        for score, member in zip(shadow_scores(attack, signals)[::2], signals.shadow_member[::2]):
            rank = np.lexsort((np.arange(n) * 7919 % n, score))
            guess = np.zeros(n, bool)
            guess[rank[n // 2 :]] = True
            right += int((guess == member).sum())
    return right, worlds * n_shadows // 2 * n


def limits(coins, alpha):
    """Exact binomial limits of the number of heads among fair coins."""
    return binom.ppf(alpha / 2, coins, 0.5), binom.isf(alpha / 2, coins, 0.5)


@pytest.mark.parametrize(
    ("n_shadows", "worlds", "attack"),
    [
        (4, 4, ShadowStack()),
        (8, 3, ShadowStack()),
        (4, 20, EBLiRA()),
        (4, 20, BASE()),
        (4, 20, LiRA()),
    ],
    ids=repr,
)
def test_a_null_of_discrete_answers_stays_a_null(n_shadows, worlds, attack):
    """By subtraction the stack was right about .58 of 12,000 coins here; the limits are .5 +- .015,
    which no more than one of a thousand fair attacks breaks.
    """
    right, coins = right_guesses(n_shadows, worlds, attack)
    low, high = limits(coins, 0.001)
    assert low <= right <= high, f"{right / coins:.4f} of {coins} coins"


def by_subtraction(signals, groups, *, transform=None):
    """The worlds of the models left, as they were computed once: with a rounding residue."""
    everyone = in_out.Worlds.of(signals, transform=transform)
    for group in groups:
        sides = [everyone.inside, everyone.outside]
        for model in group:
            value = np.asarray(signals.shadow[model], np.float64)
            value = value if transform is None else transform(value)
            inside = signals.shadow_member[model]
            for i, mine in enumerate((inside, ~inside)):
                count = sides[i].count - mine
                gone = np.where(mine[:, None], value - sides[i].mean, 0.0)
                left = np.maximum(count, 1)[:, None]
                squares = sides[i].squares - gone * (gone + gone / left)
                squares[(squares < 1e-11 * sides[i].squares) | (count < 2)[:, None]] = 0.0
                sides[i] = in_out.World(count, sides[i].mean - gone / left, squares)
        yield group, in_out.Worlds(*sides)


def test_the_null_is_seen_to_break_where_models_are_subtracted(monkeypatch):
    monkeypatch.setattr("tacit.attacks.reference.stack_features.each_left_out", by_subtraction)
    right, coins = right_guesses(4, 2, ShadowStack())
    assert right > limits(coins, 0.001)[1], f"{right / coins:.4f} of {coins} coins"


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
    assert stack > best - 0.01


def test_the_score_is_a_membership_probability():
    game = ShadowGaussian(n_shadows=8, shift=1.5).draw(4000, seed=3)
    p, member = ShadowStack()(game.signals), game.membership.member
    for low, high in ((0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.0)):
        inside = (p >= low) & (p < high)
        assert abs(p[inside].mean() - member[inside].mean()) < 0.08, (
            f"said {p[inside].mean():.2f}, true {member[inside].mean():.2f}"
        )


@pytest.mark.parametrize("n_shadows", [4, 8])
def test_probabilities_stay_at_one_half_where_nothing_leaks(n_shadows):
    """By subtraction the mean size of the log-odds was .4 with four models."""
    odds = [np.abs(logit(ShadowStack()(sevenths(n_shadows, 1500, seed)))) for seed in range(2)]
    assert np.mean(odds) < 0.06


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


@pytest.mark.parametrize("mode", ["auto", "offline"])
def test_of_one_antithetic_pair_base_is_the_score(mode):
    signals = ShadowGaussian(n_shadows=2, shift=1.5).draw(500, seed=0).signals
    expected = expit(BASE(mode=mode)(signals))
    np.testing.assert_array_equal(ShadowStack(mode=mode)(signals), expected)


def test_the_simple_score_comes_from_all_models(monkeypatch):
    """Of two models by coins each teaches from the other alone; BASE's log-ratio sees both."""
    signals = coins(2, 3000, 4).signals
    simple = stacking.Weights(np.array([0.0, 0.0, 1.0]), 0.0)
    monkeypatch.setattr(stacking.Weights, "of", lambda odds, member: simple)
    expected = expit(np.arcsinh(BASE()(signals)))
    np.testing.assert_allclose(ShadowStack()(signals), expected, atol=1e-12)


def test_the_order_of_records_does_not_matter_where_answers_are_equal():
    signals = sevenths(4, 600, 3)
    order = np.random.default_rng(0).permutation(600)
    moved = ShadowStack()(signals.take(order))
    np.testing.assert_allclose(moved, ShadowStack()(signals)[order], atol=1e-9)


@pytest.mark.parametrize("mode", ["online", "offline"])
@pytest.mark.parametrize("value", [0.0, 708.4])
def test_shadow_models_that_say_one_thing_of_all_records_are_no_obstacle(mode, value):
    game = ShadowGaussian(n_shadows=4).draw(300, seed=0).signals
    same = Signals.of(
        game.target,
        shadow=np.full(game.shadow.shape, value),
        shadow_member=game.shadow_member,
        statistic="scaled_logit",
    )
    assert np.isfinite(ShadowStack(mode=mode)(same)).all()
    assert np.isfinite(ShadowStack(mode=mode).shadow_scores(same)).all()


def test_few_records_are_scored_by_base():
    """Twelve records cannot teach trees: the weights say so, and nothing breaks."""
    signals = coins(4, 12, 0).signals
    score = ShadowStack()(signals)
    np.testing.assert_array_equal(np.argsort(score), np.argsort(BASE()(signals)))
    assert np.isfinite(ShadowStack().shadow_scores(signals)).all()


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
        ShadowStack()(
            Signals.of(shadow[0], shadow=shadow, shadow_member=member, statistic="scaled_logit")
        )


def test_shadow_scores_find_members_where_there_are_some():
    game = ShadowGaussian(n_shadows=6, shift=1.5).draw(2000, seed=7)
    scores = ShadowStack().shadow_scores(game.signals)
    found = [auc(score, member) for score, member in zip(scores, game.signals.shadow_member)]
    assert min(found) > 0.65


def test_membership_of_the_scored_records_is_never_used():
    game = ShadowGaussian(n_shadows=4, shift=1.5).draw(1500, seed=2)
    wrong = Membership(~game.membership.member, assignment="coin")
    right = collect(ShadowStack(), game.signals, game.membership).score
    np.testing.assert_array_equal(right, collect(ShadowStack(), game.signals, wrong).score)


@pytest.mark.parametrize("call", ["ShadowStack()(signals)", "ShadowStack().shadow_scores(signals)"])
def test_the_stack_takes_one_thread_from_its_first_call(call):
    """Threads without a core of their own spin: ten times the CPU seconds were measured."""
    code = (
        "import sklearn.ensemble as e, sys\n"
        "from threadpoolctl import threadpool_info\n"
        "seen = set()\n"
        "class Watched(e.HistGradientBoostingClassifier):\n"
        "    def fit(self, *given):\n"
        "        seen.update(x['num_threads'] for x in threadpool_info())\n"
        "        return super().fit(*given)\n"
        "e.HistGradientBoostingClassifier = Watched\n"
        "from tacit.attacks import ShadowStack\n"
        "from tacit.testing.games import ShadowGaussian\n"
        "signals = ShadowGaussian(n_shadows=4, shift=1.5).draw(400, seed=0).signals\n"
        f"{call}; print(seen)"
    )
    many = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "3")
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | many,
    )
    assert done.stdout.strip() == "{1}"


def test_what_is_not_kept_is_not_described(monkeypatch):
    """The trends then rest on a sample: ranks stay what they were when all were described."""
    game = ShadowGaussian(n_shadows=8, shift=1.5).draw(8000, seed=3)
    monkeypatch.setattr(stack, "MOST_ROWS", 16_000)
    described = []
    whole = stack.stack_features
    monkeypatch.setattr(
        stack,
        "stack_features",
        lambda pair, target, *, online: (
            described.append(len(target)) or whole(pair, target, online=online)
        ),
    )
    sampled = ShadowStack()(game.signals)
    # four families of two: the target once without each, and each of eight models
    assert sum(n == 8000 for n in described) == 4
    assert sum(n <= 2000 + stack.POPULATION for n in described) == 8
    monkeypatch.setattr(stack, "POPULATION", 8000)
    everything = ShadowStack()(game.signals)
    assert np.corrcoef(sampled, everything)[0, 1] > 0.99
    member = game.membership.member
    assert auc(sampled, member) > auc(everything, member) - 0.003


def test_the_weights_for_a_model_come_from_other_families(monkeypatch):
    """With the other half of its own records, whichever half has fewer members would be scored
    higher: of three models by coins that know nothing the AUC was .494 +- .002.
    """
    signals = coins(3, 400, 0).signals
    seen = []
    simple = stacking.Weights(np.array([1.0, 0.0, 0.0]), 0.0)
    monkeypatch.setattr(
        stacking.Weights, "of", lambda odds, member: seen.append(member.sum()) or simple
    )
    ShadowStack().shadow_scores(signals)
    own = signals.shadow_member.sum(axis=1)
    np.testing.assert_array_equal(seen, own.sum() - own)


def teachers(signals, **options):
    return stack._Teachers.of(signals, ShadowStack(**options))


@pytest.mark.parametrize(("inside", "online"), [(50, True), (49, False)])
def test_in_models_are_used_where_half_of_the_audited_records_have_some(inside, online):
    """100 records are to be guessed; 40 that were told have IN models, which do not count."""
    member = np.zeros((2, 140), bool)
    member[0, :inside] = True
    member[:, 100:] = np.random.default_rng(0).random((2, 40)) < 0.5
    known = np.r_[np.full(100, -1), np.arange(40) % 2]
    signals = Signals.of(
        np.arange(140.0), shadow=np.ones((2, 140)), shadow_member=member, known=known
    )
    found = teachers(signals)
    assert found.online is online
    assert found.audited_inside
    assert teachers(signals, mode="online").online
    assert not teachers(signals, mode="offline").online


def test_halves_alternate_in_the_order_of_the_signal():
    signal = np.array([5.0, 1.0, 4.0, 2.0, 3.0])
    member = np.array([[1, 0, 1, 0, 1], [1, 1, 0, 0, 1], [0, 1, 1, 1, 0]], bool)
    found = teachers(Signals.of(signal, shadow=np.ones((3, 5)), shadow_member=member))
    assert found.order.tolist() == [1, 3, 4, 2, 0]
    assert found.half.tolist() == [0, 0, 1, 1, 0]


def test_where_no_model_saw_the_audited_records_those_of_the_other_models_teach():
    """Records 0-3 are audited. Model 0 alone saw record 4, model 1 record 5, both saw record 6."""
    member = np.array([[0, 0, 0, 0, 1, 0, 1, 0], [0, 0, 0, 0, 0, 1, 1, 0]], bool)
    known = np.array([-1, -1, -1, -1, 1, 0, 1, 0])
    signals = Signals.of(np.arange(8.0), shadow=np.ones((2, 8)), shadow_member=member, known=known)
    found = teachers(signals)
    assert not found.audited_inside
    assert sorted(found._teaching_rows((0,)).tolist()) == [5, 6]
    assert sorted(found._teaching_rows((1,)).tolist()) == [4, 6]


def test_columns_of_ones_own_are_asked_of_the_models_of_other_families():
    """Models 0 and 1 are antithetic: each is described by 2 and 3 alone."""
    rng = np.random.default_rng(0)
    member = rng.random((4, 60)) < 0.5
    member[1] = ~member[0]
    asked = []

    def beside(target, signals, others):
        asked.append(list(others))
        return np.full((60, 2), 7.0)

    signals = Signals.of(rng.normal(size=60), shadow=rng.normal(size=(4, 60)), shadow_member=member)
    found = stack._Teachers.of(signals, ShadowStack(beside=beside))
    assert found.groups == [(0, 1), (2,), (3,)]
    for number, pair in found.each_left_out():
        columns = found.described(number, pair, signals.target)
        assert columns.direction[-2:] == [1, 1]
        assert (columns.table[:, -2:] == 7).all()
    assert asked == [[2, 3], [0, 1, 3], [0, 1, 2]]
