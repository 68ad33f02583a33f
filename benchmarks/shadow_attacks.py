"""Every attack at every number of shadow models, each shadow model once the target: AUC and TPR at low FPR, paired intervals.

python benchmarks/shadow_trainings.py location adult mnist cifar10 --store /tmp/tacit-shadows
python benchmarks/shadow_attacks.py location adult mnist cifar10 --store /tmp/tacit-shadows [--most-targets 34]
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


def references(n_models, target, k, design):
    """k of the other models: whole antithetic pairs, or (for two models by coins) one of each of k pairs."""
    pairs = [(target // 2 + 1 + i) % (n_models // 2) for i in range(n_models // 2 - 1)]
    if design == "coins":
        return [2 * pair + i % 2 for i, pair in enumerate(pairs[:k])]
    return [2 * pair + side for pair in pairs[: k // 2] for side in (0, 1)]


def results(shadow, member, k, design, attacks, targets):
    """float (targets, attacks, metrics) with NaN where an attack needs more models, and the CPU seconds of each."""
    found = np.full((len(targets), len(attacks), len(METRICS)), np.nan)
    seconds = np.zeros(len(attacks))
    for row, target in enumerate(targets):
        chosen = references(len(shadow), target, k, design)
        signals = Signals.of(shadow[target], shadow=shadow[chosen], shadow_member=member[chosen], statistic="scaled_logit")
        for column, attack in enumerate(attacks.values()):
            start = time.process_time()
            try:
                found[row, column] = measured(attack(signals), member[target])
            except NotEnoughData:
                continue
            seconds[column] += time.process_time() - start
    return found, seconds / len(targets)


def interval(values, families):
    """Mean and half-width of the 95 % Student interval over families (antithetic pairs) of targets."""
    units = np.array([values[families == family].mean() for family in np.unique(families)])
    if len(units) < 2:
        return float(units.mean()), float("nan")
    return float(units.mean()), float(student.ppf(0.975, len(units) - 1) * units.std(ddof=1) / np.sqrt(len(units)))


def summary(found, targets, attacks):
    """For each attack its means, half-widths, and paired differences stack minus attack."""
    families = np.array(targets) // 2
    stack = found[:, list(attacks).index(STACK)]
    lines = {}
    for column, name in enumerate(attacks):
        if np.isnan(found[:, column]).any():
            continue
        own = [interval(found[:, column, metric], families) for metric in range(len(METRICS))]
        gap = [interval((stack - found[:, column])[:, metric], families) for metric in range(len(METRICS))]
        gap = [] if np.isnan(stack).any() else gap
        lines[name] = {"own": own, "stack_minus": gap}
    return lines


def table(name, note, lines, seconds, attacks):
    """Markdown of one data set at one number of models."""
    text = [
        f"\n**{note}**\n",
        "| attack | " + " | ".join(METRICS) + " | stack minus this: AUC | TPR at 1 % | CPU s |",
        "|---|" + "---|" * 6,
    ]
    for column, attack in enumerate(attacks):
        if attack not in lines:
            text.append(f"| {attack} | needs more models | | | | | |")
            continue
        own = [f"{100 * mean:.2f} ± {100 * half:.2f}" for mean, half in lines[attack]["own"]]
        gaps = ["" if attack == STACK else _signed(*gap) for gap in lines[attack]["stack_minus"][:2]] or ["", ""]
        text.append(f"| {attack} | " + " | ".join(own + gaps) + f" | {seconds[column]:.2f} |")
    return text


def _signed(mean, half):
    mark = " **worse**" if mean + half < 0 else " better" if mean - half > 0 else ""
    return f"{100 * mean:+.2f} ± {100 * half:.2f}{mark}"


def main():
    """Run what is asked for and append it to the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", choices=sorted(CASES))
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--models", type=int, nargs="+", default=[2, 4, 8, 16, 32])
    parser.add_argument("--most-targets", type=int, default=34)
    parser.add_argument("--offline", action="store_true")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    args = parser.parse_args()
    attacks = OFFLINE if args.offline else ATTACKS
    for name in args.names:
        run = trained(name, args.store)
        text, numbers = [f"\n## {CASES[name].what}{', offline' if args.offline else ''}\n"], {}
        inside, outside = np.nanmean(run.accuracy, axis=0)
        text.append(
            f"{run.n_models} shadow models in antithetic pairs, accuracy {inside:.3f} on own records, {outside:.3f} on others."
        )
        for k in args.models:
            for design in ("pairs", "coins") if k == 2 else ("pairs",):
                if k > run.n_models - 2 or (k == 2 and design == "pairs" and args.offline):
                    continue
                limit = args.most_targets if k < MANY else args.most_targets // 2
                targets = list(range(min(limit, run.n_models)))
                found, seconds = results(np.asarray(run.shadow), run.member, k, design, attacks, targets)
                lines = summary(found, targets, attacks)
                numbers[f"{k} {design}"] = lines
                note = f"{k} models, {design}, {len(targets)} targets"
                text += table(name, note, lines, seconds, attacks)
                print("\n".join(text[-len(attacks) - 3 :]), flush=True)
        stem = f"shadow_attacks_{name}{'_offline' if args.offline else ''}"
        (args.out / f"{stem}.md").write_text("\n".join(text) + "\n")
        (args.out / f"{stem}.json").write_text(json.dumps(numbers, indent=1) + "\n")


if __name__ == "__main__":
    main()
