"""Token columns of the shadow stack: by hand, and where they help."""

import numpy as np
import pytest

from tacit.attacks import ShadowStack
from tacit.audits.steps.text_columns import CLASSES, TokenColumns
from tacit.audits.steps.text_game import Shadows
from tacit.audits.text import text_audit
from tacit.core import InvalidInput, Membership, Signals, Tokens
from tacit.metrics import auc


def told(rows):
    """Tokens of n texts of one length."""
    n, length = rows.shape
    return Tokens(logp=np.minimum(rows, 0).ravel(), start=np.arange(0, n * length + 1, length))


def game(n=300, length=30, models=7, *, seed=0, easy=0.0, hard=0.0):
    """A model and fine-tunes; training on a text moves its easy and its hard tokens differently."""
    rng = np.random.default_rng(seed)
    level = rng.choice([-1.0, -6.0], (n, length))
    half = rng.random((models, n)) < 0.5
    moved = np.where(level > -3, easy, hard)
    spread = np.where(level > -3, 0.1, 1.5)
    noise = rng.normal(size=(models, n, length))
    tokens = [told(level + spread * e + moved * inside[:, None]) for e, inside in zip(noise, half)]
    logp = np.stack([each.ragged().mean() for each in tokens])
    signals = Signals.of(
        logp[0],
        shadow=logp[1:],
        shadow_member=half[1:],
        statistic="mean_logprob",
        scale="log-likelihood",
    )
    shadows = Shadows(logp[1:], half[1:], tuple(tokens[1:]))
    return TokenColumns(tokens[0], logp[0], shadows), signals, half[0]


def test_columns_by_hand():
    """One class of tokens: shift 1, variance 1/2, and the middle half-way."""
    rows = np.array([[[-2.0, -3.0]], [[-2.0, -2.0]], [[-3.0, -4.0]], [[-2.0, -4.0]]])
    tokens = [told(row) for row in [np.array([[-1.0, -3.2]]), *rows]]
    logp = np.array([each.ragged().mean() for each in tokens])
    inside = np.array([[1], [1], [0], [0]], bool)
    signals = Signals.of(logp[0], shadow=logp[1:], shadow_member=inside, statistic="mean_logprob")
    columns = TokenColumns(tokens[0], logp[0], Shadows.__new__(Shadows))
    object.__setattr__(columns.shadows, "logp", logp[1:])
    object.__setattr__(columns.shadows, "tokens", tuple(tokens[1:]))
    found = columns(signals.target, signals, [0, 1, 2, 3])
    means = np.array([[-2.0, -2.5], [-2.5, -4.0]])
    variance = (0 + 0.5 + 0.5 + 0) / 4
    weight = (means[0] - means[1]).mean() / variance
    gap = np.array([-1.0, -3.2]) - means.mean(axis=0)
    reach = 2 * variance**0.5
    expected = [
        (weight * reach * np.tanh(gap / reach)).mean(),
        (weight * np.tanh(gap)).mean(),
        (weight * gap).mean(),
    ]
    np.testing.assert_allclose(found[0], expected, rtol=1e-6)


def test_a_text_that_no_model_was_trained_on_has_no_column():
    columns, signals, _ = game(40, models=5)
    inside = signals.shadow_member.copy()
    inside[:, 0] = False
    told = Signals.of(
        signals.target, shadow=signals.shadow, shadow_member=inside, statistic="mean_logprob"
    )
    found = columns(told.target, told, [0, 1, 2, 3])
    assert np.isnan(found[0]).all()
    known = inside.any(axis=0) & ~inside.all(axis=0)
    assert (np.isfinite(found).all(axis=1) == known).all()
    assert np.isnan(columns(told.target, told, [0])).all()


def test_a_text_of_any_length_and_any_number_of_tokens_is_weighed():
    columns, signals, _ = game(40, length=1, models=5)
    assert columns(signals.target, signals, [0, 1, 2, 3]).shape == (40, 3)
    assert CLASSES > 1


def test_signals_of_other_models_are_refused():
    columns, signals, _ = game(40, models=5)
    with pytest.raises(InvalidInput, match="other models"):
        columns(signals.target + 1, signals, [0, 1])


