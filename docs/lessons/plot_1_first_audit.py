"""
1. The first audit
==================

*Fifteen minutes.* You train a model, ask what it tells about its training data, and read the
answer.
"""

# %%
# The model
# ---------
#
# A bank wants to know who will repay. We make the data ourselves, so that everybody can follow:
# eight numbers about each applicant, and whether the loan was repaid. Half of the applicants, drawn
# at random, are the training data: the *members*. The others were never seen by the model: the
# *non-members*.
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

rng = np.random.default_rng(0)
applicants = rng.normal(size=(4000, 8))
logit = applicants[:, 0] + 0.5 * applicants[:, 1] * applicants[:, 2]
repaid = (logit + rng.logistic(size=4000) > 0).astype(int)
x_train, x_test, y_train, y_test = train_test_split(
    applicants, repaid, test_size=0.5, random_state=0
)
forest = RandomForestClassifier(50, random_state=0).fit(x_train, y_train)
print(f"right on its own records: {forest.score(x_train, y_train):.1%}")
print(f"right on other records:   {forest.score(x_test, y_test):.1%}")

# %%
# It is right about nearly every applicant that it was trained on, and about far fewer of the
# others. That difference is what a guesser lives on.
#
# The audit
# ---------
#
# Give the model and the two groups. ``effort="quick"`` leaves out the guessers that learn, which
# keeps the lesson short; leave it away for a real audit.
import tacit

report = tacit.audit(
    forest, train=(x_train, y_train), test=(x_test, y_test), effort="quick", title="loans, forest"
)
print(report)

# %%
# What it says
# ------------
#
# Two words stand at the top. The **finding** says what the records show: is there a leak, and
# would one have been seen? The **verdict** says whether the limits of a policy are kept; no policy
# was given, so the default one is used. They are different questions, and
# :doc:`have a page of their own </explanation/finding-verdict-headline>`.
print("finding:", report.finding)
print("verdict:", report.verdict)

# %%
# The **vulnerability score** is the share of members that are recognised minus the share of
# non-members that are accused by mistake: 0 is guessing, 1 is every record told apart. It never
# comes without its interval.
score = report.score
print(
    f"{score.value:.2f}, from {score.low:.2f} to {score.high:.2f} at {score.level:.0%} confidence"
)

# %%
# :doc:`What does 0.42 mean? </explanation/what-a-score-means>` says what may be written about such
# a number.
#
# The picture
# -----------
#
# A report is one self-contained HTML page: ``report.save("loans.html")``. Its curves can be drawn
# into your own figures, too.
import matplotlib.pyplot as plt

from tacit.plots import RocDisplay

RocDisplay.from_report(report).plot()
plt.show()

# %%
# Along the axis below: the share of non-members who are accused by mistake. Upwards: the share of
# members who are found. The dashed line is a guesser who flips a coin.
#
# **You have** audited a model. Next: make it better.
