import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PACKAGES = {"opacus": "opacus", "jax": "jax_privacy"}


@pytest.fixture
def example(monkeypatch):
    """Imports a file of the example, which looks for its siblings where Python finds them when it
    runs as a script.
    """
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module


def rows_of(example, n=40, seed=0):
    rng = np.random.default_rng(seed)
    weights = example("audit_dp_sgd_game").first_weights(seed).astype(np.float64)
    x, y = rng.uniform(-3, 3, (n, 256)), rng.integers(0, 10, n)
    return weights, x, y


def test_the_gradients_in_factors_are_the_slopes_of_the_loss(example):
    guessers = example("audit_dp_sgd_guessers")
    weights, x, y = rows_of(example)
    rows = guessers.clipped_rows(weights, x, y, clip=np.inf)
    direction = np.random.default_rng(1).normal(size=len(weights))

    def loss(step):
        logits = guessers.forward(weights + step * direction, x)[1]
        return np.log(np.exp(logits).sum(1)) - logits[np.arange(len(y)), y]

    np.testing.assert_allclose(
        rows.match(direction), (loss(1e-6) - loss(-1e-6)) / 2e-6, rtol=1e-4, atol=1e-4
    )


def test_sums_and_inner_products_agree_and_no_gradient_is_longer_than_the_clip(example):
    guessers = example("audit_dp_sgd_guessers")
    weights, x, y = rows_of(example)
    rows = guessers.clipped_rows(weights, x, y, clip=10.0)
    share = np.random.default_rng(2).normal(size=len(y))
    np.testing.assert_allclose(rows.match(rows.total(share)), rows.gram(rows) @ share, rtol=1e-8)
    length = np.sqrt(np.diag(rows.gram(rows)))
    assert length.max() == pytest.approx(10.0)
    long = guessers.clipped_rows(weights, x, y, clip=np.inf)
    np.testing.assert_allclose(length, np.minimum(10.0, np.sqrt(np.diag(long.gram(long)))))


def steps(example, noise, *, shared=False, n_ordinary=120, n_canaries=60):
    """Two steps as a training shows them, and which canaries were in each batch; all canaries are
    in the training set.
    """
    game, guessers = example("audit_dp_sgd_game"), example("audit_dp_sgd_guessers")
    rng = np.random.default_rng(3)
    plan = game.Plan(2.0, n_ordinary=n_ordinary, n_canaries=n_canaries, epochs=1)
    rows, released, batches, z = [], [], [], None
    for seed in (4, 5):
        _, x, y = rows_of(example, n_ordinary + n_canaries, seed=0)
        rows.append(guessers.clipped_rows(game.first_weights(seed), x, y, plan.clip))
        batches.append(rng.random(len(y)) < plan.rate)
        z = rng.normal(size=game.N_PARAMETERS) if z is None or not shared else z
        released.append(rows[-1].total(batches[-1].astype(float)) + noise * plan.clip * z)
    trace = game.Trace(np.zeros((3, 1)), np.array(released), noise, 2.0)
    return trace, rows, plan, np.array(batches)[:, n_ordinary:]


def test_a_step_without_noise_gives_its_batch_away(example):
    trace, rows, plan, batches = steps(example, noise=0.0)
    for t in (0, 1):
        score = example("audit_dp_sgd_guessers").evidence(trace, rows, [t], 60, plan)
        assert score[batches[t]].min() > 100
        np.testing.assert_allclose(
            score[~batches[t]], np.log(0.5)
        )  # not in this batch: half as likely to be in at all


def test_the_difference_of_two_steps_sees_through_noise_that_they_share(example):
    trace, rows, plan, batches = steps(example, noise=4.0, shared=True)
    guessers = example("audit_dp_sgd_guessers")
    inside = batches.any(axis=0)
    both = guessers.evidence(trace, rows, [0, 1], 60, plan)
    assert both[inside].min() > 100
    np.testing.assert_allclose(both[~inside], 2 * np.log(0.5))
    alone = guessers.evidence(trace, rows, [0], 60, plan)
    assert np.abs(alone).max() < 2