def test_the_stack_finds_more_where_training_moves_the_tokens_that_vary_least():
    gains = []
    for seed in range(3):
        columns, signals, member = game(seed=seed, easy=0.12)
        plain, wide = (auc(ShadowStack(beside=b)(signals), member).value for b in (None, columns))
        gains.append(wide - plain)
    assert min(gains) > 0.1


def test_a_model_that_saw_nothing_is_not_told_apart_by_more_columns():
    areas = []
    for seed in range(4):
        columns, signals, member = game(seed=seed)
        areas.append(auc(ShadowStack(beside=columns)(signals), member).value)
    # 150 members and non-members: a standard deviation of 0.033 an area
    assert abs(np.mean(areas) - 0.5) < 4 * 0.033 / 2


def test_no_column_depends_on_the_order_of_the_texts():
    columns, signals, _ = game(60, models=5, easy=0.2)
    order = np.random.default_rng(3).permutation(60)
    moved = TokenColumns(
        columns.tokens.take(order), columns.logp[order], columns.shadows.take(order)
    )
    told = Signals.of(
        signals.target[order],
        shadow=signals.shadow[:, order],
        shadow_member=signals.shadow_member[:, order],
        statistic="mean_logprob",
    )
    others = [0, 1, 2, 3]
    np.testing.assert_allclose(
        moved(told.target, told, others), columns(signals.target, signals, others)[order], rtol=1e-9
    )


def test_rows_that_do_not_all_teach_are_described_alike(monkeypatch):
    columns, signals, member = game(easy=0.12)
    monkeypatch.setattr("tacit.attacks.stack.MOST_ROWS", 6 * 200)
    area = auc(ShadowStack(beside=columns)(signals), member).value
    assert area > auc(ShadowStack()(signals), member).value + 0.1


def test_the_audit_gives_the_stack_its_tokens():
    columns, _, member = game(easy=0.12)
    report = text_audit(columns.tokens, Membership(member), shadows=columns.shadows)
    assert report.finding == "leak"
    wide = report.check("ShadowStack").estimate("auc").value
    assert wide > report.check("BASE").estimate("auc").value + 0.1


def worlds(value, inside):
    from tacit.audits.steps.text_columns import _Worlds

    return _Worlds.of(np.asarray(value, float), np.asarray(inside, bool))


def test_worlds_of_each_token_by_hand():
    """Three tokens under three models: two of three inside, one of three, and none."""
    found = worlds(
        [[-1.0, -2.0, -3.0], [-2.0, -4.0, -5.0], [-6.0, -6.0, -7.0]],
        [[1, 0, 0], [1, 1, 0], [0, 0, 0]],
    )
    assert found.shift[:2].tolist() == [-1.5 + 6, -4 + 4]
    assert found.middle.tolist() == [(-1.5 - 6) / 2, -4.0, -5.0]
    assert found.hard.tolist() == [-3.0, -4.0, -5.0]
    assert found.squares.tolist() == [0.5, 8.0, 8.0]
    assert found.freedom.tolist() == [1.0, 1.0, 2.0]
    assert found.known.tolist() == [True, True, False]


def test_one_model_a_side_has_no_spread_of_its_own():
    from tacit.audits.steps.text_columns import UNKNOWN_VARIANCE

    found = worlds([[-1.0], [-3.0]], [[1], [0]])
    weight, spread = found.weights()
    assert weight.tolist() == [2.0 / UNKNOWN_VARIANCE]
    assert spread.tolist() == [UNKNOWN_VARIANCE**0.5]


def test_tokens_are_weighed_beside_those_that_are_as_hard(monkeypatch):
    """Classes of one token: easy to hard at -1, -5, -9, with shifts 2, 4 and unknown."""
    from tacit.audits.steps import text_columns

    monkeypatch.setattr(text_columns, "FEWEST", 1)
    found = worlds(
        [[0.5, -2.0, -9.0], [-0.5, -4.0, -8.0], [-2.0, -7.0, -10.0]],
        [[1, 1, 0], [1, 1, 0], [0, 0, 0]],
    )
    weight, spread = found.weights()
    # variances: .5 and 2 of one degree of freedom, 2 of two degrees; the third has the mean shift
    assert spread**2 == pytest.approx([0.5, 2.0, 1.0])
    assert weight == pytest.approx([2 / 0.5, 4 / 2, 3 / 1])
    monkeypatch.setattr(text_columns, "FEWEST", 3)
    weight, spread = found.weights()
    assert spread**2 == pytest.approx([4.5 / 4] * 3)
    assert weight == pytest.approx([3 / (4.5 / 4)] * 3)


