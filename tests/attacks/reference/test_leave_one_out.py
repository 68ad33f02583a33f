"""K targets from K shadow models: running sums give what leaving each model out gives."""

import numpy as np
import pytest

from tacit import attacks
from tacit.attacks.reference.leave_one_out import shadow_scores
from tacit.core import NotEnoughData, Signals
from tacit.testing import ShadowGaussian


@pytest.mark.parametrize(
    "attack",
    [
        attacks.LiRA(),
        attacks.LiRA(variance="fixed", mode="offline"),
        attacks.LiRA(variance="per_record", min_models=2),
        attacks.BASE(),
        attacks.RMIA(),
        attacks.RMIA(mode="offline"),
        attacks.BaVarIA(variant="t"),
        attacks.EBLiRA(),
        attacks.EBLiRA(mode="offline"),
        attacks.DifficultyCalibration(),
        attacks.ReferencePopulation(),
        attacks.PMIA(),
    ],
    ids=repr,
)
def test_every_target_equals_the_attack_on_the_others(attack):
    signals = ShadowGaussian(n_shadows=8, queries=2, shift=1.5).draw(300, seed=4).signals
    together = shadow_scores(attack, signals)
    for model in (0, 3, 7):
        others = [k for k in range(8) if k // 2 != model // 2]
        alone = attack(
            Signals.of(
                signals.shadow[model],
                shadow=signals.shadow[others],
                shadow_member=signals.shadow_member[others],
                statistic=signals.statistic,
            )
        )
        np.testing.assert_allclose(together[model], alone, rtol=1e-6, atol=1e-8)


def test_one_pair_has_no_target():
    with pytest.raises(NotEnoughData, match="do not give each other away, got 1"):
        shadow_scores(attacks.BASE(), ShadowGaussian(n_shadows=2).draw(50, seed=0).signals)
