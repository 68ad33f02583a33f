"""Attackers who cannot train on the audited records, on published models of Location-30: proxies,
and quantile regression.

python benchmarks/location_offline.py --out benchmarks/results/location_offline.md     (with PyTorch
installed; a minute)
"""

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.stats import t as student

from tacit.attacks import PMIA, EBLiRA, LiRA, QuantileRegression, Threshold
from tacit.attacks.reference.families import families
from tacit.core import Membership, Signals, collect
from tacit.metrics import auc, tpr_at_fpr

SHARED = Path(os.environ.get("TACIT_SHARED", Path(__file__).parents[1].parent / "shared"))
ATTACKS = {
    "PMIA, all": PMIA("all"),
    "PMIA, class": PMIA("class"),
    "PMIA, 1 near record": PMIA("instance", neighbours=1),
    "PMIA, near records (default)": PMIA(),
    "LiRA, offline": LiRA(mode="offline"),
    "EB-LiRA, offline": EBLiRA(mode="offline"),
    "threshold": Threshold(),
    "quantile regression, class": QuantileRegression(given="class"),
    "quantile regression, boosting": QuantileRegression(),
    "quantile regression, torch gaussian": QuantileRegression(learner="torch"),
    "quantile regression, torch quantiles": QuantileRegression(learner="torch", head="quantiles"),
    "quantile regression, torch linear": QuantileRegression(learner="torch", width=0),
}
PAIRS = [
    ("PMIA, near records (default)", "PMIA, class"),
    ("PMIA, near records (default)", "EB-LiRA, offline"),
]
PAIRS += [(name, "threshold") for name in ATTACKS if name.startswith("quantile")]
LEVELS = (0.01, 0.05)
REMARKS = [
    (
        "PMIA, LiRA and EB-LiRA use of a record's shadow models only those without it; quantile"
        " regression uses none. From 625"
    ),
    (
        "records, half of the told, little is learnt of 446 columns: the AUC hardly moves (with"
        " boosting it falls), and what the"
    ),
    (
        "regression finds beyond the threshold lies at low false-positive rates, where boosting"
        " does best. Near proxies are worth"
    ),
    (
        "a point of AUC over the class; EB-LiRA, which needs no columns, stays ahead of PMIA here."
        " Ten of the targets are five"
    ),
    "complementary pairs, counted as ten.",
    "",
    (
        "[1] Published with Exponential-Family Membership Inference, arXiv 2603.11799. [2]"
        " Location-30, Shokri et al. 2017."
    ),
]


def targets() -> Iterator[tuple[Signals, Membership]]:
    """Each of the 11 models as the target of those that do not give it away; half of the outsiders
    are told.
    """
    models, records = (
        np.load(SHARED / "data" / f"{name}.npz") for name in ("location_shadows", "location")
    )
    signal = np.vstack([models["shadow_logits"].T, models["target_logits"]])
    inside = np.vstack([models["shadow_member"].T, models["target_member"]])
    for family in families(inside):
        others = [k for k in range(len(signal)) if k not in family]
        for target in family:
            told = ~inside[target] & (np.random.default_rng(target).random(signal.shape[1]) < 0.5)
            signals = Signals.of(
                signal[target],
                shadow=signal[others],
                shadow_member=inside[others],
                features=records["features"],
                group=records["labels"],
                known=np.where(told, 0, -1),
                statistic="scaled_logit",
            )
            yield signals, Membership(inside[target])


def numbers(attack: object, signals: Signals, membership: Membership) -> list[float]:
    """AUC, TPR at 1 % FPR, CPU seconds; and the FPR of the thresholds that promise 1 and 5 %."""
    start = time.process_time()
    evidence = collect(attack, signals, membership)
    seconds = time.process_time() - start
    false = [float((evidence.nonmember_scores >= 1 - level).mean()) for level in LEVELS]
    return [auc(evidence).value, tpr_at_fpr(evidence, 0.01).value, seconds, *false]


def interval(values: np.ndarray) -> str:
    """Mean and 95 % interval over targets."""
    half = student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return f"{values.mean():.4f} ± {half:.4f}"


def report(table: dict[str, np.ndarray]) -> str:
    """The tables as Markdown."""
    lines = ["# Without models trained on the audited records: Location-30", ""]
    lines += [
        f"Command: `python benchmarks/location_offline.py`; {time.strftime('%Y-%m-%d')}, 2 cores,"
        " Python 3.11."
    ]
    lines += [
        "Each of 11 published models [1] is the target of the 8 or 10 others that do not give it"
        " away; records and columns of [2]."
    ]
    lines += [
        (
            "Mean over targets ± 95 % interval. Half of the outsiders (about 1,250) are told; the"
            " rest and the members are scored."
        ),
        "",
    ]
    lines += ["| attack | AUC | TPR at 1 % FPR | CPU s |", "|---|---|---|---|"]
    for name, values in table.items():
        lines.append(
            f"| {name} | {interval(values[:, 0])} | {interval(values[:, 1])} |"
            f" {np.median(values[:, 2]):.2f} |"
        )
    lines += ["", "| difference over the same targets | AUC | TPR at 1 % FPR |", "|---|---|---|"]
    for one, other in PAIRS:
        gain = table[one] - table[other]
        lines.append(f"| {one} - {other} | {interval(gain[:, 0])} | {interval(gain[:, 1])} |")
    lines += [
        "",
        "| outsiders accused where `score >= 1 - a` | a = 1 % | a = 5 % |",
        "|---|---|---|",
    ]
    for name, values in table.items():
        if name.startswith("quantile"):
            lines.append(
                f"| {name} | {100 * values[:, 3].mean():.2f} % |"
                f" {100 * values[:, 4].mean():.2f} % |"
            )
    return "\n".join([*lines, "", *REMARKS]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    out = parser.parse_args().out
    rows: dict[str, list[list[float]]] = {name: [] for name in ATTACKS}
    for signals, membership in targets():
        for name, attack in ATTACKS.items():
            rows[name].append(numbers(attack, signals, membership))
    text = report({name: np.array(values) for name, values in rows.items()})
    print(text)
    if out:
        out.write_text(text, encoding="utf8")


if __name__ == "__main__":
    main()
