"""Does the interval between models hold? `python benchmarks/between_models.py [--worlds 200]`.

Worlds of the same 300 records: shadow models in antithetic pairs, whose scaled logits follow a
record's own mean, gain and spread. Each is the target of all others but its mate; the truth is the
mean over all worlds. A cell counts the worlds whose interval of the AUC over targets holds it, with
exact binomial limits.
"""

import argparse

import numpy as np

from tacit.attacks import BASE, EBLiRA, LiRA
from tacit.audits.steps.shadow_targets import between_models, shadow_evidence
from tacit.core import Signals
from tacit.metrics.intervals import clopper_pearson

ATTACKS = {"BASE": BASE(), "LiRA": LiRA(), "EB-LiRA": EBLiRA()}
N_RECORDS, SEED = 300, 83


def drawn(world, n_models):
    fixed = np.random.default_rng(5)
    centre, gain = fixed.normal(2, 2, N_RECORDS), np.exp(fixed.normal(-0.3, 0.9, N_RECORDS))
    spread = np.exp(fixed.normal(0, 0.35, N_RECORDS))
    rng = np.random.default_rng([SEED, n_models, world])
    inside = np.repeat(rng.random((n_models // 2, N_RECORDS)) < 0.5, 2, axis=0)
    inside[1::2] = ~inside[1::2]
    logit = centre + inside * gain + rng.normal(size=inside.shape) * spread
    return Signals.of(
        np.zeros(N_RECORDS), shadow=logit, shadow_member=inside, statistic="scaled_logit"
    )


def cell(attack, n_models, worlds):
    found = []
    for world in range(worlds):
        estimate = between_models(shadow_evidence(attack, drawn(world, n_models)), "auc")
        found.append((estimate.value, estimate.low, estimate.high))
    value, low, high = np.array(found).T
    held = int(np.count_nonzero((low <= value.mean()) & (value.mean() <= high)))
    limits = clopper_pearson(held, worlds, level=0.95)
    return held, *(100 * float(limit) for limit in limits), float(np.mean(high - low))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--models", type=int, nargs="*", default=[4, 8, 16])
    options = parser.parse_args()
    print("| attack | models | holds the truth, of 95 % | mean width |")
    print("|---|---|---|---|")
    for name, attack in ATTACKS.items():
        for n_models in options.models:
            held, low, high, width = cell(attack, n_models, options.worlds)
            shown = f"{100 * held / options.worlds:.1f} % ({low:.1f} to {high:.1f})"
            print(f"| {name} | {n_models} | {shown} | {width:.3f} |", flush=True)


if __name__ == "__main__":
    main()
