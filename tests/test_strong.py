"""The strongest audit in one call: planned over both sides, trained, resumed, side by side."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

import tacit
from tacit._strong import ClonedEstimator, _fixed, stacked
from tacit.attacks import BASE, EBLiRA
from tacit.core import InvalidInput, Report
from tacit.training import shadow

CHEAP = {"effort": "quick"}


@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))[:700]
    return x[order] / 16, y[order]


@pytest.fixture(scope="module")
def sides(digits):
    x, y = digits
    return (x[:350], y[:350]), (x[350:], y[350:])


@pytest.fixture(scope="module")
def model(sides):
    return RandomForestClassifier(30, random_state=1).fit(*sides[0])


@pytest.fixture(scope="module")
def kept():
    return {}


@pytest.fixture(scope="module")
def report(model, sides, kept):
    return tacit.audit(model, train=sides[0], test=sides[1], shadows=4, store=kept, **CHEAP)


def test_one_call_says_what_was_played_what_it_cost_and_what_the_free_attack_found(report):
    made = report.environment
    assert made["n_shadows"] == 4
    assert made["game"] == "online"
    assert made["seconds_of_training"] > 0
    free = report.check(made["free_check"])
    assert free.name.startswith("without shadow models: ")
    assert free.estimate("auc gain") is not None
    assert report.chosen in {"ShadowStack", "EBLiRA", "BASE", "LiRA"}
    assert report.finding == "leak"
    assert report.accuracy["member"] > report.accuracy["nonmember"]
    assert Report.from_json(report.to_json()).to_json() == report.to_json()


def test_every_language_and_format_shows_both_attacks_side_by_side(report):
    text = str(report)
    assert "What the attacks without shadow models missed" in text
    assert "with 4 shadow models" in text
    assert "The game is online" in text
    from tacit.core import presentation

    assert "mit 4 Schattenmodellen" in presentation.rendered(report, ".html", lang="de")
    assert "avec 4 modèles fantômes" in presentation.rendered(report, ".md", lang="fr")


def test_a_second_call_trains_nothing_and_says_the_same(model, sides, kept, report, monkeypatch):
    def refuse(self, x, y, indices, seed):
        pytest.fail("trained again")

    monkeypatch.setattr(ClonedEstimator, "fit", refuse)
    again = tacit.audit(model, train=sides[0], test=sides[1], shadows=4, store=kept, **CHEAP)
    assert again.to_json() == report.to_json()


def test_the_attacked_records_are_as_many_of_each_side_and_training_sets_have_one_size():
    fixed = _fixed((500, 200), None, 0)
    assert (fixed[:500] == 1).sum() == 300
    assert (fixed[500:] == -1).all()
    fixed = _fixed((200, 500), None, 0)
    assert (fixed[200:] == 0).sum() == 300
    assert (fixed[:200] == -1).all()
    run = shadow(
        LogisticRegression(),
        (np.random.default_rng(0).normal(size=(700, 2)), np.arange(700) % 2),
        n=2,
        fixed=_fixed((500, 200), None, 0),
    )
    assert run.member.sum(axis=1).sum() == 2 * 500
    assert (run.member[:, _fixed((500, 200), None, 0) == 1]).all()


def test_whole_clusters_are_drawn_into_the_game():
    unit = np.repeat(np.arange(70), 10)
    fixed = _fixed((500, 200), unit, 3)
    mixed = [len(set(fixed[unit == number])) > 1 for number in range(70)]
    assert sum(mixed) <= 1
    assert (fixed == 1).sum() == 300


def test_shadow_models_are_trained_on_test_records_too_and_never_on_all(digits):
    seen = []

    def train_fn(indices, seed):
        seen.append(indices)
        fitted = LogisticRegression(max_iter=500).fit(digits[0][indices], digits[1][indices])
        return lambda rows: tacit.Outputs(probs=fitted.predict_proba(rows))

    x, y = digits
    audited = LogisticRegression(max_iter=500).fit(x[:350], y[:350])
    report = tacit.audit(
        audited, train=(x[:350], y[:350]), test=(x[350:], y[350:]), shadows=4, train_fn=train_fn
    )
    assert len(seen) == 4
    assert sorted(np.r_[seen[0], seen[1]].tolist()) == list(range(700))
    assert all(0.35 < (indices < 350).mean() < 0.65 for indices in seen)
    assert report.environment["n_shadows"] == 4


def test_rare_classes_and_frames_are_no_trouble(digits):
    pandas = pytest.importorskip("pandas")
    x = pandas.DataFrame(digits[0][:300])
    y = np.array([f"class {name}" for name in digits[1][:300]], dtype=object)
    y[:2] = "rare"
    audited = KNeighborsClassifier(3).fit(x.iloc[:150], y[:150])
    report = tacit.audit(
        audited,
        train=(x.iloc[:150], y[:150]),
        test=(x.iloc[150:], y[150:]),
        shadows=4,
        effort="quick",
    )
    assert report.environment["n_members"] == 150


def test_a_model_that_was_trained_on_nothing_here_shows_no_leak(digits):
    x, y = digits
    elsewhere = LogisticRegression(max_iter=500).fit(x[600:], y[600:])
    report = tacit.audit(
        elsewhere,
        train=(x[:300], y[:300]),
        test=(x[300:600], y[300:600]),
        shadows=4,
        effort="quick",
    )
    assert report.finding != "leak"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"shadows": 3}, "4 or more"),
        ({"shadows": True}, "4 or more"),
        ({"attacks": ["loss"]}, "without shadow models"),
        ({"train": None}, "train=\\(X, y\\)"),
        ({"shadows": 0, "store": {}}, "shadows=8"),
        ({"train_fn": lambda indices, seed: lambda rows: np.zeros(len(rows))}, "tacit.Outputs"),
    ],
)
def test_what_cannot_be_done_is_said(model, sides, changes, says):
    given = {"train": sides[0], "test": sides[1], "shadows": 4} | changes
    with pytest.raises(InvalidInput, match=says):
        tacit.audit(model, **given)


def test_answers_alone_cannot_be_trained_again(model, sides):
    answers = tacit.adapters.outputs_of(model, *sides[0])
    with pytest.raises(InvalidInput, match="needs the model"):
        tacit.audit(member=answers, nonmember=answers, shadows=8)


def test_a_function_does_not_say_how_it_was_trained(sides):
    with pytest.raises(InvalidInput, match="Give `train_fn`"):
        tacit.audit(lambda rows: rows[:, :10], train=sides[0], test=sides[1], shadows=4)


def test_shadow_models_read_as_the_audited_model_is(digits):
    x, y = digits
    estimator = LogisticRegression(max_iter=500)
    observe = ClonedEstimator(estimator).fit(x, y, np.arange(400), 0)
    assert observe(x).logits is not None
    assert not hasattr(estimator, "classes_")


def test_rows_of_sparse_matrices_and_frames_are_put_together():
    sparse = pytest.importorskip("scipy.sparse")
    pandas = pytest.importorskip("pandas")
    both = stacked(sparse.eye(2).tocsr(), sparse.eye(2).tocsr())
    assert both.shape == (4, 2)
    frame = pandas.DataFrame({"a": [1, 2]}, index=[5, 6])
    assert stacked(frame, frame).index.tolist() == [0, 1, 2, 3]


@pytest.mark.framework
def test_a_pytorch_model_is_audited_with_its_recipe(digits):
    torch = pytest.importorskip("torch")
    from tacit.training import TorchRecipe

    x, y = digits[0].astype(np.float32), digits[1]
    recipe = TorchRecipe(
        lambda: torch.nn.Sequential(
            torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10)
        ),
        epochs=20,
        batch_size=32,
    )
    torch.manual_seed(0)
    network = recipe.build_fn()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for _ in range(300):
        rows = torch.randint(0, 350, (32,))
        loss = torch.nn.functional.cross_entropy(
            network(torch.from_numpy(x[rows])), torch.from_numpy(y[rows])
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    report = tacit.audit(
        network,
        train=(x[:350], y[:350]),
        test=(x[350:], y[350:]),
        shadows=4,
        train_fn=recipe,
        effort="quick",
    )
    assert report.environment["n_shadows"] == 4
    with pytest.raises(InvalidInput, match="TorchRecipe"):
        tacit.audit(network, train=(x[:350], y[:350]), test=(x[350:], y[350:]), shadows=4)


@pytest.mark.framework
def test_a_keras_model_is_audited_with_its_recipe(digits):
    keras = pytest.importorskip("keras")
    from tacit.training import KerasRecipe

    x, y = digits[0].astype(np.float32), digits[1]

    def build():
        model = keras.Sequential(
            [keras.layers.Input((64,)), keras.layers.Dense(10, activation="softmax")]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    network = build()
    network.fit(x[:350], y[:350], epochs=2, verbose=0)
    report = tacit.audit(
        network,
        train=(x[:350], y[:350]),
        test=(x[350:], y[350:]),
        shadows=4,
        train_fn=KerasRecipe(build, outputs="probs", epochs=2),
        effort="quick",
    )
    assert report.environment["n_shadows"] == 4


def test_attacks_to_choose_from_can_be_given(model, sides, kept):
    from tacit._strong import strong

    report = strong(
        model,
        *sides,
        shadows=4,
        store=kept,
        effort="quick",
        shadow_attacks=(BASE(), EBLiRA()),
    )
    assert report.chosen in {"BASE", "EBLiRA"}


@pytest.fixture(scope="module")
def neighbours(digits):
    x, y = digits
    return KNeighborsClassifier(3).fit(x[:150], y[:150])


def audited(model, train, test, **options):
    return tacit.audit(model, train=train, test=test, shadows=4, **CHEAP, **options)


def test_copies_across_the_sides_are_named_with_shadow_models_too(neighbours, digits):
    x, y = digits
    train = (x[:150], y[:150])
    test = (np.r_[x[:40], x[150:260]], np.r_[y[:40], y[150:260]])
    plain = tacit.audit(neighbours, train=train, test=test, **CHEAP)
    report = audited(neighbours, train, test)
    said = [text for text in plain.warnings if "exact copies of members" in text]
    assert said
    # a leak that is found all the same looks smaller by them, which is said too
    assert all(any(text.startswith(part) for text in report.warnings) for part in said)


def test_one_object_for_both_sides_is_refused_before_anything_is_trained(neighbours, digits):
    side = (digits[0][:150], digits[1][:150])
    with pytest.raises(InvalidInput, match="same object"):
        audited(neighbours, side, side)


def test_repeats_are_one_unit_and_stay_together_in_every_shadow_model(digits):
    x, y = (np.repeat(part[:150], 2, axis=0) for part in digits)
    seen = []

    def train_fn(indices, seed):
        seen.append(np.isin(np.arange(300), indices))
        fitted = KNeighborsClassifier(3).fit(x[indices], y[indices])
        return lambda rows: tacit.adapters.outputs_of(fitted, rows, y)

    audited_model = KNeighborsClassifier(3).fit(x[:150], y[:150])
    sides = ((x[:150], y[:150]), (x[150:], y[150:]))
    report = audited(audited_model, *sides, train_fn=train_fn)
    assert any("repeats" in text for text in report.warnings)
    assert all((inside[::2] == inside[1::2]).all() for inside in seen)


def test_slices_are_shown_as_the_audit_without_shadow_models_shows_them(neighbours, digits):
    pandas = pytest.importorskip("pandas")
    x, y = digits
    frame = pandas.DataFrame(x[:300])
    frame["ward"] = np.where(np.arange(300) % 50 == 0, "tiny", "large")
    frame["name"] = [f"person {row}" for row in range(300)]

    class Blindfold:
        """Answers from the pixels alone."""

        def __call__(self, rows):
            return neighbours.predict_proba(rows[list(range(64))].to_numpy())

    def train_fn(indices, seed):
        fitted = KNeighborsClassifier(3).fit(x[indices], y[indices])
        return lambda rows: tacit.adapters.outputs_of(fitted, x[:300], y[:300])

    report = audited(
        Blindfold(),
        (frame[:150], y[:150]),
        (frame[150:], y[150:300]),
        train_fn=train_fn,
        slices=["ward", "name"],
    )
    assert any("'name' was not made" in text for text in report.warnings)
    assert any("fewer than 10 members" in note.reason for note in report.unknown)
    assert "tiny" not in report.to_json()


def test_accuracy_on_a_third_set_is_what_a_comparison_weighs(digits, neighbours):
    x, y = digits
    third = (x[500:600], y[500:600])
    sides = {"train": (x[:150], y[:150]), "test": (x[150:300], y[150:300])}
    report = tacit.audit(neighbours, **sides, utility=third, title="a", **CHEAP)
    right = (neighbours.predict(third[0]) == third[1]).mean()
    assert report.accuracy["utility"] == pytest.approx(right)
    assert report.accuracy["utility_low"] < right < report.accuracy["utility_high"]
    assert "Accuracy on records of neither side" in str(report)
    other = tacit.audit(neighbours, **sides, title="b", **CHEAP)
    points = tacit.compare([report, other]).points
    assert points[0].accuracy == pytest.approx(right)
    assert points[0].accuracy_high == report.accuracy["utility_high"]
    assert points[1].accuracy == report.accuracy["nonmember"]
    answers = [tacit.adapters.outputs_of(neighbours, *side) for side in sides.values()]
    with pytest.raises(InvalidInput, match="beside a model"):
        tacit.audit(member=answers[0], nonmember=answers[1], utility=third)
    with pytest.raises(InvalidInput, match="answers with labels"):
        tacit.audit(neighbours, **sides, utility=tacit.Outputs(probs=np.full((9, 10), 0.1)))


def test_certain_answers_of_a_tree_are_like_those_of_its_shadow_models():
    """They differed by rounding, so that no tree resembled its shadow models."""
    from sklearn.tree import DecisionTreeClassifier

    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 4))
    y = (x[:, 0] + rng.normal(size=300) > 0).astype(int)
    tree = DecisionTreeClassifier(random_state=0).fit(x[:150], y[:150])
    report = tacit.audit(
        tree, train=(x[:150], y[:150]), test=(x[150:], y[150:]), shadows=4, effort="quick"
    )
    assert report.finding == "leak"
    assert report.warnings == ()


def test_an_estimator_without_labels_cannot_be_trained_again(model, sides):
    with pytest.raises(InvalidInput, match=r"`shadows` trains models like this one.*takes labels"):
        tacit.audit(model, train=sides[0][0], test=sides[1][0], shadows=4)
