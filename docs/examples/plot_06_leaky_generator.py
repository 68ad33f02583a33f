"""
A leaky generator
=================

A synthetic table is released in place of real rows. One generator fits trees with small leaves;
one draws every column on its own, and one rounds what it draws. Which of them remembers people?
"""

# %%
# Three sets of real rows, drawn from one population: those that the generator was fitted on,
# those that it was not, and further rows that say what the population tells anyway.
import matplotlib.pyplot as plt
import numpy as np

import tacit
from tacit.testing import Cart, Marginals


def people(n, seed):
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, n)
    income = np.round(rng.lognormal(10 + age / 200, 0.4))
    return {
        "age": age,
        "income": income,
        "rent": np.round(income * rng.uniform(0.1, 0.4, n)),
        "city": rng.choice(["Ulm", "Bonn", "Kiel", "Trier"], n),
    }


member, nonmember, reference = people(400, 1), people(400, 2), people(800, 3)


# %%
# One test looks at five scores of every row at once. Columns that are drawn alone hold no row,
# and leak all the same: an income to the euro is known to be somebody's. Rounding ends that.
def rounded(table):
    """Incomes to ten thousands, rents to thousands."""
    coarse = {"income": np.round(table["income"], -4), "rent": np.round(table["rent"], -3)}
    return table | coarse


releases = {
    "trees": Cart(leaf=2, n=800)(member, seed=0),
    "columns alone": Marginals(n=800)(member, seed=0),
    "columns alone, rounded": rounded(Marginals(n=800)(member, seed=0)),
}
reports = {}
for name, release in releases.items():
    reports[name] = tacit.audit_synthetic(
        release,
        member=member,
        nonmember=nonmember,
        reference=reference,
        title=name,
    )
    print(f"{name}: {reports[name].finding}. {reports[name].headline}")

# %%
# The AUC of each score with its interval; 0.5 is guessing.
figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
for offset, (name, report) in zip((-0.2, 0, 0.2), reports.items(), strict=True):
    checks = [check for check in report.checks if check.role == "attack"]
    found = [check.estimate("auc") for check in checks]
    axes.errorbar(
        [estimate.value for estimate in found],
        np.arange(len(found)) + offset,
        xerr=[
            [estimate.value - estimate.low for estimate in found],
            [estimate.high - estimate.value for estimate in found],
        ],
        fmt="o",
        label=name,
    )
axes.set_yticks(range(len(checks)), [check.name for check in checks])
axes.axvline(0.5, color="grey", linestyle="--")
axes.set_xlabel("AUC")
axes.legend()
plt.show()
