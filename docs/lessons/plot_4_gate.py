"""
4. The gate
===========

*Fifteen minutes.* You write down what is allowed, let the pipeline decide, and file the report.
"""

# %%
# The policy
# ----------
#
# What is allowed is decided by people, before the audit, and kept in a file beside the code.
import tempfile
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

import tacit

folder = Path(tempfile.mkdtemp())
(folder / "privacy.toml").write_text("""
[policy]
name = "release"

[policy.at_most]
advantage = 0.10
""")

# %%
# The candidate and the first model, before the gate
# --------------------------------------------------
rng = np.random.default_rng(0)
applicants = rng.normal(size=(12000, 8))
logit = applicants[:, 0] + 0.5 * applicants[:, 1] * applicants[:, 2]
repaid = (logit + rng.logistic(size=12000) > 0).astype(int)
x_train, x_test, y_train, y_test = train_test_split(
    applicants, repaid, test_size=0.5, random_state=1
)


def judged(leaf, n):
    """Train with leaves of this size, and judge with n records a side."""
    forest = RandomForestClassifier(30, min_samples_leaf=leaf, random_state=0)
    forest.fit(x_train, y_train)
    return tacit.audit(
        forest,
        train=(x_train[:n], y_train[:n]),
        test=(x_test[:n], y_test[:n]),
        effort="quick",
        policy=folder / "privacy.toml",
        title=f"loans, leaves of {leaf}",
    )


first, candidate, few = judged(1, 6000), judged(150, 6000), judged(150, 60)
for name, report in (("first", first), ("candidate", candidate), ("candidate, 60 records", few)):
    print(f"{name}: {report.verdict}")

# %%
# The first model breaks the policy. The candidate keeps it. With sixty records a side nobody
# knows, and an unknown never passes: the whole interval has to lie below the limit.
for verdict in candidate.verdicts:
    print(verdict.metric, verdict.relation, verdict.limit, "->", verdict.outcome)
    print(verdict.estimate)

# %%
# The pipeline
# ------------
#
# The report is saved once and judged wherever it is needed; ``tacit gate`` answers with an exit
# code that every CI system understands: 0 pass, 1 fail, 2 inconclusive.
from tacit.cli import main

for report in (first, candidate, few):
    path = report.save(folder / "report.json")
    print("exit code", main(["gate", str(path)]))

# %%
# In a test suite, the fixture ``tacit`` does the same: see :doc:`/guides/ci`.
#
# What goes into the file
# -----------------------
#
# One page for people, one file for machines. The page loads nothing from elsewhere.
candidate.save(folder / "loans.html")
print(sorted(path.name for path in folder.iterdir()))

# %%
# **You have** a model behind a gate. Where next: the :doc:`/guides/index` for your framework and
# your task, :doc:`/explanation/what-is-not-tested` before you write to anybody about the result.