def test_classes_hold_fifty_tokens_and_there_are_at_most_twenty_four():
    """A class's tokens share their spread: as many spreads as classes."""

    def classes(n):
        hard = -np.linspace(1, 2, n)
        noise = np.linspace(0.01, 0.1, n)
        value = np.stack([hard + noise, hard - noise, hard - 3])
        inside = np.repeat([[1], [1], [0]], n, axis=1)
        _, spread = worlds(value, inside).weights()
        return len(set(spread.tolist()))

    assert [classes(n) for n in (1, 49, 99, 100, 149, 150)] == [1, 1, 1, 2, 2, 3]
    assert [classes(n) for n in (1199, 1200, 1249, 1250, 5000)] == [23, 24, 24, 24, 24]


def test_a_class_whose_models_agree_has_the_unknown_variance():
    """Two models a side that say the same: no squares, though degrees of freedom."""
    found = worlds([[-1.0], [-1.0], [-4.0], [-4.0]], [[1], [1], [0], [0]])
    assert found.freedom.tolist() == [2.0]
    weight, spread = found.weights()
    assert (weight.tolist(), spread.tolist()) == ([3.0], [1.0])


def test_three_columns_say_nothing_where_no_model_knows_a_text():
    columns, signals, _ = game(12, models=5)
    found = columns(signals.target, signals, [2])
    assert found.shape == (12, 3)
    assert np.isnan(found).all()


def test_fine_tunes_may_be_asked_about_themselves():
    """The signal says which model: the first fine-tune is held against the others by its tokens."""
    columns, signals, _ = game(12, models=5)
    own = columns(signals.shadow[0], signals, [1, 2, 3])
    turned = TokenColumns(columns.shadows.tokens[0], columns.shadows.logp[0], columns.shadows)
    np.testing.assert_allclose(own, turned(signals.shadow[0], signals, [1, 2, 3]))
    assert not np.allclose(own, columns(signals.target, signals, [1, 2, 3]), equal_nan=True)


def test_signals_of_fine_tunes_that_were_stored_coarsely_are_known_by_their_tokens():
    """Stored as float32, and with them the audited model's: the same columns."""
    columns, signals, _ = game(12, models=5)
    coarse = Signals.of(
        columns.logp,
        shadow=signals.shadow.astype(np.float32),
        shadow_member=signals.shadow_member,
        statistic="mean_logprob",
    )
    assert coarse.target.dtype == np.float32
    for own, other in ((signals.target, coarse.target), (signals.shadow[1], coarse.shadow[1])):
        np.testing.assert_array_equal(
            columns(own, signals, [0, 2, 3]), columns(other, coarse, [0, 2, 3])
        )
    with pytest.raises(InvalidInput, match="other models"):
        columns(coarse.target + np.float32(0.5), coarse, [0, 2, 3])


def test_votes_level_off_at_two_deviations_and_at_one_nat():
    """One token a text, two models a side 4 apart: variance 8, so a deviation of 2 sqrt 2."""
    rows = [[[-2.0]], [[-6.0]], [[-5.0]], [[-9.0]]]
    tokens = [told(np.array(row)) for row in ([[-1.5]], *rows)]
    logp = np.array([each.ragged().mean() for each in tokens])
    inside = np.array([[1], [1], [0], [0]], bool)
    signals = Signals.of(logp[0], shadow=logp[1:], shadow_member=inside, statistic="mean_logprob")
    shadows = Shadows.__new__(Shadows)
    object.__setattr__(shadows, "logp", logp[1:])
    object.__setattr__(shadows, "tokens", tuple(tokens[1:]))
    found = TokenColumns(tokens[0], logp[0], shadows)(signals.target, signals, [0, 1, 2, 3])
    # means -4 and -7: shift 3, middle -5.5; the model is 4 above it
    weight, reach = 3 / 8, 2 * 8**0.5
    expected = [weight * reach * np.tanh(4 / reach), weight * np.tanh(4), weight * 4]
    np.testing.assert_allclose(found[0], expected, rtol=1e-6)
