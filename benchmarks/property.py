"""What the audit of a property says of models of Adult: `python benchmarks/property.py --seeds 20`.

A logistic regression and a forest predict the income from the numbers alone. Whether 30 % or 70 %
of the training records are of women, of people with more than 12 years of education (a column that
the model sees), of married people, or were marked by a coin of their own, is decided by a coin a
model. The last of them is a null: nothing can tell it. Results: `benchmarks/results/attribute.md`.
"""

import argparse
import csv
import gzip
import os
import time
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tacit
from tacit.metrics.intervals import clopper_pearson

SHARED = Path(os.environ.get("TACIT_SHARED", Path(__file__).parents[1].parent / "shared"))
NUMBERS = ("age", "education_num", "capital_gain", "capital_loss", "hours_per_week")
N_MODELS = 24
MODELS = {
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)),
    "forest of 20": RandomForestClassifier(20, min_samples_leaf=2, random_state=0),
}


def adult():
    """Columns and income of all records, and each property."""
    with gzip.open(SHARED / "data" / "adult.csv.gz", "rt", encoding="utf8") as file:
        rows = list(csv.DictReader(file))
    x = np.array([[float(row[name]) for name in NUMBERS] for row in rows])
    y = np.array([">50K" in row["income"] for row in rows]).astype(int)
    coin = np.random.default_rng(0).random(len(rows)) < 0.5
    properties = {
        "women": np.array([row["sex"].strip() == "Female" for row in rows]),
        "more than 12 years of education": x[:, NUMBERS.index("education_num")] > 12,
        "married": np.array([row["marital_status"].startswith("Married") for row in rows]),
        "a coin of each record": coin,
    }
    return x, y, properties


def line(model, data, having, seeds):
    """Audits with a leak, and shares guessed right by the attack and by its control."""
    began = time.process_time()
    right, control, called = [], [], 0
    for seed in range(seeds):
        report = tacit.audit_property(model, data, property=having, n=N_MODELS, seed=seed)
        called += report.finding == "leak"
        attack, twin = report.checks
        right.append(attack.estimate("accuracy").value)
        control.append(twin.estimate("accuracy").value)
    low, high = (float(end) for end in clopper_pearson(called, seeds, level=0.95))
    spent = (time.process_time() - began) / seeds
    return (
        f"{called} of {seeds} ({100 * low:.0f} to {100 * high:.0f} %) | {np.mean(right):.3f} |"
        f" {np.mean(control):.3f} | {spent:.1f}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--only", choices=MODELS, nargs="+", default=list(MODELS))
    given = parser.parse_args()
    x, y, properties = adult()
    print("| model | property | called a leak | guessed right, mean | control | CPU s an audit |")
    print("|---|---|---|---|---|---|")
    for name in given.only:
        for what, having in properties.items():
            row = line(MODELS[name], (x, y), having, given.seeds)
            print(f"| {name} | {what} | {row} |", flush=True)


if __name__ == "__main__":
    main()
