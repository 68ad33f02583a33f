"""What the shadow models' own members teach."""

import numpy as np
import pytest

from tacit.attacks import ShokriClassifier
from tacit.core import NotEnoughData, Signals


def game(n=400, *, useless=False):
    """Members answer above 0 in the first group and below 0 in the second, in every model."""
    rng = np.random.default_rng(0)
    group = rng.integers(0, 2, n)
    member = rng.random((3, n)) < 0.5
    sign = np.where(group == 0, 1.0, -1.0)
    value = sign * np.where(member, 1.0, -1.0) * rng.uniform(0.5, 2, (3, n))
    shadow, inside = value[1:], member[1:]
    if useless:
        # a model of all records, whose answers would teach that everybody is a member
        shadow = np.concatenate([shadow, rng.uniform(-2, 2, (1, n))])
        inside = np.concatenate([inside, np.ones((1, n), bool)])
    signals = Signals.of(value[0], shadow=shadow, shadow_member=inside, group=group)
    return signals, member[0]


def test_each_class_has_its_own_side_of_members():
    signals, member = game()
    score = ShokriClassifier()(signals)
    assert ((score > 0.5) == member).mean() > 0.95


def test_a_model_of_all_records_teaches_nothing():
    plain, _ = game()
    more, _ = game(useless=True)
    np.testing.assert_array_equal(ShokriClassifier()(plain), ShokriClassifier()(more))
    alone = Signals.of([1.0, 2.0], shadow=[[1.0, 2.0]], shadow_member=[[1, 1]])
    with pytest.raises(NotEnoughData, match="got 0 of 1"):
        ShokriClassifier()(alone)


def test_beyond_so_many_rows_each_model_teaches_an_even_part(monkeypatch):
    """200 rows of two models are 100 of each: still told, from a quarter of the records."""
    monkeypatch.setattr("tacit.attacks.shokri.MOST_ROWS", 200)
    signals, member = game()
    score = ShokriClassifier(seed=3)(signals)
    assert ((score > 0.5) == member).mean() > 0.85


def test_so_many_rows_are_shared_by_the_models_and_all_are_taken_where_they_fit(monkeypatch):
    from sklearn.ensemble import HistGradientBoostingClassifier

    signals, _ = game()
    seen = []
    fit = HistGradientBoostingClassifier.fit

    def counted(self, table, truth):
        seen.append((table.shape, len(np.unique(table[:, 0]))))
        return fit(self, table, truth)

    monkeypatch.setattr(HistGradientBoostingClassifier, "fit", counted)
    for most in (200, 799, 800):
        monkeypatch.setattr("tacit.attacks.shokri.MOST_ROWS", most)
        ShokriClassifier()(signals)
    # two models of 400 records: 100, 399 and all of each, none twice
    assert seen == [((200, 2), 200), ((798, 2), 798), ((800, 2), 800)]
