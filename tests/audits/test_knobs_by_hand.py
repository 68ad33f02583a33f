"""Ready-made knobs without any framework: every name, every number, and what epsilon is asked."""

import inspect
import math
from types import SimpleNamespace

import pytest

from tacit.audits import knobs
from tacit.audits.knobs import (
    _shorter,
    epsilon_of,
    fine_tune_knobs,
    keras_knobs,
    mlp_knobs,
    torch_knobs,
)
from tacit.core import InvalidInput
from tacit.training import ClassifierFineTune, KerasRecipe, TorchRecipe


class Perceptron:
    """What an MLPClassifier says of itself."""

    def __init__(self, **given):
        self.given = {
            "alpha": 1e-4,
            "max_iter": 200,
            "early_stopping": False,
            "hidden_layer_sizes": (100, 7),
        } | given

    def get_params(self):
        return self.given


def close(found, wanted):
    """The same names in the same order, and numbers but for rounding."""
    assert list(found) == list(wanted)
    for name, params in wanted.items():
        assert list(found[name]) == list(params)
        for key, value in params.items():
            number = isinstance(value, float)
            assert found[name][key] == (pytest.approx(value) if number else value), name


def test_a_perceptron_is_turned_at_its_decay_epochs_width_and_data():
    """Ten to a thousand times the decay; a quarter and a tenth of 200 epochs; 100 and 7 halved."""
    wanted = {
        "as it is": {},
        "weight decay 0.001": {"alpha": 1e-3},
        "weight decay 0.01": {"alpha": 1e-2},
        "weight decay 0.1": {"alpha": 1e-1},
        "50 epochs": {"max_iter": 50},
        "20 epochs": {"max_iter": 20},
        "early stopping": {"early_stopping": True},
        "half the width": {"hidden_layer_sizes": (50, 3)},
        "half the data": {"share": 0.25},
    }
    close(mlp_knobs(Perceptron()), wanted)


def test_what_cannot_be_halved_stays_one():
    small = mlp_knobs(Perceptron(max_iter=3, hidden_layer_sizes=[1, 2]))
    assert small["half the width"] == {"hidden_layer_sizes": (1, 1)}
    assert small["1 epochs"] == {"max_iter": 1}
    assert mlp_knobs(Perceptron(hidden_layer_sizes=9))["half the width"] == {
        "hidden_layer_sizes": (4,)
    }
    for other in (object(), SimpleNamespace(get_params=lambda: {"alpha": 1})):
        with pytest.raises(InvalidInput, match="`mlp_knobs` needs"):
            mlp_knobs(other)


def test_a_torch_recipe_is_turned_at_everything_it_has(monkeypatch):
    """601 records: each model is trained on 300 of them, and epsilon is that of 300."""
    asked = []

    def epsilon(recipe, n_members, *, noise, delta):
        asked.append((n_members, noise, delta))
        return {0.3: math.inf, 1.0: 50.0, 3.0: 0.456}[noise]

    monkeypatch.setattr(knobs, "epsilon_of", epsilon)
    recipe = TorchRecipe(build_fn=dict, epochs=40)
    wanted = {
        "as it is": {},
        "weight decay 0.0001": {"weight_decay": 1e-4},
        "weight decay 0.001": {"weight_decay": 1e-3},
        "weight decay 0.01": {"weight_decay": 1e-2},
        "10 epochs": {"epochs": 10},
        "4 epochs": {"epochs": 4},
        "label smoothing": {"label_smoothing": 0.1},
        "half the data": {"share": 0.25},
        "augmentation": {"augment": abs},
        "narrow": {"build_fn": list},
        "DP-SGD, noise 0.3 (epsilon over 50)": {"noise": 0.3},
        "DP-SGD, noise 1 (epsilon 50)": {"noise": 1.0},
        "DP-SGD, noise 3 (epsilon 0.46)": {"noise": 3.0},
    }
    close(torch_knobs(recipe, 601, networks={"narrow": list}, augment=abs), wanted)
    assert asked == [(300, 0.3, 1e-5), (300, 1.0, 1e-5), (300, 3.0, 1e-5)]


def test_a_recipe_that_decays_decays_more_and_one_of_numbers_has_no_labels_to_smooth():
    recipe = TorchRecipe(build_fn=dict, epochs=40, weight_decay=0.5, loss="squared_error")
    found = torch_knobs(recipe, 600, noises=())
    assert [name for name in found if "decay" in name] == [
        f"weight decay {decay}" for decay in (5, 50, 500)
    ]
    assert "label smoothing" not in found
    with pytest.raises(InvalidInput, match="`torch_knobs` needs a TorchRecipe, got type"):
        torch_knobs(dict, 600)


def test_a_keras_recipe_is_turned_at_its_epochs_its_data_and_its_network():
    wanted = {
        "as it is": {},
        "10 epochs": {"epochs": 10},
        "4 epochs": {"epochs": 4},
        "half the data": {"share": 0.25},
        "narrow": {"build_fn": list},
    }
    close(keras_knobs(KerasRecipe(dict, "logits", epochs=40), networks={"narrow": list}), wanted)
    with pytest.raises(InvalidInput, match="`keras_knobs`"):
        keras_knobs(TorchRecipe(build_fn=dict, epochs=1))


