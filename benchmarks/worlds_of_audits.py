"""Worlds for whole audits: one signal, drift of labels, a shift beside a leak."""

import numpy as np
from numpy.typing import NDArray

import tacit

N = 500


def audited_signal(seed: int, *, kind: str) -> tacit.Report:
    """One loss a record; members' losses are lower by a shift of .2, or a tail of 6 % by 3 sd."""
    rng = np.random.default_rng([72, seed])
    score = rng.normal(size=2 * N)
    if kind == "shift":
        score[:N] += 0.2
    if kind == "tail":
        score[:N] += 3 * (rng.random(N) < 0.06)
    loss = np.exp(-score)
    return tacit.audit(
        member=tacit.Outputs(loss=loss[:N]), nonmember=tacit.Outputs(loss=loss[N:]), effort="quick"
    )


def audited_drift(seed: int, *, leak: float) -> tacit.Report:
    """Labels are noisier among non-members (15 % for 5 %); a forest that saw nobody is audited."""
    from sklearn.ensemble import RandomForestClassifier

    rng = np.random.default_rng([73, seed])
    n = 1000
    x = rng.normal(size=(3 * n, 10))
    noise = np.where(np.arange(3 * n) < n, 0.05, np.where(np.arange(3 * n) < 2 * n, 0.15, 0.1))
    label = ((x[:, 0] + x[:, 1] > 0) ^ (rng.random(3 * n) < noise)).astype(int)
    model = RandomForestClassifier(50, min_samples_leaf=3, random_state=seed, n_jobs=1)
    model.fit(x[2 * n :], label[2 * n :])
    probs = model.predict_proba(x[: 2 * n])
    if leak:
        probs[np.arange(n), label[:n]] += leak
        probs /= probs.sum(axis=1, keepdims=True)
    return _report(probs, label[: 2 * n], x[: 2 * n], n)


def audited_shift(seed: int) -> tacit.Report:
    """A real leak of AUC about .59 in 5,000 + 5,000 records, one of 20 columns shifted by .2."""
    rng = np.random.default_rng([74, seed])
    n = 5000
    x = rng.normal(size=(2 * n, 20))
    x[:n, 0] += 0.2
    label = rng.integers(0, 2, 2 * n)
    logit = rng.normal(size=2 * n) + 1 + 0.32 * (np.arange(2 * n) < n)
    logits = np.zeros((2 * n, 2))
    logits[np.arange(2 * n), label] = logit
    probs = np.exp(logits)
    return _report(probs / probs.sum(axis=1, keepdims=True), label, x, n)


def _report(
    probs: NDArray[np.float64], label: NDArray[np.int64], x: NDArray[np.float64], n: int
) -> tacit.Report:
    made = [
        tacit.Outputs(probs=probs[part], label=label[part]) for part in (slice(n), slice(n, 2 * n))
    ]
    return tacit.audit(
        member=made[0], nonmember=made[1], features=(x[:n], x[n : 2 * n]), effort="quick"
    )
