"""
A memorised canary
==================

Secrets are planted before training, each by its own coin. Afterwards those that went in should
look no different from those that did not.
"""

# %%
# Forty mislabelled records: nothing but memory can explain it when a model gets them "right".
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

import tacit
from tacit.design import insert_arrays, mislabelled
from tacit.plots import ScoresDisplay

x, y = load_digits(return_X_y=True)
canaries = mislabelled(x[:200], y[:200], n_classes=10, seed=3)
train_x, train_y = insert_arrays(x[200:1000], y[200:1000], canaries)
print(f"{canaries.member.sum()} of {len(canaries.member)} canaries were planted")

# %%
# The score of a canary is the probability that the model gives to the planted, wrong label.
figure, panels = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
rows = np.arange(len(canaries.member))
models = {
    "forest": RandomForestClassifier(60, random_state=0),
    "regularised regression": LogisticRegression(C=1e-4, max_iter=500),
}
for panel, (name, model) in zip(panels, models.items(), strict=True):
    model.fit(train_x, train_y)
    score = model.predict_proba(canaries.x)[rows, canaries.label]
    evidence = tacit.Evidence.of(score, canaries.member, assignment="coin")
    print(f"{name}: {tacit.metrics.auc(evidence)}")
    ScoresDisplay.from_evidence(evidence, name=name).plot(panel)
    panel.set_title(name)
plt.show()

# %%
# How much epsilon does the forest's memory prove? Every canary had its own coin, so a bound may be
# claimed for the algorithm, and not for this split alone.
forest = models["forest"].predict_proba(canaries.x)[rows, canaries.label]
print(tacit.dp_audit(forest, canaries.manifest, delta=1e-5).headline)