def test_a_fine_tune_is_turned_at_two_thirds_and_a_third_of_its_epochs():
    """Of 9 epochs .67 are 6 and .34 are 3; of 3 they are 2 and 1."""
    wanted = {
        "as it is": {},
        "6 epochs": {"epochs": 6},
        "3 epochs": {"epochs": 3},
        "weight decay 0.01": {"weight_decay": 0.01},
        "weight decay 0.1": {"weight_decay": 0.1},
        "a third of the learning rate": {"lr": 1e-5},
        "half the data": {"share": 0.25},
        "adapters": {"lora": "config"},
    }
    close(fine_tune_knobs(ClassifierFineTune(dict, epochs=9, lr=3e-5), lora="config"), wanted)
    few = list(fine_tune_knobs(ClassifierFineTune(dict, epochs=3)))
    assert few[1:3] == ["2 epochs", "1 epoch"]
    assert "adapters" not in few
    with pytest.raises(InvalidInput, match="`fine_tune_knobs`"):
        fine_tune_knobs(KerasRecipe(dict, "logits", epochs=1))


def test_fewer_epochs_are_fewer_and_at_least_one():
    """A quarter and a tenth: of 20 they are 5 and 2, of 8 they are 2 and none, so 1."""
    assert _shorter(20) == {"5 epochs": {"epochs": 5}, "2 epochs": {"epochs": 2}}
    assert _shorter(8) == {"2 epochs": {"epochs": 2}, "1 epoch": {"epochs": 1}}
    assert _shorter(2) == {"1 epoch": {"epochs": 1}}
    assert _shorter(1) == {}
    assert list(_shorter(20, (0.1, 0.25))) == ["5 epochs", "2 epochs"]


class Accountants:
    """In place of dp-accounting: what is composed, and epsilons that are made up."""

    def __init__(self, bound, exact):
        self.bound, self.exact = bound, exact
        self.asked = []

    def require(self, name, **_):
        return {
            "dp_accounting": SimpleNamespace(
                PoissonSampledDpEvent=lambda share, event: ("sampled", share, event),
                GaussianDpEvent=lambda noise: ("gaussian", noise),
                SelfComposedDpEvent=lambda event, count: ("composed", event, count),
            ),
            "dp_accounting.rdp": SimpleNamespace(
                RdpAccountant=lambda orders: self.accountant("bound", orders)
            ),
            "dp_accounting.pld": SimpleNamespace(
                PLDAccountant=lambda value_discretization_interval: self.accountant(
                    "exact", value_discretization_interval
                )
            ),
        }[name]

    def accountant(self, kind, setting):
        def epsilon(event):
            def at(delta):
                self.asked.append((kind, setting, event, delta))
                return getattr(self, kind)

            return SimpleNamespace(get_epsilon=at)

        return SimpleNamespace(compose=epsilon)


RECIPE = TorchRecipe(build_fn=dict, epochs=7, batch_size=100)


def test_epsilon_is_asked_for_the_steps_of_all_epochs_at_the_share_of_a_batch(monkeypatch):
    """301 records in batches of 100 are four steps an epoch, each with a quarter of them."""
    made = Accountants(bound=3.0, exact=2.5)
    monkeypatch.setattr(knobs, "require", made.require)
    assert epsilon_of(RECIPE, 301, noise=1.5, delta=1e-6) == 2.5
    event = ("composed", ("sampled", 0.25, ("gaussian", 1.5)), 28)
    (bound, exact) = made.asked
    assert bound == ("bound", knobs.ORDERS, event, 1e-6)
    assert exact == ("exact", 1e-3, event, 1e-6)
    assert epsilon_of(RECIPE, 300, noise=1.5) == 2.5
    assert made.asked[-1][2:] == (("composed", ("sampled", 1 / 3, ("gaussian", 1.5)), 21), 1e-5)


def test_the_best_order_where_epsilon_is_in_the_hundreds_is_among_those_that_are_asked():
    """Epsilon is T r(a) + log(1 / delta) / (a - 1), with a rate r that rises in the order a: from
    a = 33 on the second term is below .4, and the first alone is what order 32 gives or more.
    """
    assert set(knobs.ORDERS) == set(range(2, 33))
    assert math.log(1 / knobs.DELTA) / 32 < 0.4 < 0.001 * knobs.FAR


@pytest.mark.parametrize(
    ("bound", "exact", "epsilon"),
    [
        (500.0, 50.0, 50.0),
        (500.0, 50.001, math.inf),
        (500.001, 1.0, math.inf),
        (60.0, 49.0, 49.0),
    ],
)
def test_only_what_is_surely_above_fifty_is_not_asked_of_the_slow_accountant(
    monkeypatch, bound, exact, epsilon
):
    made = Accountants(bound, exact)
    monkeypatch.setattr(knobs, "require", made.require)
    assert epsilon_of(RECIPE, 300, noise=1.0) == epsilon
    assert len(made.asked) == (1 if bound > 500 else 2)


def test_without_noise_nothing_is_promised_and_wrong_numbers_are_refused(monkeypatch):
    monkeypatch.setattr(knobs, "require", Accountants(1.0, 1.0).require)
    assert epsilon_of(RECIPE, 300, noise=0) == math.inf
    assert epsilon_of(RECIPE, 1, noise=1e-9) == 1.0
    for odd in ({"noise": -1e-9}, {"noise": math.inf}, {"noise": 1.0, "delta": 0.0}):
        with pytest.raises(InvalidInput):
            epsilon_of(RECIPE, 300, **odd)
    with pytest.raises(InvalidInput, match="`n_members` needs 1"):
        epsilon_of(RECIPE, 0, noise=1.0)


def test_the_noises_and_the_delta_are_those_that_are_documented():
    given = inspect.signature(torch_knobs).parameters
    assert (given["noises"].default, given["delta"].default) == ((0.3, 1.0, 3.0), 1e-5)
    assert inspect.signature(epsilon_of).parameters["delta"].default == 1e-5
