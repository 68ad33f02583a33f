"""`tacit demo`: two real networks on real data, one overfitted and one regularised, both
audited.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tacit.core import Report

NOISE = 0.15
ABOUT = """\
Trains two neural networks on the handwritten digits that scikit-learn ships (1,797 images; 15 % of
the labels are made wrong, as hasty labelling would): one without regularisation until it has learnt
every label by heart, one with weight decay. Audits both, prints both reports and writes them, with
a comparison, as HTML and JSON.

With --shadows N it also trains N shadow models of the overfitted network and shows how much more
that attack sees.
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    command = commands.add_parser(
        "demo",
        help="two real models, audited, in a minute",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--out",
        metavar="FOLDER",
        default="tacit-demo",
        help="where reports go (default: %(default)s)",
    )
    command.add_argument(
        "--shadows",
        metavar="N",
        type=int,
        default=0,
        help="shadow models to train (0: none; 8 takes about a minute)",
    )
    command.add_argument(
        "--effort",
        choices=("quick", "full"),
        default="full",
        help="quick leaves out attackers that learn",
    )
    command.add_argument("--seed", type=int, default=0, help="of all draws (default: 0)")
    command.set_defaults(run=_run)


@dataclass(frozen=True, eq=False)
class Digits:
    """The digits with some wrong labels, and who is in the training set."""

    x: NDArray[np.float64]
    y: NDArray[np.int64]
    member: NDArray[np.bool_]


def digits(*, seed: int) -> Digits:
    """1,797 images as 64 numbers from 0 to 1; 15 % of the labels are wrong; half of the records are
    members.
    """
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(seed)
    wrong = rng.random(len(y)) < NOISE
    y = np.where(wrong, (y + rng.integers(1, 10, len(y))) % 10, y)
    member = rng.permutation(len(y)) < len(y) // 2
    return Digits(x / 16, y, member)


def networks(*, seed: int) -> dict[str, Any]:
    """The two scikit-learn networks, not yet trained."""
    from sklearn.neural_network import MLPClassifier

    by_heart = {
        "alpha": 0.0,
        "learning_rate_init": 0.01,
        "max_iter": 150,
        "tol": 0.0,
        "n_iter_no_change": 1000,
    }
    return {
        "overfitted": MLPClassifier((256,), random_state=seed, **by_heart),
        "regularised": MLPClassifier((64,), random_state=seed, alpha=3.0, max_iter=60),
    }


def _run(arguments: argparse.Namespace) -> int:
    from tacit.cli.progress import Progress
    from tacit.core.checking import whole
    from tacit.core.options import seed_of

    whole(arguments.shadows, "--shadows", least=0)
    seed_of(arguments.seed, "--seed")
    folder = Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    world = digits(seed=arguments.seed)
    reports = {}
    for name, network in networks(seed=arguments.seed).items():
        _say(f"training the {name} network on {int(world.member.sum())} digits ...")
        progress = Progress()
        reports[name] = _audited(name, network, world, arguments, progress)
        progress.close()
        print(f"\n{reports[name]}\n")
    if arguments.shadows:
        reports["overfitted, with shadow models"] = _shadowed(world, arguments)
    _write(folder, reports)
    return 0


def _audited(
    name: str, network: Any, world: Digits, arguments: argparse.Namespace, progress: Any
) -> "Report":
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    from tacit._audit import audit

    train = (world.x[world.member], world.y[world.member])
    test = (world.x[~world.member], world.y[~world.member])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(*train)
    return audit(
        network,
        train=train,
        test=test,
        title=name,
        effort=arguments.effort,
        seed=arguments.seed,
        records=True,
        assignment="fixed_size",
        progress=progress,
    )


def _shadowed(world: Digits, arguments: argparse.Namespace) -> "Report":
    """Shadow models of the overfitted network, each on its own half of the digits, and what they
    add.
    """
    import warnings

    from sklearn.base import clone
    from sklearn.exceptions import ConvergenceWarning

    from tacit.audits.shadow import shadow_audit
    from tacit.core import Membership, Outputs
    from tacit.training import shadow

    network = networks(seed=arguments.seed)["overfitted"]
    _say(f"training {arguments.shadows} shadow models of the overfitted network ...")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        run = shadow(
            clone(network),
            (world.x, world.y),
            n=arguments.shadows,
            seed=arguments.seed,
            progress=_told,
        )
        network.fit(world.x[world.member], world.y[world.member])
    target = Outputs(probs=network.predict_proba(world.x), label=world.y)
    report = shadow_audit(
        run.signals(target, group=world.y),
        Membership(world.member, assignment="fixed_size"),
        accuracy=float(network.score(world.x[~world.member], world.y[~world.member])),
        shadow_accuracy=run.accuracy[:, 1].tolist(),
        title="overfitted, with shadow models",
    )
    print(f"\n{report}\n")
    return report


def _told(progress: Any) -> None:
    _say(f"  {progress}")


def _write(folder: Path, reports: dict[str, Any]) -> None:
    from tacit.audits.compare import compare

    single = [report for name, report in reports.items() if "shadow" not in name]
    comparison = compare(single)
    print(comparison)
    comparison.save(folder / "comparison.html")
    for name, report in reports.items():
        report = replace(report, records=None)  # only the comparison needs to know who is who
        stem = name.replace(", ", "-").replace(" ", "-")
        for suffix in (".html", ".json"):
            report.save(folder / f"{stem}{suffix}")
    print("\nOpen in a browser:")
    for path in sorted(folder.glob("*.html")):
        print(f"  {path.resolve()}")


def _say(text: str) -> None:
    import sys

    print(text, file=sys.stderr)
