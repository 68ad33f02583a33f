"""Ready-made knobs of a PyTorch recipe, DP-SGD among them."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from tacit.audits.explore import explore
from tacit.audits.knobs import epsilon_of, fine_tune_knobs, keras_knobs, torch_knobs
from tacit.core import InvalidInput
from tacit.training import ClassifierFineTune, KerasRecipe, TorchRecipe

pytestmark = pytest.mark.framework
N = 600


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 8)).astype(np.float32)
    return x, (x[:, 0] + rng.normal(size=N) > 0).astype(np.int64)


def linear():
    from torch import nn

    return nn.Linear(8, 2)


def with_batch_norm():
    from torch import nn

    return nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))


@pytest.fixture(scope="module")
def recipe():
    pytest.importorskip("torch")
    return TorchRecipe(linear, epochs=8, batch_size=50, lr=0.05)


def test_the_names_say_what_is_turned_and_what_epsilon_it_costs(recipe):
    knobs = torch_knobs(recipe, N, networks={"deeper": with_batch_norm}, noises=(0.1, 2.0))
    assert next(iter(knobs.items())) == ("as it is", {})
    assert knobs["2 epochs"] == {"epochs": 2}
    assert knobs["label smoothing"] == {"label_smoothing": 0.1}
    assert knobs["half the data"] == {"share": 0.25}
    assert knobs["deeper"] == {"build_fn": with_batch_norm}
    assert knobs["DP-SGD, noise 0.1 (epsilon over 50)"] == {"noise": 0.1}
    assert sum(name.startswith("DP-SGD, noise 2 (epsilon ") for name in knobs) == 1
    numbers = torch_knobs(replace(recipe, loss="squared_error"), N, noises=())
    assert "label smoothing" not in numbers
    with pytest.raises(InvalidInput, match="TorchRecipe"):
        torch_knobs(linear, N)


def test_other_recipes_have_knobs_of_their_own(recipe):
    knobs = keras_knobs(KerasRecipe(dict, "probs", epochs=4), networks={"small": dict})
    assert knobs["1 epoch"] == {"epochs": 1}
    assert knobs["small"] == {"build_fn": dict}
    assert list(keras_knobs(KerasRecipe(dict, "probs", epochs=1)))[:2] == [
        "as it is",
        "half the data",
    ]
    tuned = ClassifierFineTune(dict, epochs=3, lr=3e-5)
    knobs = fine_tune_knobs(tuned, lora="config")
    assert [name for name in knobs if "epoch" in name] == ["2 epochs", "1 epoch"]
    assert knobs["a third of the learning rate"]["lr"] == pytest.approx(1e-5)
    assert knobs["adapters"] == {"lora": "config"}
    assert all(replace(tuned, **given) for given in knobs.values() if "share" not in given)
    for made in (keras_knobs, fine_tune_knobs):
        with pytest.raises(InvalidInput, match="got TorchRecipe"):
            made(recipe)


def test_epsilon_is_the_accountants_for_this_recipe(recipe):
    pld = pytest.importorskip("dp_accounting.pld")
    import dp_accounting as events

    # 300 records in batches of 50: 6 steps an epoch, each record in a batch with chance 1/6
    step = events.PoissonSampledDpEvent(1 / 6, events.GaussianDpEvent(2.0))
    exact = pld.PLDAccountant().compose(events.SelfComposedDpEvent(step, 48)).get_epsilon(1e-5)
    assert 0 <= epsilon_of(recipe, 300, noise=2.0) - exact < 0.01


def test_epsilon_of_full_batches_is_that_of_one_gaussian(recipe):
    pytest.importorskip("dp_accounting")
    # 8 steps with noise 4 tell what one with noise 4 / sqrt(8) does; Balle and Wang 2018, th. 8
    mu = 8**0.5 / 4
    spent = epsilon_of(recipe, 50, noise=4.0, delta=1e-3)
    delta = norm.cdf(mu / 2 - spent / mu) - math.exp(spent) * norm.cdf(-mu / 2 - spent / mu)
    assert math.isclose(delta, 1e-3, rel_tol=0.01)


def test_epsilon_is_below_the_published_one_of_a_looser_accountant(recipe):
    pytest.importorskip("dp_accounting")
    # Abadi et al. 2016, section 5.1: q = .01, sigma = 4, 10,000 steps, delta = 1e-5 spend 1.26
    published = replace(recipe, epochs=100, batch_size=100)
    assert 0.8 < epsilon_of(published, 10_000, noise=4.0) < 1.26


@pytest.mark.parametrize("noise", [0.0, 1e-6, 0.05, 0.3])
def test_little_noise_promises_nothing_and_is_known_at_once(recipe, noise):
    pytest.importorskip("dp_accounting")
    assert epsilon_of(recipe, 300, noise=noise) == math.inf


@pytest.mark.parametrize(
    ("n", "noise", "delta", "says"),
    [(0, 1.0, 1e-5, "`n_members`"), (300, -1.0, 1e-5, "`noise`"), (300, 1.0, 1.0, "`delta`")],
)
def test_numbers_that_no_accountant_takes_are_refused(recipe, n, noise, delta, says):
    with pytest.raises(InvalidInput, match=says):
        epsilon_of(recipe, n, noise=noise, delta=delta)


def test_dp_sgd_is_seeded_and_its_noise_costs_accuracy(recipe, data):
    pytest.importorskip("opacus")
    x, y = data
    accuracy = {}
    for noise in (0.5, 60.0):
        private = replace(recipe, noise=noise)
        answers = [private.fit(x, y, np.arange(300), 5)(x).logits for _ in range(2)]
        assert (answers[0] == answers[1]).all()
        other = private.fit(x, y, np.arange(300), 6)(x).logits
        assert (answers[0] != other).any()
        accuracy[noise] = (answers[0].argmax(axis=1) == y).mean()
    assert accuracy[0.5] > 0.7 > accuracy[60.0]


def test_gradients_are_clipped_where_no_noise_to_speak_of_is_added(recipe, data):
    pytest.importorskip("opacus")
    x, y = data
    still = replace(recipe, noise=1e-6, clip=1e-6, optimizer="sgd", lr=0.01)
    free = replace(still, noise=0.0)
    first = still.fit(x, y, np.arange(300), 5)
    # what a model of this seed answers before it has learnt anything
    unmoved = replace(free, lr=0.0).fit(x, y, np.arange(300), 5)
    assert np.abs(first(x).logits - unmoved(x).logits).max() < 1e-4
    assert np.abs(free.fit(x, y, np.arange(300), 5)(x).logits - unmoved(x).logits).max() > 1e-2


def test_a_module_that_mixes_records_is_refused_by_dp_sgd(recipe, data):
    pytest.importorskip("opacus")
    with pytest.raises(InvalidInput, match="DP-SGD cannot train"):
        replace(recipe, build_fn=with_batch_norm, noise=1.0).fit(*data, np.arange(300), 0)


def test_models_of_dp_sgd_are_trained_one_by_one(recipe, data):
    private = replace(recipe, noise=1.0)
    assert private.group(data[0]) == 1
    with pytest.raises(InvalidInput, match="call `fit`"):
        private.fit_many(*data, [np.arange(300)], [0])


@pytest.mark.parametrize("odd", [{"noise": -1.0}, {"clip": 0.0}, {"label_smoothing": 1.0}])
def test_knobs_that_cannot_be_turned_so_far_are_refused(recipe, odd):
    with pytest.raises(InvalidInput, match="`label_smoothing` needs"):
        replace(recipe, **odd)


def test_smoothed_labels_make_a_model_less_certain_alone_and_in_one_program(recipe, data):
    x, y = data
    smooth = replace(recipe, label_smoothing=0.3)
    rows, seeds = [np.arange(300), np.arange(300, 600)], [0, 1]
    sure = recipe.fit(x, y, rows[0], 0)(x)
    alone = smooth.fit(x, y, rows[0], 0)(x)
    assert np.abs(np.diff(alone.logits)).mean() < 0.9 * np.abs(np.diff(sure.logits)).mean()
    together = smooth.fit_many(x, y, rows, seeds)[0](x)
    assert np.allclose(together.logits, alone.logits, atol=1e-3)


def with_dropout():
    from torch import nn

    return nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 2))


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_dropout_depends_on_the_seed_alone_and_leaves_torch_as_it_was(recipe, data, noise):
    torch = pytest.importorskip("torch")
    if noise:
        pytest.importorskip("opacus")
    part = replace(recipe, build_fn=with_dropout, epochs=2, noise=noise)
    answers = []
    for state in (1, 2):
        torch.manual_seed(state)
        before = torch.get_rng_state()
        answers.append(part.fit(*data, np.arange(300), 5)(data[0]).logits)
        assert (torch.get_rng_state() == before).all()
    assert (answers[0] == answers[1]).all()


def test_a_recipe_is_explored_by_its_fields(recipe, data):
    found = explore(recipe, {"now": {}, "short": {"epochs": 1}}, data, tolerance=0.3)
    assert found.comparison.point("now").runs == 3
    assert found.params["short"] == {"epochs": 1}
    with pytest.raises(InvalidInput, match="has no depth"):
        explore(recipe, {"now": {}, "deep": {"depth": 3}}, data)
