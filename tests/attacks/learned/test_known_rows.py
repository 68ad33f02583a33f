"""Attacks that learn say what they need when nobody told them anything."""

import numpy as np
import pytest

from tacit import InvalidInput, NotEnoughData, Signals, attacks
from tacit.testing import check_attack

LEARNERS = [
    attacks.ClassConditional(),
    attacks.MembershipProbability(),
    attacks.Population(),
    attacks.LogisticRegression(),
    attacks.RandomForest(),
    attacks.GradientBoosting(),
    attacks.KNearest(),
    attacks.MultilayerPerceptron(),
    attacks.Blind(),
]


@pytest.mark.parametrize("attack", LEARNERS, ids=repr)
def test_attacks_that_learn_need_to_be_told(attack):
    signals = Signals.of(np.arange(50.0), features=np.ones((50, 2)))
    with pytest.raises(
        NotEnoughData, match=r"knows: it needs 10, got 0\. Let `tacit.collect` cross-fit"
    ) as caught:
        attack(signals)
    assert caught.value.needed == 10


def test_blind_needs_columns():
    signals = Signals.of(np.arange(50.0), known=np.arange(50) % 2)
    with pytest.raises(InvalidInput, match="`features`"):
        attacks.Blind()(signals)


@pytest.mark.slow
@pytest.mark.parametrize("attack", LEARNERS, ids=repr)
def test_the_contract_of_attacks_holds(attack):
    check_attack(attack)


@pytest.mark.parametrize("attack", LEARNERS[3:], ids=repr)
def test_no_score_depends_on_the_order_of_records(attack):
    rng = np.random.default_rng(0)
    member = rng.random(300) < 0.5
    known = np.where(np.arange(300) < 200, member, -1)
    signals = Signals.of(
        rng.normal(size=300) + member,
        features=rng.normal(size=(300, 3)) + member[:, None],
        known=known,
    )
    order = rng.permutation(300)
    np.testing.assert_allclose(
        attack(signals.take(order)), attack(signals)[order], rtol=1e-4, atol=1e-5
    )
