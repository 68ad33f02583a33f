"""
A first audit
=============

A forest of deep trees knows its training records by heart. How much does it give away?
"""

# %%
# Half of the handwritten digits train the model, the other half were never seen by it. The split
# was drawn at random, so that the two halves differ in nothing but membership.
import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

import tacit
from tacit.plots import RocDisplay, ScoresDisplay

x, y = load_digits(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.5, random_state=0)
model = RandomForestClassifier(30, random_state=0).fit(x_train, y_train)
print(f"right on new digits: {model.score(x_test, y_test):.1%}")

# %%
# One call asks the model about all records and lets the guessers play.
report = tacit.audit(
    model, train=(x_train, y_train), test=(x_test, y_test), effort="quick", title="digits forest"
)
print(report)

# %%
# The left picture says how many members are named (upwards) when a share of the non-members is
# named by mistake (to the right); the dashed line is a coin. The right one shows the scores.
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
RocDisplay.from_report(report).plot(left)
ScoresDisplay.from_report(report).plot(right)
plt.show()
