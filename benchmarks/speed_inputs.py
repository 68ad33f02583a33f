"""The fixed inputs of the speed comparison: the same seeds give the same arrays in every
environment. NumPy only.
"""

import numpy as np

SIZES = {
    "logits_500k": (500_000, 10),
    "logits_25k": (25_000, 10),
    "slices": (25_000, 100),
    "learned": (25_000, 10),
}


def overfitted(n, k, seed=0):
    """Logits float32 (2n, k), labels and membership (members first) of a made-up classifier that is
    surer of its members.
    """
    rng = np.random.default_rng(seed)
    member = np.arange(2 * n) < n
    label = rng.integers(0, k, 2 * n)
    logits = rng.normal(0, 1, (2 * n, k)).astype(np.float32)
    hardness = rng.normal(0, 1.5, 2 * n)
    gain = member * np.exp(rng.normal(0, 0.6, 2 * n))
    logits[np.arange(2 * n), label] += (2.5 + hardness + gain).astype(np.float32)
    return logits, label, member


def shifted(n, seed=1):
    """Scores float32 of n members, N(0.4, 1), and of n non-members, N(0, 1)."""
    rng = np.random.default_rng(seed)
    return rng.normal(0.4, 1, n).astype(np.float32), rng.normal(0, 1, n).astype(np.float32)
