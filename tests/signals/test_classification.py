"""Every statistic against 100-digit arithmetic, at the extremes too; ties stay ties."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tacit import InvalidInput, Outputs
from tacit.signals import STATISTICS, available, classification, keep, kept, measure

NAMES = available(Outputs(logits=[[0.0, 2.0]], label=[0]))


def by_definition(logits, label):
    """All statistics of one row from their definitions, in 100 digits."""
    with localcontext() as context:
        context.prec = 100
        weight = [Decimal(float(value)).exp() for value in logits]
        total = sum(weight)
        p = [value / total for value in weight]
        rest = [sum(weight[:j] + weight[j + 1 :]) / total for j in range(len(weight))]
        others = [j for j in range(len(p)) if j != label]
        modified = rest[label] * p[label].ln() + sum(p[j] * rest[j].ln() for j in others)
        exact = {
            "loss": p[label].ln(),
            "scaled_logit": p[label].ln() - rest[label].ln(),
            "confidence": p[label],
            "hinge": Decimal(float(logits[label])) - max(Decimal(float(logits[j])) for j in others),
            "modified_entropy": modified,
            "entropy": sum(value * value.ln() for value in p),
            "max_confidence": max(p),
            "correctness": Decimal(int(np.argmax(logits) == label)),
        }
        return {name: float(value) for name, value in exact.items()}


def assert_exact(outputs, rows, labels, rtol=1e-12):
    for name in NAMES:
        exact = [by_definition(row, label)[name] for row, label in zip(rows, labels)]
        np.testing.assert_allclose(
            measure(outputs, name), exact, rtol=rtol, atol=1e-300, err_msg=name
        )


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2, 6).flatmap(
        lambda k: st.lists(
            st.lists(st.floats(-40, 40), min_size=k, max_size=k), min_size=1, max_size=4
        )
    ),
    st.integers(0, 1),
)
def test_statistics_from_logits_equal_their_definitions(rows, label):
    scale = np.abs(rows).max() + 1
    labels = [label] * len(rows)
    outputs = Outputs(logits=np.array([[*row, 99.0] for row in rows]), label=labels)
    for name in NAMES:
        exact = [by_definition([*row, 99.0], label)[name] for row in rows]
        np.testing.assert_allclose(
            measure(outputs, name),
            exact,
            rtol=1e-11,
            atol=1e-14 * scale * (name == "hinge"),
            err_msg=name,
        )


def test_float32_logits_equal_their_definitions():
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=(40, 7)) * 8).astype(np.float32)
    labels = rng.integers(0, 7, 40)
    assert_exact(Outputs(logits=rows, label=labels), rows, labels)


@pytest.mark.parametrize("label", [0, 1, 2])
@pytest.mark.parametrize(
    "row",
    [[1e4, -1e4, 0.0], [-1e4, 1e4, 3.0], [1e4, 1e4, 1e4], [800.0, 0.0, -5.0], [2e-9, 1e-9, 0.0]],
)
def test_extreme_logits_stay_finite_and_ordered(row, label):
    outputs = Outputs(logits=np.array([row]), label=[label])
    exact = by_definition(row, label)
    for name in NAMES:
        value = measure(outputs, name)[0]
        assert np.isfinite(value)
        np.testing.assert_allclose(value, exact[name], rtol=1e-12, atol=1e-300, err_msg=name)


def test_overconfident_float32_logits_do_not_become_ties():
    top = np.linspace(20, 60, 1000).astype(np.float32)
    logits = np.zeros((1000, 10), np.float32)
    logits[:, 3] = top
    outputs = Outputs(logits=logits, label=np.full(1000, 3))
    for name in ("scaled_logit", "loss", "hinge", "entropy", "modified_entropy"):
        assert (np.diff(measure(outputs, name)) > 0).all(), name


def test_saturated_float32_probabilities_keep_the_order_that_the_other_classes_show():
    rest = np.float32(10.0) ** -np.arange(9, 30, dtype=np.float32)
    probs = np.stack([np.ones_like(rest), rest, np.zeros_like(rest)], axis=1)
    outputs = Outputs(probs=probs, label=np.zeros(len(rest), int))
    assert (np.diff(measure(outputs, "scaled_logit")) > 0).all()


def test_a_probability_of_zero_is_the_most_extreme_finite_value():
    outputs = Outputs(probs=[[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]], label=[0, 0, 0])
    values = measure(outputs, "scaled_logit")
    assert np.isfinite(values).all()
    assert values[0] == -values[1] > 700
    for name in NAMES:
        assert np.isfinite(measure(outputs, name)).all(), name


@pytest.mark.parametrize("name", NAMES)
def test_probabilities_and_logits_agree(name):
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(200, 6)) * 4
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    label = rng.integers(0, 6, 200)
    from_logits, from_probs = (
        measure(Outputs(logits=logits, label=label), name),
        measure(Outputs(probs=probs, label=label), name),
    )
    np.testing.assert_allclose(from_probs, from_logits, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["logits", "probs"])
def test_equal_records_get_equal_bits_wherever_they_stand(name, kind):
    rng = np.random.default_rng(2)
    row = rng.dirichlet(np.ones(17)).astype(np.float32)
    extreme = (
        np.eye(17, dtype=np.float32)[3]
        if kind == "probs"
        else np.full(17, 1e4, np.float32) * np.eye(17, dtype=np.float32)[3]
    )
    others = np.stack([extreme] * 2)
    alone = measure(Outputs(**{kind: row[None] * (1 if kind == "probs" else 9)}, label=[4]), name)[
        0
    ]
    for n in (2, 3, classification.CELLS // 17, classification.CELLS // 17 + 1, 3000):
        block = np.tile(row, (n, 1)) * (1 if kind == "probs" else 9)
        mixed = Outputs(**{kind: np.concatenate([block, others])}, label=np.full(n + 2, 4))
        assert (measure(mixed, name)[:n] == alone).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_binary_model_equals_its_two_class_twin(name):
    z = np.array([-30.0, -2.0, -0.1, 0.3, 5.0, 40.0])
    label = np.array([0, 1, 1, 0, 1, 1])
    twin = Outputs(logits=np.stack([np.zeros(6), z], axis=1), label=label)
    np.testing.assert_allclose(
        measure(Outputs(logits=z, label=label), name), measure(twin, name), rtol=1e-12
    )
    p = 1 / (1 + np.exp(-z[:5]))
    halves = Outputs(probs=np.stack([1 - p, p], axis=1), label=label[:5])
    np.testing.assert_allclose(
        measure(Outputs(probs=p, label=label[:5]), name),
        measure(halves, name),
        rtol=1e-9,
        atol=1e-15,
    )


def test_a_binary_margin_is_the_logit_turned_towards_the_label():
    outputs = Outputs(logits=np.array([[2.5], [-1.0]], np.float32), label=[0, 0])
    assert measure(outputs, "scaled_logit").tolist() == [-2.5, 1.0]


def test_multi_label_statistics_average_over_labels():
    logits, label = np.array([[2.0, -1.0, 0.5], [0.0, 3.0, -2.0]]), np.array([[1, 0, 0], [0, 1, 1]])
    outputs = Outputs(logits=logits, label=label)
    margin = np.where(label == 1, logits, -logits)
    np.testing.assert_allclose(measure(outputs, "scaled_logit"), margin.mean(axis=1))
    np.testing.assert_allclose(measure(outputs, "loss"), -np.log1p(np.exp(-margin)).mean(axis=1))
    np.testing.assert_allclose(measure(outputs, "hinge"), margin.min(axis=1))
    np.testing.assert_allclose(measure(outputs, "correctness"), [2 / 3, 1 / 3])
    assert set(available(outputs)) == set(NAMES)


def test_given_losses_are_negated_and_keep_their_type():
    outputs = Outputs(loss=np.array([0.5, 2.0], np.float32))
    assert measure(outputs, "loss").tolist() == [-0.5, -2.0]
    assert measure(outputs, "loss").dtype == np.float32
    assert available(outputs) == ("loss",)


def test_without_labels_only_what_needs_none_is_available():
    outputs = Outputs(logits=[[1.0, 2.0], [0.0, 5.0]])
    assert available(outputs) == ("entropy", "max_confidence")
    assert (measure(outputs, "entropy") < 0).all()
    with pytest.raises(InvalidInput, match="'hinge' needs `label`"):
        measure(outputs, "hinge")


def test_asking_for_what_cannot_be_says_what_is_needed():
    with pytest.raises(InvalidInput, match="'entropy' needs `logits` or `probs`, got only `loss`"):
        measure(Outputs(loss=[1.0]), "entropy")
    with pytest.raises(InvalidInput, match=r"`name` needs one of loss, scaled_logit.*got 'lira'"):
        measure(Outputs(loss=[1.0]), "lira")


def test_one_hundred_thousand_records_need_no_whole_copy():
    import tracemalloc

    logits = np.random.default_rng(3).normal(size=(100_000, 50)).astype(np.float32)
    outputs = Outputs(logits=logits, label=np.zeros(100_000, int))
    for name in STATISTICS.keys() & set(NAMES):
        tracemalloc.start()
        measure(outputs, name)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < logits.nbytes / 4, name


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [0, 1, 30, 2_000])
@pytest.mark.parametrize(("n", "k"), [(1, 2), (2, 3), (400, 7), (70, 1_200)])
def test_statistics_of_one_pass_have_the_bits_of_each_alone(n, k, scale, dtype):
    rng = np.random.default_rng(n)
    logits = (rng.normal(size=(n, k)) * scale).astype(dtype)
    outputs = Outputs(logits=logits, label=rng.integers(0, k, n))
    for name in available(outputs):
        assert kept(outputs, name).tobytes() == measure(outputs, name).tobytes(), name
    together = kept(outputs, "entropy")
    assert np.shares_memory(together, kept(outputs, "entropy"))
    assert not together.flags.writeable


def test_what_has_no_common_steps_is_measured_as_ever():
    for outputs in (
        Outputs(loss=[1.0, 2.0]),
        Outputs(logits=[0.5, -1.0], label=[0, 1]),
        Outputs(logits=[[0.5, -1.0]]),
        Outputs(prediction=[1.0], truth=[2.0]),
    ):
        for name in available(outputs):
            assert kept(outputs, name).tolist() == measure(outputs, name).tolist()


def test_what_a_service_leaves_out_is_spread_over_the_classes_that_it_does_not_name():
    """Four classes, two named. .65 + .15: the rest of .2 gives .1 each, below .15.

    .55 + .05: the rest of .4 would give .2 each, more than the smallest that was named: .05. The
    last two rows lack nothing, or less than a hundredth, and keep their zeros.
    """
    probs = np.array(
        [[0.65, 0.15, 0, 0], [0.55, 0.05, 0, 0], [0.7, 0.3, 0, 0], [0.6, 0.3925, 0, 0]]
    )
    many = np.tile([[0.123456789, 0.676543211, 0, 0]], (20, 1))
    given = Outputs(probs=np.concatenate([probs, many]))
    found = classification.by_chunk(given, lambda x, label: np.exp(x), width=4)
    np.testing.assert_allclose(found[0], [0.65, 0.15, 0.1, 0.1])
    np.testing.assert_allclose(found[1], [0.55, 0.05, 0.05, 0.05])
    np.testing.assert_allclose(found[2], [0.7, 0.3, 0, 0], atol=1e-15)
    np.testing.assert_allclose(found[3], [0.6, 0.3925, 0, 0], atol=1e-15)


def test_rows_lack_what_rounding_takes_away_and_are_not_filled():
    """Four classes in hundredths: each loses half a unit at most, 4 x .005 = .02, beside .01."""
    probs = np.concatenate([[[0.6, 0.38, 0, 0], [0.6, 0.36, 0, 0]], [[0.33, 0.3, 0, 0]] * 20])
    found = classification.by_chunk(Outputs(probs=probs), lambda x, label: np.exp(x), width=4)
    # a zero stands for half a unit of the last digit
    np.testing.assert_allclose(found[0], [0.6, 0.38, 0.005, 0.005])
    np.testing.assert_allclose(found[1], [0.6, 0.36, 0.02, 0.02])


def test_an_exact_one_of_float32_lies_half_a_spacing_below_one():
    """Spacing below 1 is 2^-24, so 1 - p is 2^-25: a margin of 25 log 2; "no" turns it round."""
    probs = np.array([1.0, 1.0, 0.123456789], np.float32)
    outputs = Outputs(probs=probs, label=np.array([1, 0, 1]))
    expected = [
        25 * np.log(2),
        -25 * np.log(2),
        np.log(np.float64(probs[2])) - np.log1p(-np.float64(probs[2])),
    ]
    np.testing.assert_allclose(classification.margins(outputs), expected, rtol=1e-9)


def test_a_single_class_that_was_left_out_gets_all_of_the_rest():
    """.713 + .187 of three classes: .1 is left, below .187."""
    probs = np.tile([[0.7130001, 0.1869999, 0.0]], (20, 1))
    found = classification.by_chunk(Outputs(probs=probs), lambda x, label: np.exp(x), width=3)
    np.testing.assert_allclose(found, np.tile([[0.7130001, 0.1869999, 0.1]], (20, 1)))


def test_what_takes_long_is_worked_out_when_it_is_asked_for_or_announced():
    rng = np.random.default_rng(4)
    given = {"logits": rng.normal(size=(300, 5)), "label": rng.integers(0, 5, 300)}
    outputs, announced = Outputs(**given), Outputs(**given)
    kept(outputs, "loss")
    assert "modified_entropy" not in keep(outputs, [])
    assert "hinge" in keep(outputs, [])
    assert "modified_entropy" in keep(announced, ["modified_entropy", "loss", "no such name"])
    for name in available(outputs):
        assert kept(announced, name).tobytes() == kept(outputs, name).tobytes()
    # of other outputs nothing is kept
    assert keep(Outputs(loss=[1.0, 2.0]), ["loss"]) == {}


def test_blocks_of_other_sizes_use_the_same_memory_and_change_no_number(monkeypatch):
    rng = np.random.default_rng(5)
    outputs = Outputs(logits=9 * rng.normal(size=(333, 7)), label=rng.integers(0, 7, 333))
    whole = classification.together(outputs)
    monkeypatch.setattr(classification, "CELLS", 7 * 64)
    for name, values in classification.together(outputs).items():
        assert values.tobytes() == whole[name].tobytes(), name


def test_both_logarithms_of_a_log_odds_are_those_of_logaddexp():
    from tacit.signals.multiclass import _log_expits

    z = np.concatenate([np.linspace(-800, 800, 1_001), [-np.inf, np.inf, 1e-300, 0.0]])
    log_p, log_not = _log_expits(z)
    np.testing.assert_allclose(log_p, -np.logaddexp(0, -z), rtol=1e-15)
    np.testing.assert_allclose(log_not, -np.logaddexp(0, z), rtol=1e-15)
