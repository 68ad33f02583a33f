"""
Which knob?
===========

Depth, leaf size and the number of trees all move both accuracy and vulnerability. Which setting
costs the least accuracy for the most privacy?
"""

# %%
# Four forests are trained on the same records. With ``records=True`` the reports keep the scores
# of single records, so that the models are compared record by record; such a report says who was
# a member, and is not for publication.
import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

import tacit
from tacit.plots import ParetoDisplay

x, y = load_digits(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.5, random_state=0)
knobs = {
    "leaf 1": {},
    "leaf 5": {"min_samples_leaf": 5},
    "depth 8": {"max_depth": 8},
    "a third of the rows": {"max_samples": 0.33},
}
reports = []
for name, options in knobs.items():
    model = RandomForestClassifier(25, random_state=0, **options).fit(x_train, y_train)
    reports.append(
        tacit.audit(
            model,
            train=(x_train, y_train),
            test=(x_test, y_test),
            effort="quick",
            title=name,
            records=True,
        )
    )

# %%
# ``compare`` tests the differences, corrected for the number of pairs, and recommends.
comparison = tacit.compare(reports)
print(comparison)

# %%
ParetoDisplay.from_comparison(comparison).plot()
plt.show()
