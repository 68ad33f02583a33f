"""
3. A stronger guesser
=====================

*Fifteen minutes.* One model gives a weak guesser little to look at. You train shadow models, and
let a guesser compare.
"""

# %%
# The same data, and two forests: the first one and the candidate of the second lesson.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import RandomForestClassifier

import tacit
from tacit.training import shadow

rng = np.random.default_rng(0)
applicants = rng.normal(size=(4000, 8))
logit = applicants[:, 0] + 0.5 * applicants[:, 1] * applicants[:, 2]
repaid = (logit + rng.logistic(size=4000) > 0).astype(int)
applicants, repaid = applicants[:1500], repaid[:1500]
inside = np.random.default_rng(1).random(1500) < 0.5  # a coin for every record

# %%
# ``shadow`` trains models of the same recipe on random halves of the records. Each record is in
# exactly half of them, so the guesser sees how a record looks from inside and from outside. The
# coins that drew the audited model's records are named (``assignment="coin"``): then membership
# explains every difference, and nothing else does.
reports = {}
for leaf in (1, 60):
    recipe = RandomForestClassifier(25, min_samples_leaf=leaf, random_state=0)
    run = shadow(recipe, (applicants, repaid), n=12)
    audited = RandomForestClassifier(25, min_samples_leaf=leaf, random_state=0)
    audited.fit(applicants[inside], repaid[inside])
    answers = tacit.Outputs(probs=audited.predict_proba(applicants), label=repaid)
    reports[f"leaves of {leaf}"] = tacit.shadow_audit(
        run.signals(answers),
        tacit.Membership(inside, assignment="coin"),
        attacks=[tacit.attacks.LiRA(), tacit.attacks.BASE()],
        title=f"leaves of {leaf}",
    )
for name, report in reports.items():
    print(f"{name}: {report.finding}. {report.headline}")

# %%
# Every attack played against every shadow model first, where the truth is known; the one that did
# best there attacked the audited model, once. Nothing was chosen on the model that is judged.
for name, report in reports.items():
    for check in report.checks:
        if check.role == "attack":
            chosen = "chosen" if check.name == report.chosen else ""
            print(f"{name}, {check.name}: {check.estimate('auc')} {chosen}")

# %%
figure, axes = plt.subplots(figsize=(7, 2.6), layout="constrained")
for row, report in enumerate(reports.values()):
    estimate = report.check(report.chosen).estimate("auc")
    axes.plot([estimate.low, estimate.high], [row, row], linewidth=4)
    axes.plot(estimate.value, row, "ko")
axes.set_yticks(range(len(reports)), list(reports))
axes.axvline(0.5, color="grey", linestyle="--")
axes.set_xlabel("AUC of the chosen attack; dashed: guessing")
plt.show()

# %%
# How many shadow models? Four are the least, sixteen a good start; a later call with a larger
# ``n`` adds to a store. :doc:`/guides/shadow-training` has the rest.
