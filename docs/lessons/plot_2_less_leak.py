"""
2. A model that tells less
==========================

*Fifteen minutes.* You change one setting at a time, and choose among models by what they tell and
by what they can do.
"""

# %%
# The same data as in the first lesson.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

import tacit
from tacit.plots import ParetoDisplay

rng = np.random.default_rng(0)
applicants = rng.normal(size=(4000, 8))
logit = applicants[:, 0] + 0.5 * applicants[:, 1] * applicants[:, 2]
repaid = (logit + rng.logistic(size=4000) > 0).astype(int)
x_train, x_test, y_train, y_test = train_test_split(
    applicants, repaid, test_size=0.5, random_state=0
)

# %%
# A leaf with one applicant in it repeats that applicant's answer. Larger leaves answer for a
# crowd. ``records=True`` keeps each record's score, so that the models can be compared record by
# record. Such a report says who was a member: keep it to yourself.
reports = []
for leaf in (1, 10, 60):
    forest = RandomForestClassifier(50, min_samples_leaf=leaf, random_state=0)
    forest.fit(x_train, y_train)
    report = tacit.audit(
        forest,
        train=(x_train, y_train),
        test=(x_test, y_test),
        effort="quick",
        title=f"leaves of {leaf}",
        records=True,
    )
    right = forest.score(x_test, y_test)
    print(f"leaves of {leaf:2}: right {right:.1%}, score {report.score.value:.3f}")
    reports.append(report)

# %%
# Accuracy and privacy are not enemies here: what was learned by heart was of no use for others.
# ``compare`` says which differences are larger than chance, corrected for the number of pairs.
comparison = tacit.compare(reports)
print(comparison)

# %%
ParetoDisplay.from_comparison(comparison).plot()
plt.show()

# %%
# **You have** a candidate: the model that the comparison recommends.
print(comparison.recommended)
