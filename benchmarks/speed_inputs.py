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


def shadow_logits(n_models, n, k=10, seed=2):
    """Logits float32 (1 + n_models, n, k) of a target and its shadow models, labels, and bool (1 +
    n_models, n), who was in. Shadow models come in pairs, each record in one of the two.
    """
    rng = np.random.default_rng(seed)
    label = rng.integers(0, k, n)
    hardness, gain = rng.normal(0, 1.5, n), np.exp(rng.normal(-0.3, 0.9, n))
    member = rng.random((1 + n_models, n)) < 0.5
    member[2::2] = ~member[1::2]
    logits = rng.standard_normal((1 + n_models, n, k), np.float32)
    surer = 2.5 + hardness + member * gain
    logits[:, np.arange(n), label] += surer.astype(np.float32)
    return logits, label, member


def mixed_tables(n, seed=3):
    """Members, non-members, reference (2 n rows) and a release of n rows, as dicts of columns: four
    numbers and four categories. Half of the release are members with three in ten cells drawn
    anew, half are other rows of the population.
    """
    rng = np.random.default_rng(seed)

    def rows(count):
        kind = rng.integers(0, 6, count)
        numbers = {
            f"number_{place}": np.round(rng.normal(kind * (place % 2), 2, count), 2)
            for place in range(4)
        }
        names = {
            f"category_{place}": np.where(
                rng.random(count) < 0.7, kind, rng.integers(0, 3 + 2 * place, count)
            ).astype(str)
            for place in range(4)
        }
        return numbers | names

    member, nonmember, reference, others = rows(n), rows(n), rows(2 * n), rows(n)
    half = n // 2
    drawn = {name: rng.random(half) < 0.3 for name in member}
    copied = {
        name: np.where(drawn[name], others[name][half:][:half], values[:half])
        for name, values in member.items()
    }
    release = {name: np.concatenate([copied[name], others[name][:half]]) for name in member}
    return {"member": member, "nonmember": nonmember, "reference": reference, "release": release}
