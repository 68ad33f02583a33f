"""
A broken split
==============

The training data are from last year, the "non-members" from this year. Whoever tells the years
apart tells members apart, and the model has nothing to do with it.
"""

# %%
# The world drifts: one column grows with time. The model is a regression that remembers nobody.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression

import tacit

rng = np.random.default_rng(0)
year = np.repeat([0, 1], 1000)
x = rng.normal(size=(2000, 4))
x[:, 3] += 1.5 * year
y = (x[:, 0] + rng.normal(size=2000) > 0).astype(int)
shuffled = rng.permutation(2000)
splits = {"by year": (year == 0), "by a coin": np.isin(np.arange(2000), shuffled[:1000])}

# %%
# A *blind* guesser never asks the model; it looks at the records only. Where the records explain
# what an attack found, the split gives members away, and nothing is blamed on the model.
reports = {}
for name, trained in splits.items():
    model = LogisticRegression().fit(x[trained], y[trained])
    reports[name] = tacit.audit(
        model,
        train=(x[trained], y[trained]),
        test=(x[~trained], y[~trained]),
        effort="quick",
        title=name,
    )
    print(f"split {name}: {reports[name].finding}. {reports[name].headline}")

# %%
figure, panels = plt.subplots(1, 2, figsize=(10, 3.5), layout="constrained", sharey=True)
for panel, (name, trained) in zip(panels, splits.items(), strict=True):
    panel.hist([x[trained, 3], x[~trained, 3]], bins=30, label=["members", "non-members"])
    panel.set(title=f"split {name}", xlabel="the column that grows")
panels[0].legend()
plt.show()
