"""
A differential-privacy claim, refuted
=====================================

Noise was added, but a tenth of what the proof needs. The paper says epsilon = 1. Canaries know
better.
"""

# %%
# A canary is a record made to be remembered; a coin decides whether it goes in. Here a mechanism
# releases each canary's coin with Gaussian noise: the answer of a training that was watched.
import matplotlib.pyplot as plt
import numpy as np

import tacit
from tacit.design import random_pixels
from tacit.dp import canaries_needed
from tacit.plots import EpsilonDisplay

print("canaries that could refute epsilon 1 at all:", canaries_needed(1.0, 1e-5))
canaries = random_pixels(1000, (16,), n_classes=10, low=0, high=1, seed=1)
rng = np.random.default_rng(0)
promised, given = 4.0, 0.4  # standard deviations: what the proof needs, what was used
honest = canaries.member + promised * rng.normal(size=1000)
broken = canaries.member + given * rng.normal(size=1000)

# %%
# A claim can be refuted, never proven: *pass* says "not refuted".
for name, score in (("noise as promised", honest), ("a tenth of it", broken)):
    report = tacit.dp_audit(score, canaries.manifest, delta=1e-5, claimed_epsilon=1.0, title=name)
    print(f"{name}: {report.verdict}. {report.headline}")

# %%
# What the canaries prove at every delta, against the claim.
evidence = tacit.Evidence.of(broken, canaries.member, assignment="coin")
EpsilonDisplay.from_evidence(evidence, runs="one", claim=(1.0, 1e-5)).plot()
plt.show()