def test_much_noise_leaves_little_evidence(example):
    trace, rows, plan, _ = steps(example, noise=50.0)
    for group in ([0], [0, 1]):
        assert (
            np.abs(example("audit_dp_sgd_guessers").evidence(trace, rows, group, 60, plan)).max()
            < 0.1
        )


@pytest.mark.framework
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("engine", "mode"), [("opacus", "per_epoch"), ("jax", "same_seed")])
def test_a_correct_training_stands_and_a_broken_one_is_refuted(example, capsys, engine, mode):
    pytest.importorskip(PACKAGES[engine])
    audit, game = example("audit_dp_sgd"), example("audit_dp_sgd_game")
    train = example(f"audit_dp_sgd_{engine}").train
    plan = game.Plan(1.0, n_ordinary=150, n_canaries=100, epochs=5)
    assert not audit.audited(train, None, plan, seed=1)
    assert audit.audited(train, mode, plan, seed=1)
    text = capsys.readouterr().out
    assert text.count("claimed epsilon 1.00 at delta 1e-05") == 2
    assert (
        text.count("the accountant gives 1.00") + text.count("the accountant gives 0.99") == 2
    )  # Opacus stops 0.01 early


@pytest.mark.framework
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("engine", PACKAGES)
def test_both_engines_release_the_sums_that_the_weights_follow(example, engine):
    pytest.importorskip(PACKAGES[engine])
    game = example("audit_dp_sgd_game")
    images, labels = game.digits()
    plan = game.Plan(1.0, n_ordinary=150, n_canaries=100, epochs=5)
    first = game.first_weights(0)
    trace = example(f"audit_dp_sgd_{engine}").train(
        images[:200], labels[:200], first, plan, None, 0
    )
    assert trace.weights.shape == (plan.n_steps + 1, game.N_PARAMETERS)
    assert trace.released.shape == (plan.n_steps, game.N_PARAMETERS)
    np.testing.assert_array_equal(trace.weights[0], first)
    followed = trace.weights[:-1] - plan.learning_rate * trace.released / plan.batch_size
    np.testing.assert_allclose(trace.weights[1:], followed, rtol=1e-4, atol=1e-5)
    spread = trace.released.std(
        axis=1
    )  # 100 clipped gradients of norm 10 at most, beside noise of `noise * clip` a parameter
    np.testing.assert_allclose(spread, trace.noise * plan.clip, rtol=0.1)


THREE = {"unscaled", "per_batch", "per_epoch"}


@pytest.mark.parametrize(
    ("caught", "code"), [(THREE, 0), (THREE - {"unscaled"}, 1), (THREE | {None}, 1)]
)
def test_the_table_counts_seeds_and_the_exit_code_says_whether_the_audit_told_them_apart(
    example, monkeypatch, capsys, caught, code
):
    audit = example("audit_dp_sgd")
    monkeypatch.setitem(sys.modules, "audit_dp_sgd_opacus", SimpleNamespace(train=None))
    monkeypatch.setattr(
        audit, "audited", lambda train, mode, plan, seed: mode in caught and seed > 0
    )
    assert audit.main(["--break", "all", "--seeds", "3"]) == code
    table = dict(
        line.split() for line in capsys.readouterr().out.splitlines() if len(line.split()) == 2
    )
    assert table["same_seed"] == "0"
    assert table["per_batch"] == "2"
    assert table["correct"] == ("2" if None in caught else "0")


def test_an_unknown_break_is_refused_with_the_list(example, capsys):
    with pytest.raises(SystemExit):
        example("audit_dp_sgd").main(["--break", "nothing"])
    assert "--break knows all, unscaled, per_batch" in capsys.readouterr().err
