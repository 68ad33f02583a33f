"""
Early stopping, for privacy
===========================

A network goes on learning its training records by heart long after it stopped to learn anything
else. A trace sees that while it happens, and says which checkpoint to ship.
"""

# %%
# The labels follow the first column, with noise: beyond that there is nothing to learn but the
# records themselves.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.neural_network import MLPClassifier

from tacit.integrations import PrivacyTrace, Risen, trace_report
from tacit.plots import TrendDisplay

rng = np.random.default_rng(0)
x = rng.normal(size=(1600, 30))
y = (x[:, 0] + rng.normal(size=1600) > 0).astype(int)
members, nonmembers = (x[:800], y[:800]), (x[800:], y[800:])

# %%
# ``observe`` looks at the model after each epoch and changes nothing in it. ``Risen`` asks for a
# rise of the leak without a rise of the accuracy, corrected for all the looks.
trace = PrivacyTrace(members, nonmembers, every=1, stop_when=Risen())
model = MLPClassifier((100,), learning_rate_init=0.01, random_state=0)
accuracies = []
for epoch in range(40):
    model.partial_fit(*members, classes=[0, 1])
    point = trace.observe(epoch, model)
    accuracies.append(point.accuracy)
    if trace.stop:
        print(trace.stop.reason)
        print("ship the checkpoint of epoch", trace.stop.ship)
        break

# %%
# Vulnerability climbs from epoch to epoch; accuracy on new records does not.
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
TrendDisplay.from_report(trace_report(trace)).plot(left)
right.plot(range(len(accuracies)), accuracies)
right.set(xlabel="epoch", ylabel="accuracy on new records", ylim=(0.5, 1))
plt.show()
