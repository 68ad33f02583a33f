"""
A gate in a pipeline
====================

A release is stopped when the model breaks the policy, *and* when the data are too few to tell.
"""

# %%
# A policy is a file that is kept under version control; limits may be written in place of one.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

import tacit

policy = tacit.Policy.of({"advantage": 0.15})


def release(model, n):
    """Train on n records, audit with n others."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(2 * n, 5))
    y = (x[:, 0] + rng.normal(size=2 * n) > 0).astype(int)
    model.fit(x[:n], y[:n])
    return tacit.audit(
        model, train=(x[:n], y[:n]), test=(x[n:], y[n:]), effort="quick", policy=policy
    )


reports = {
    "regression, 8,000 records": release(LogisticRegression(), 4000),
    "regression, 120 records": release(LogisticRegression(), 60),
    "tree, 8,000 records": release(DecisionTreeClassifier(random_state=0), 4000),
}

# %%
# The exit codes are those of ``tacit audit``: 0 pass, 1 fail, 2 inconclusive.
codes = {"pass": 0, "fail": 1, "inconclusive": 2}
for name, report in reports.items():
    print(f"{name}: {report.verdict}, exit code {codes[report.verdict]}")

# %%
# A model passes only where the *whole* interval lies below the limit.
figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
for row, report in enumerate(reports.values()):
    estimate = report.check(report.chosen).estimate("advantage")
    axes.plot([estimate.low, estimate.high], [row, row], linewidth=4)
    axes.plot(estimate.value, row, "ko")
axes.set_yticks(range(len(reports)), list(reports))
axes.axvline(0.15, color="grey", linestyle="--")
axes.set_xlabel("vulnerability score; dashed: the limit")
plt.show()
