"""
Users as units
==============

Twenty pictures of one patient are not twenty patients. Who counts them as such finds leaks where
there are none.
"""

# %%
# Models that know nothing: the loss depends on the patient, and members and non-members are
# patients of one kind. At 5 %, one of twenty may be accused.
import matplotlib.pyplot as plt
import numpy as np

import tacit


def p_value(seed, *, by_patient):
    """Of an audit of sixty patients with twenty pictures each."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(60), 20)
    loss = rng.normal(size=60)[patient] + 0.3 * rng.normal(size=1200)
    trained = patient < 30
    report = tacit.audit(
        member=tacit.Outputs(loss=loss[trained]),
        nonmember=tacit.Outputs(loss=loss[~trained]),
        cluster=(patient[trained], patient[~trained]) if by_patient else None,
        effort="quick",
    )
    return report.p_value


units = {"pictures": False, "patients": True}
found = {name: [p_value(seed, by_patient=by) for seed in range(20)] for name, by in units.items()}
for name, values in found.items():
    print(f"units are {name}: {sum(value <= 0.05 for value in values)} of 20 accused")

# %%
# Sorted p-values of worlds without a leak should lie on the diagonal or above it.
figure, axes = plt.subplots(figsize=(5, 4.5), layout="constrained")
for name, values in found.items():
    axes.plot(np.arange(1, 21) / 21, np.sort(values), "o", label=f"units: {name}")
axes.plot([0, 1], [0, 1], color="grey", linestyle="--")
axes.set(xlabel="expected of chance", ylabel="p-value")
axes.legend()
plt.show()
