"""Shadow models that give each other away are found."""

import numpy as np
import pytest

from tacit.attacks.reference.families import families, require_independent
from tacit.core import InvalidInput


def test_mates_and_twins_are_one_family():
    member = np.random.default_rng(0).random((3, 50)) < 0.5
    all_models = np.concatenate([member, ~member[:1], member[1:2]])
    assert families(all_models) == [(0, 3), (1, 4), (2,)]


@pytest.mark.parametrize("m", [2, 3, 8, 32])
def test_coins_are_never_refused(m):
    for seed in range(20):
        member = np.random.default_rng(seed).random((m, 200)) < 0.5
        require_independent(member, families(member))


def test_antithetic_pairs_are_not_refused():
    half = np.random.default_rng(1).random((4, 300)) < 0.5
    member = np.concatenate([half, ~half])
    require_independent(member, families(member))


@pytest.mark.parametrize("m", [4, 8, 32])
def test_every_record_in_exactly_half_the_models_is_refused(m):
    member = (
        np.argsort(np.argsort(np.random.default_rng(2).random((m, 400)), axis=0), axis=0) < m // 2
    )
    with pytest.raises(InvalidInput, match="gives itself away"):
        require_independent(member, families(member))


@pytest.mark.parametrize(("n", "refused"), [(100, True), (99, False)])
def test_a_fixed_number_of_models_a_record_is_refused_from_a_hundred_records(n, refused):
    rng = np.random.default_rng(0)
    member = rng.permuted(np.tile([[True], [True], [False], [False]], n), axis=0)
    groups = [(model,) for model in range(4)]
    if refused:
        with pytest.raises(InvalidInput, match="gives itself away"):
            require_independent(member, groups)
    else:
        require_independent(member, groups)


def test_a_model_of_all_records_or_of_none_tells_nothing():
    coins = np.random.default_rng(1).random((4, 200)) < 0.5
    member = np.concatenate([coins, np.ones((1, 200), bool), np.zeros((1, 200), bool)])
    require_independent(member, [(model,) for model in range(6)])
