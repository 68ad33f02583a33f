"""
Shadow models
=============

The strongest guessers train models of their own. They see how each record looks in models that
were trained on it, and in models that were not.
"""

# %%
# Sixteen shadow models of a logistic regression, each on a random half of the records. Every
# record is in exactly half of them.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import tacit
from tacit.plots import RocDisplay
from tacit.training import shadow

x, y = load_digits(return_X_y=True)
x, y = x[:600] / 16, y[:600]
recipe = LogisticRegression(C=100, max_iter=300)
run = shadow(recipe, (x, y), n=16)
print("right on own and on other records:", run.accuracy.mean(axis=0).round(3))

# %%
# The audited model was trained on records that a coin chose.
inside = np.random.default_rng(1).random(600) < 0.5
audited = LogisticRegression(C=100, max_iter=300).fit(x[inside], y[inside])
signals = run.signals(tacit.Outputs(probs=audited.predict_proba(x), label=y))
membership = tacit.Membership(inside, assignment="coin")
print(tacit.shadow_audit(signals, membership).headline)

# %%
# A threshold on the model's answer alone, beside a likelihood ratio that knows from the shadow
# models what to expect of each record.
figure, axes = plt.subplots(figsize=(6, 4.5), layout="constrained")
for name, attack in (("one model", tacit.attacks.Threshold()), ("LiRA", tacit.attacks.LiRA())):
    evidence = tacit.collect(attack, signals, membership)
    print(f"{name}: {tacit.metrics.auc(evidence)}")
    RocDisplay.from_evidence(evidence, name=name).plot(axes)
plt.show()
