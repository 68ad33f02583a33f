"""Every attack with shadow models keeps the contract of attacks."""

import numpy as np
import pytest

from tacit import attacks
from tacit.core import InvalidInput, NotEnoughData, Signals
from tacit.testing import ShadowGaussian, check_attack

CHEAP = [
    attacks.LiRA(),
    attacks.LiRA(variance="fixed"),
    attacks.LiRA(variance="per_record"),
    attacks.LiRA(mode="offline"),
    attacks.LiRA(variance="per_record", mode="offline"),
    attacks.RMIA(),
    attacks.RMIA(mode="offline", gamma=2.0),
    attacks.BASE(),
    attacks.BASE(mode="offline", weight=0.33),
    attacks.BaVarIA(),
    attacks.BaVarIA(variant="t", mode="offline"),
    attacks.EBLiRA(),
    attacks.EBLiRA(mode="offline"),
    attacks.ReferencePopulation(),
    attacks.DifficultyCalibration(),
    attacks.PMIA(),
    attacks.PMIA(proxy="all"),
]


@pytest.mark.parametrize("attack", CHEAP, ids=repr)
def test_keeps_the_contract(attack):
    check_attack(attack)


@pytest.mark.parametrize("attack", CHEAP, ids=repr)
def test_several_queries_help_and_equal_queries_change_nothing(attack):
    game = ShadowGaussian(n_shadows=16).draw(400, seed=2)
    once = game.signals
    twice = Signals.of(
        np.repeat(once.target, 2, axis=1),
        shadow=np.repeat(once.shadow, 2, axis=2),
        shadow_member=once.shadow_member,
        statistic=once.statistic,
    )
    np.testing.assert_allclose(attack(twice), attack(once), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("attack", CHEAP, ids=repr)
def test_no_shadow_models_is_not_enough_data(attack):
    with pytest.raises(NotEnoughData, match=r"got none|got 0"):
        attack(Signals.of([1.0, 2.0, 3.0], statistic="scaled_logit"))


def test_the_error_counts_the_records_and_names_the_first():
    signals = Signals.of(
        np.zeros(6), shadow=np.zeros((3, 6)), shadow_member=[[1, 1, 1, 0, 0, 0]] * 3
    )
    with pytest.raises(
        NotEnoughData,
        match=r"needs 1 shadow model without each record, got 0 for 3 records \(first: 0, 1, 2\)",
    ) as caught:
        attacks.LiRA(mode="offline")(signals)
    assert (caught.value.needed, caught.value.got) == (1, 0)


def test_a_per_record_variance_from_few_models_is_refused():
    signals = ShadowGaussian(n_shadows=8).draw(50, seed=0).signals
    with pytest.raises(NotEnoughData, match="needs 8 shadow models with each record, got 4"):
        attacks.LiRA(variance="per_record")(signals)
    assert np.isfinite(attacks.LiRA(variance="per_record", min_models=2)(signals)).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda: attacks.LiRA(variance="global"),
        lambda: attacks.LiRA(min_models=1),
        lambda: attacks.RMIA(gamma=0.0),
        lambda: attacks.RMIA(a=1.5),
        lambda: attacks.BaVarIA(variant="x"),
        lambda: attacks.PMIA(proxy="x"),
        lambda: attacks.QuantileRegression(held_out=1.0),
        lambda: attacks.QuantileRegression(given="x"),
    ],
)
def test_wrong_parameters_are_refused(make):
    with pytest.raises(InvalidInput, match="needs"):
        make()


def test_a_wrong_mode_is_refused():
    signals = ShadowGaussian(n_shadows=4).draw(50, seed=0).signals
    with pytest.raises(InvalidInput, match="`mode` needs one of auto, online, offline"):
        attacks.LiRA(mode="both")(signals)


def test_the_reference_population_is_that_of_the_models_without_the_record():
    """1.9 exceeds both 1 and 1.2 of the models without it, .4 one of .5 and .3; ties are half."""
    from tacit.attacks import ReferencePopulation

    shadow = [[2.0, 0.5], [1.0, 1.5], [1.8, 0.3], [1.2, 1.9]]
    inside = np.array([[1, 0], [0, 1], [1, 0], [0, 1]], bool)
    for target, expected in (([1.9, 0.4], [1.0, 0.5]), ([1.0, 0.5], [0.25, 0.75])):
        signals = Signals.of(target, shadow=shadow, shadow_member=inside)
        assert ReferencePopulation()(signals).tolist() == expected
