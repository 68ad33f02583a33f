"""Every attack at every number of shadow models, each shadow model once the target: AUC and TPR at
low FPR, paired intervals.

python benchmarks/shadow_trainings.py location adult mnist cifar10 --store /tmp/tacit-shadows python
benchmarks/shadow_attacks.py location adult mnist cifar10 --store /tmp/tacit-shadows [--most-targets
12] python benchmarks/shadow_attacks.py location adult mnist cifar10 --store /tmp/tacit-shadows
--offline --models 4 8 16
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from scipy.stats import t as student

from shadow_trainings import CASES, trained
from tacit.attacks import BASE, RMIA, BaVarIA, EBLiRA, LiRA, ShadowStack
from tacit.core import NotEnoughData, Signals

ATTACKS = {
    "LiRA per record": LiRA(variance="per_record", min_models=2),
    "LiRA fixed": LiRA(variance="fixed"),
    "LiRA within": LiRA(variance="within"),
    "BASE": BASE(),
    "RMIA": RMIA(),
    "BaVarIA-n": BaVarIA(variant="n"),
    "BaVarIA-t": BaVarIA(variant="t"),
    "EB-LiRA": EBLiRA(),
    "shadow stack": ShadowStack(),
}
OFFLINE = {
    "LiRA within": LiRA(mode="offline"),
    "BASE": BASE(mode="offline"),
    "RMIA": RMIA(mode="offline"),
    "BaVarIA-t": BaVarIA(variant="t", mode="offline"),
    "EB-LiRA": EBLiRA(mode="offline"),
    "shadow stack": ShadowStack(mode="offline"),
}
METRICS = ("AUC", "TPR at 1 %", "TPR at 0.1 %")
STACK = "shadow stack"
MANY = 16  # models from which on half as many targets are attacked


def measured(score, member):
    """AUC, and TPR at the largest threshold with FPR at most 1 % and 0.1 %."""
    inside, outside = np.sort(score[member]), np.sort(score[~member])
    below = np.searchsorted(outside, inside, "left")
    area = (below + np.searchsorted(outside, inside, "right")).mean() / 2 / len(outside)
    rates = []
    for fpr in (0.01, 0.001):
        limit = outside[len(outside) - 1 - int(fpr * len(outside))]
        rates.append(1 - np.searchsorted(inside, limit, "right") / len(inside))
    return (area, *rates)


def miscalibration(probability, member):
    """Mean gap between said and found over ten groups of equal size: 0 for a probability that means
    what it says.
    """
    groups = np.array_split(np.argsort(probability, kind="stable"), 10)
    return float(np.mean([abs(probability[rows].mean() - member[rows].mean()) for rows in groups]))


def references(n_models, target, k, design):
    """k of the other models: whole antithetic pairs, or (for two models by coins) one of each of k
    pairs.
    """
    pairs = [(target // 2 + 1 + i) % (n_models // 2) for i in range(n_models // 2 - 1)]
    if design == "coins":
        return [2 * pair + i % 2 for i, pair in enumerate(pairs[:k])]
    return [2 * pair + side for pair in pairs[: k // 2] for side in (0, 1)]


def results(shadow, member, k, design, attacks, targets):
    """float (targets, attacks, metrics), NaN where an attack needs more models; CPU seconds of
    each; the stack's miscalibration.
    """
    gaps = []
    found = np.full((len(targets), len(attacks), len(METRICS)), np.nan)
    seconds = np.zeros(len(attacks))
    for row, target in enumerate(targets):
        chosen = references(len(shadow), target, k, design)
        signals = Signals.of(
            shadow[target],
            shadow=shadow[chosen],
            shadow_member=member[chosen],
            statistic="scaled_logit",
        )
        for column, attack in enumerate(attacks.values()):
            start = time.process_time()
            try:
                score = attack(signals)
            except NotEnoughData:
                continue
            seconds[column] += time.process_time() - start
            found[row, column] = measured(score, member[target])
            if isinstance(attack, ShadowStack):
                gaps.append(miscalibration(score, member[target]))
    return found, seconds / len(targets), float(np.mean(gaps)) if gaps else None


def interval(values, families):
    """Mean and half-width of the 95 % Student interval over families (antithetic pairs) of
    targets.
    """
    units = np.array([values[families == family].mean() for family in np.unique(families)])
    if len(units) < 2:
        return float(units.mean()), float("nan")
    return float(units.mean()), float(
        student.ppf(0.975, len(units) - 1) * units.std(ddof=1) / np.sqrt(len(units))
    )


def summary(found, seconds, targets, attacks):
    """For each attack that had enough models: means, half-widths, CPU seconds, and paired
    differences stack minus attack.
    """
    families = np.array(targets) // 2
    stack = found[:, list(attacks).index(STACK)]
    lines = {}
    for column, name in enumerate(attacks):
        if np.isnan(found[:, column]).any():
            continue
        own = [interval(found[:, column, metric], families) for metric in range(len(METRICS))]
        gap = [
            interval((stack - found[:, column])[:, metric], families)
            for metric in range(len(METRICS))
        ]
        lines[name] = {
            "own": own,
            "stack_minus": [] if np.isnan(stack).any() else gap,
            "seconds": float(seconds[column]),
        }
    return lines


def attacked(name, run, k, design, args):
    """One data set at one number of models, as plain data."""
    attacks = dict(OFFLINE if args.offline else ATTACKS)
    targets = list(
        range(min(args.most_targets if k < MANY else args.most_targets // 2, run.n_models))
    )
    shown = {
        key: attack for key, attack in attacks.items() if key != STACK or k <= args.stack_up_to
    }
    found, seconds, gap = results(np.asarray(run.shadow), run.member, k, design, shown, targets)
    if STACK not in shown:
        empty = np.full((len(targets), 1, len(METRICS)), np.nan)
        found, seconds = np.concatenate([found, empty], axis=1), np.append(seconds, 0.0)
    inside, outside = np.nanmean(run.accuracy[:, :2], axis=0)
    about = (
        f"{run.n_models} models trained, accuracy {inside:.3f} on own records, {outside:.3f} on"
        " others"
    )
    plain = {
        "name": name,
        "models": k,
        "design": design,
        "offline": args.offline,
        "targets": len(targets),
        "about": about,
    }
    plain["miscalibration"] = gap
    return plain | {"attacks": list(attacks), "lines": summary(found, seconds, targets, attacks)}


def table(part):
    """Markdown of one part."""
    columns = ("attack", *METRICS, "stack minus this: AUC", "TPR at 1 %", "CPU s")
    note = f"{part['models']} models, {part['design']}, {part['targets']} targets"
    text = ["", f"**{note}**", "", "| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for attack in part["attacks"]:
        line = part["lines"].get(attack)
        if line is None:
            text.append(f"| {attack} | not run, or needs more models | | | | | |")
            continue
        own = [f"{100 * mean:.2f} ± {100 * half:.2f}" for mean, half in line["own"]]
        gaps = (
            [_signed(*gap) for gap in line["stack_minus"][:2]]
            if attack != STACK and line["stack_minus"]
            else ["", ""]
        )
        text.append(f"| {attack} | " + " | ".join(own + gaps) + f" | {line['seconds']:.2f} |")
    if part["miscalibration"] is not None:
        said = f"{100 * part['miscalibration']:.1f}"
        text += [
            "",
            (
                f"Probabilities of the stack: {said} points from the share of members, on average"
                " over ten groups."
            ),
        ]
    return text


def _signed(mean, half):
    mark = " **worse**" if mean + half < 0 else " better" if mean - half > 0 else ""
    return f"{100 * mean:+.2f} ± {100 * half:.2f}{mark}"


def rendered(parts):
    """The tables of all parts, by data set."""
    text = [
        "# Attacks with shadow models: the tables",
        "",
        "What they show, and how they were made: [shadow_attacks.md](shadow_attacks.md).",
    ]
    for offline in (False, True):
        for name, case in CASES.items():
            own = [part for part in parts if part["name"] == name and part["offline"] == offline]
            if own:
                text += [
                    "",
                    f"## {case.what}{', offline' if offline else ''}",
                    "",
                    own[0]["about"] + ".",
                ]
            for part in sorted(own, key=lambda part: (part["models"], part["design"])):
                text += table(part)
    return "\n".join(text) + "\n"


def main():
    """Run what is asked for, keep each part, and write the tables of all parts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", choices=[[], *sorted(CASES)], default=[])
    parser.add_argument(
        "--store", type=Path, required=True, help="of shadow_trainings.py; parts are kept there too"
    )
    parser.add_argument("--models", type=int, nargs="+", default=[2, 4, 8, 16, 32])
    parser.add_argument(
        "--most-targets", type=int, default=12, help="half as many from 16 models on"
    )
    parser.add_argument(
        "--stack-up-to", type=int, default=32, help="models above which the stack is not run"
    )
    parser.add_argument("--offline", action="store_true")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "results" / "shadow_attacks_tables.md"
    )
    args = parser.parse_args()
    kept = args.store / "parts"
    kept.mkdir(parents=True, exist_ok=True)
    for name in args.names:
        run = trained(name, args.store)
        for k in args.models:
            for design in ("pairs", "coins") if k == 2 and not args.offline else ("pairs",):
                if k > run.n_models - 2:
                    continue
                part = attacked(name, run, k, design, args)
                (kept / f"{name}-{k}-{design}{'-offline' if args.offline else ''}.json").write_text(
                    json.dumps(part)
                )
                print("\n".join(table(part)), flush=True)
    parts = [json.loads(path.read_text()) for path in sorted(kept.glob("*.json"))]
    args.out.write_text(rendered(parts))


if __name__ == "__main__":
    main()
