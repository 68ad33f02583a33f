"""RMIA by the definition: every pair compared, one by one."""

import numpy as np
import pytest
from scipy.special import expit

from tacit.attacks import BASE, RMIA
from tacit.attacks.rmia import share
from tacit.core import InvalidInput
from tacit.testing import ShadowGaussian


@pytest.mark.parametrize("mode", ["online", "offline"])
@pytest.mark.parametrize("gamma", [1.0, 2.0])
def test_the_share_is_that_of_all_pairs(mode, gamma):
    signals = ShadowGaussian(n_shadows=6).draw(120, seed=3).signals
    known = np.where(np.arange(120) < 50, 0, -1)
    attack = RMIA(gamma=gamma, mode=mode, a=0.4)
    score = attack(signals.told(known))
    p, shadow, inside = (
        expit(signals.target[:, 0].astype(float)),
        expit(signals.shadow[:, :, 0].astype(float)),
        signals.shadow_member,
    )
    p_in = np.where(inside, shadow, 0).sum(0) / inside.sum(0)
    p_out = np.where(inside, 0, shadow).sum(0) / (~inside).sum(0)
    reference = (p_in + p_out) / 2 if mode == "online" else ((1 + 0.4) * p_out + 1 - 0.4) / 2
    ratio = p / reference
    share = np.array(
        [[ratio[x] / ratio[z] >= gamma * (1 - 1e-12) for z in range(50)] for x in range(120)]
    ).mean(axis=1)
    np.testing.assert_allclose(np.floor(score * 51 + 1e-9) / 50, share, atol=1e-12)


def test_on_one_model_it_ranks_as_base_does_where_worlds_are_balanced():
    signals = ShadowGaussian(n_shadows=8).draw(500, seed=1).signals
    np.testing.assert_array_equal(np.argsort(RMIA()(signals)), np.argsort(BASE()(signals)))


def test_gamma_is_above_zero_and_a_between_zero_and_one_both_allowed():
    for good in ({"gamma": 0.01}, {"a": 0.0}, {"a": 1.0}):
        RMIA(**good)
    for bad in ({"gamma": 0.0}, {"gamma": -1.0}, {"a": -0.01}, {"a": 1.01}):
        with pytest.raises(InvalidInput):
            RMIA(**bad)


def test_ties_of_a_share_are_ordered_by_the_ratio_itself_by_hand():
    """Ratio 1 beats .5 and half of itself is added: (1 + 1/2) / 3; ratio 3: (2 + 3/4) / 3.

    At gamma 2 both beat .4 alone: 1/2 > .4, 3/2 < 2.
    """
    found = share(np.log([1.0, 3.0]), np.log([0.5, 2.0]), gamma=1.0)
    np.testing.assert_allclose(found, [1.5 / 3, 2.75 / 3])
    found = share(np.log([1.0, 3.0]), np.log([0.4, 2.0]), gamma=2.0)
    np.testing.assert_allclose(found, [1.5 / 3, 1.75 / 3])
