import pytest

from tacit.dp.one_run_plan import Look, declared, plan, walk_share


@pytest.mark.parametrize("m", [10, 100, 1000, 10_000, 1_000_000])
@pytest.mark.parametrize("delta", [0.0, 1e-9, 1e-5, 1e-4, 1e-3, 1e-2, 0.2])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_alpha_is_spent_once_and_never_more(m, delta, alpha):
    split = plan(m, delta, alpha)
    spent = split.walk + sum(look.alpha for look in split.looks)
    assert spent == pytest.approx(alpha, rel=1e-12)
    assert all(look.alpha > 0 and 1 <= look.guesses <= m for look in split.looks)


def test_without_delta_the_walk_has_all_of_alpha():
    assert plan(1000, 0.0, 0.05).walk == 0.05
    assert plan(1000, 0.0, 0.05).looks == ()


def test_the_walk_gives_way_as_delta_grows():
    # m delta / alpha of 1, then 10; above that only where delta / alpha is at most 5e-4
    assert walk_share(1000, 5.0e-5, 0.05) == 1.0
    assert walk_share(1000, 5.1e-5, 0.05) == 0.5
    assert walk_share(1000, 4.9e-4, 0.05) == 0.5
    assert walk_share(1000, 5.1e-4, 0.05) == 0.0
    assert walk_share(100_000, 2.5e-5, 0.05) == 0.5
    assert walk_share(100_000, 2.6e-5, 0.05) == 0.0


def test_large_delta_leaves_one_look_at_all_canaries():
    assert plan(1000, 0.01, 0.05).looks == (Look("both", 1000, 0.05),)
    assert plan(1000, 0.3, 0.05).looks == (Look("both", 1000, 0.05),)


def test_the_plan_at_delta_a_thousandth_by_hand():
    # costs m delta / (.45 r): .0022 for 1,000 guesses, .0044 for 500, .0222 for 100; further looks
    # would take more than .6 of alpha together. What is left, .0211, goes by weights 5 : 2 : 1
    rest = 0.05 - (1 / 450 + 1 / 225 + 1 / 45)
    looks = plan(1000, 1e-3, 0.05).looks
    assert [(look.side, look.guesses) for look in looks] == [
        ("both", 1000),
        ("both", 500),
        ("both", 100),
    ]
    for look, cost, weight in zip(looks, (1 / 450, 1 / 225, 1 / 45), (0.5, 0.2, 0.1)):
        assert look.alpha == pytest.approx(cost + rest * weight / 0.8, rel=1e-12)


def test_looks_of_one_side_cost_half():
    looks = {(look.side, look.guesses): look.alpha for look in plan(10_000, 1e-4, 0.05).looks}
    assert list(looks) == [
        ("both", 10_000),
        ("both", 5000),
        ("both", 1000),
        ("top", 250),
        ("both", 2500),
        ("top", 100),
    ]
    # costs .00022, .00044, .00222, .00444, .00089, .01111: a "top" one is halved. The next look
    # (40 guesses) would cost .02778, more than .6 of alpha together with these
    costs = (1 / 4500, 1 / 2250, 1 / 450, 1 / 225, 1 / 1125, 1 / 90)
    rest = 0.05 - sum(costs)
    weights = (0.5, 0.2, 0.1, 0.08, 0.1, 0.05)
    for alpha, cost, weight in zip(looks.values(), costs, weights):
        assert alpha == pytest.approx(cost + rest * weight / sum(weights), rel=1e-12)


def test_all_looks_of_many_canaries():
    guesses = [(look.side, look.guesses) for look in plan(1_000_000, 1e-5, 0.05).looks]
    assert guesses == [
        ("both", 1_000_000),
        ("both", 500_000),
        ("both", 100_000),
        ("top", 25_000),
        ("both", 250_000),
        ("top", 10_000),
        ("top", 4000),
        ("top", 2000),
    ]
    # costs 10 / (.45 r), halved for "top"
    rest = 0.025 - sum(10 / (0.45 * r) / (1 + (side == "top")) for side, r in guesses)
    weight = dict(zip(guesses, (0.5, 0.2, 0.1, 0.08, 0.1, 0.05, 0.05, 0.04)))
    for look in plan(1_000_000, 1e-5, 0.05).looks:
        cost = 10 / (0.45 * look.guesses) / (1 + (look.side == "top"))
        share = weight[look.side, look.guesses] / 1.12
        assert look.alpha == pytest.approx(cost + rest * share, rel=1e-9)


def test_few_canaries_are_not_guessed_by_the_handful():
    assert [look.guesses for look in plan(100, 1e-3, 0.05).looks] == [100, 50]
    assert [look.guesses for look in plan(100, 0.051 / 100, 0.05).looks] == [100, 50, 10]
    assert [look.guesses for look in plan(94, 0.051 / 94, 0.05).looks] == [94, 47, 24]


def test_declared_looks_share_alpha_equally():
    assert declared(("both", "top"), (0.1, 0.003), 100, 0.04) == [
        Look("both", 10, 0.01),
        Look("both", 1, 0.01),
        Look("top", 10, 0.01),
        Look("top", 1, 0.01),
    ]


def test_the_walk_keeps_its_share_up_to_the_very_edge():
    """m delta of alpha: all of it; of ten times alpha: half; beyond: none, but for tiny deltas."""
    assert walk_share(50, 0.001, 0.05) == 1.0
    assert walk_share(51, 0.001, 0.05) == 0.5
    assert walk_share(500, 0.001, 0.05) == 0.5
    assert walk_share(501, 0.001, 0.05) == 0.0
    assert walk_share(10**6, 5e-4 * 0.05, 0.05) == 0.5


@pytest.mark.parametrize("m", [10, 19, 60, 300, 3_000])
def test_no_look_has_fewer_than_ten_guesses(m):
    """Nine right guesses of nine refute little: their share of alpha would be lost."""
    from tacit.dp.one_run_plan import LOOKS, plan

    looks = plan(m, 0.01, 0.05).looks
    assert looks
    assert min(look.guesses for look in looks) >= 10
    if m == 3_000:
        # 6 and 12 guesses of the smallest shares: the first is left out, and costs may leave others
        assert ("top", 6) not in {(look.side, look.guesses) for look in looks}
        assert round(LOOKS[-1][1] * m) == 6


def test_eight_guesses_are_left_out_though_their_failures_could_be_paid_for():
    """4,000 canaries at m delta just above alpha: the smallest share would be 8 guesses."""
    from tacit.dp.one_run_plan import plan

    looks = plan(4_000, 1.26e-5, 0.05).looks
    assert sorted(look.guesses for look in looks)[0] == 16
