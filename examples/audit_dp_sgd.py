"""Audit a real DP-SGD training in one run, then break it on purpose and see whether the audit
notices.

    python examples/audit_dp_sgd.py [--engine opacus | jax] [--break all | MODE ...] [--epsilon 2]
    [--canaries 300] [--seeds 1]

Trains a small network on scikit-learn's digits with Opacus or JAX-Privacy. Canaries (loud random
images with random labels) are in the training set or not, by a coin each. Three guessers look at
them. One sees the loss of the final model (black box). One sees the noisy sum of gradients of every
step, and explains it by the clipped gradients of all rows (white box). One does so for the
difference of two neighbouring steps, in which repeated noise is gone. Each gets a third of the
error, so all may be tried.

Needs: pip install tacit-privacy opacus; or: pip install tacit-privacy jax-privacy
"""

import argparse
import importlib
import time
import warnings
from collections.abc import Sequence

import numpy as np

from audit_dp_sgd_game import (
    CLASSES,
    INPUTS,
    LOUD,
    MODES,
    N_PARAMETERS,
    Engine,
    Plan,
    digits,
    first_weights,
)
from audit_dp_sgd_guessers import GUESSERS, forward, guessed
from tacit.audits.dp_claim import dp_audit
from tacit.design import Manifest, insert_arrays, random_pixels

ENGINES = {"opacus": "Opacus", "jax": "JAX-Privacy"}
MOST_CANARIES = (
    N_PARAMETERS // 4 - Plan.n_ordinary
)  # two steps' columns are to leave half of the parameters for the noise
WORDS = {"fail": "REFUTED", "pass": "not refuted", "inconclusive": "inconclusive"}


def audited(train: Engine, mode: str | None, plan: Plan, seed: int) -> bool:
    """Train once, print claim, bounds and gaps; True if the claim is refuted."""
    canaries = random_pixels(
        plan.n_canaries, (INPUTS,), n_classes=CLASSES, low=-LOUD, high=LOUD, seed=seed
    )
    images, labels = digits()
    ordinary, rest = (
        (images[: plan.n_ordinary], labels[: plan.n_ordinary]),
        (images[plan.n_ordinary :], labels[plan.n_ordinary :]),
    )
    x, y = insert_arrays(*ordinary, canaries, seed=seed)
    trace = train(x, y, first_weights(seed), plan, mode, seed)
    accuracy = np.mean(forward(trace.weights[-1], rest[0])[1].argmax(1) == rest[1])
    print(f"\nseed {seed}, {'correct' if mode is None else f'broken, {mode}: {MODES[mode]}'}")
    print(
        f"  claimed epsilon {plan.epsilon:.2f} at delta {plan.delta:g}; with noise"
        f" {trace.noise:.3f}",
        end=" ",
    )
    print(f"the accountant gives {trace.accounted:.2f}; accuracy {accuracy:.3f}")
    scores = guessed(trace, ordinary, (canaries.x, canaries.label), plan)
    refuted = [_refuted(name, scores[name], canaries.manifest, plan) for name in GUESSERS]
    return any(refuted)


def _refuted(name: str, score: np.ndarray, coins: Manifest, plan: Plan) -> bool:
    level = 1 - 0.05 / len(GUESSERS)
    report = dp_audit(score, coins, delta=plan.delta, claimed_epsilon=plan.epsilon, level=level)
    low = report.checks[0].estimates[0].low
    print(
        f"  {name:<26} epsilon >= {low:.3f}   gap to the claim {plan.epsilon - low:+.2f}  "
        f" {WORDS[report.verdict]}"
    )
    return report.verdict == "fail"


def main(argv: Sequence[str] | None = None) -> int:
    """Audit the correct training, then the broken ones; 0 if the audit told them apart.

    That is: no correct training is refuted, and of the ways to break it three (or all that were
    tried) on most seeds.
    """
    arguments = _arguments(argv)
    warnings.filterwarnings("ignore")
    train: Engine = importlib.import_module(f"audit_dp_sgd_{arguments.engine}").train
    plan = Plan(arguments.epsilon, n_canaries=arguments.canaries)
    modes = list(MODES) if "all" in arguments.modes else arguments.modes
    seeds = range(arguments.seed, arguments.seed + arguments.seeds)
    start = time.process_time()
    print(
        f"DP-SGD with {ENGINES[arguments.engine]}, audited in one run with {arguments.canaries}"
        " canaries."
    )
    refuted = {
        mode: sum(audited(train, mode, plan, seed) for seed in seeds) for mode in (None, *modes)
    }
    print(f"\n{'training':<12} refuted, of {len(seeds)}")
    for mode, count in refuted.items():
        print(f"{mode or 'correct':<12} {count}")
    print(f"{time.process_time() - start:.0f} CPU seconds.")
    found = sum(2 * refuted[mode] > len(seeds) for mode in modes)
    return int(refuted[None] > 0 or found < min(3, len(modes)))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--engine", choices=sorted(ENGINES), default="opacus", help="what trains")
    parser.add_argument(
        "--break", dest="modes", nargs="*", default=[], help=f"all, or some of {', '.join(MODES)}"
    )
    parser.add_argument("--epsilon", type=float, default=2.0, help="the guarantee to train for")
    parser.add_argument(
        "--canaries", type=int, default=300, help=f"how many, up to {MOST_CANARIES}"
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        help="of canaries, coins and training; the first, where there are several",
    )
    parser.add_argument("--seeds", type=int, default=1, help="how many")
    arguments = parser.parse_args(argv)
    unknown = [mode for mode in arguments.modes if mode not in (*MODES, "all")]
    if unknown:
        parser.error(f"--break knows all, {', '.join(MODES)}; got {', '.join(unknown)}")
    if not 10 <= arguments.canaries <= MOST_CANARIES or arguments.seeds < 1:
        parser.error(f"--canaries needs 10 to {MOST_CANARIES} and --seeds at least 1")
    return arguments


if __name__ == "__main__":
    raise SystemExit(main())
