"""What an attack does where nothing is said, as every report names it."""

import pytest

from tacit import attacks

# Measured in `benchmarks/results`: another number is another attack, and to be measured again.
DEFAULTS = (
    "BASE(mode='auto', weight=1.0)",
    "PMIA(proxy='auto', neighbours=None)",
    "RMIA(gamma=1.0, mode='auto', a=0.3)",
    "BaVarIA(variant='n', mode='auto')",
    "Blind(folds=3)",
    "BlindLabels(prior=4.0)",
    "ClassConditional(fewest=50)",
    "EBLiRA(mode='auto')",
    "EpochVote(share=0.5, skip=0)",
    "GradientBoosting(rounds=30, rate=0.15, leaves=4, seed=0)",
    "KNearest(share=0.05)",
    "LiRA(variance='auto', mode='auto', min_models=8)",
    "LogisticRegression(strength=1.0)",
    "MembershipProbability(per_bin=50, fewest=200)",
    "MultilayerPerceptron(width=32, epochs=15, seed=0)",
    "Population(fewest=100)",
    "QuantileRegression(given='features', held_out=0.5, seed=0, learner='boosting',"
    " head='gaussian', width=64, epochs=100)",
    "RandomForest(trees=75, leaf=30, share=0.2, seed=0)",
    "ShadowStack(mode='auto', seed=0)",
    "ShokriClassifier(seed=0)",
)


@pytest.mark.parametrize("text", DEFAULTS)
def test_the_defaults_of_an_attack_are_those_that_were_measured(text):
    assert repr(getattr(attacks, text.split("(")[0])()) == text
