"""tacit, anonymeter and sdmetrics on the same releases.

python -m venv peers && peers/bin/pip install anonymeter==1.1.0 sdmetrics==0.32.0 jinja2
PYTHONPATH=src peers/bin/python benchmarks/synthetic_peers.py --worlds 4
peers/bin/pip install arfpy==0.1.1 sdv==2.0.0
PYTHONPATH=src peers/bin/python benchmarks/synthetic_peers.py --generators --worlds 3

Prints Markdown for `benchmarks/results/synthetic.md`: for each release how many worlds each tool
calls a leak, then two questions whose answer is known beforehand. With `--generators`: what tacit
finds in releases of other people's generators.
"""

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from synthetic_worlds import World, adult, generators
from tacit.audits.steps.table_game import TableGame
from tacit.audits.steps.table_risks import table_risks
from tacit.audits.synthetic import audit_synthetic
from tacit.core import Membership
from tacit.core.frame import Frame

N, ATTACKS = 2000, 500
RELEASES = (
    "other rows (no leak)",
    "copy 10 %, cells resampled .3",
    "copy 50 %, cells resampled .3",
    "CART, leaves of 5",
)


def frame_of(frame: Frame) -> pd.DataFrame:
    """The same table in pandas."""
    return pd.DataFrame(dict(frame.columns))


def anonymeter_finds(real: dict[str, pd.DataFrame], release: pd.DataFrame) -> dict[str, bool]:
    """Which of its risks has an interval above zero."""
    from anonymeter.evaluators import (
        InferenceEvaluator,
        LinkabilityEvaluator,
        SinglingOutEvaluator,
    )

    columns = list(release.columns)
    own = {"ori": real["member"], "syn": release, "control": real["nonmember"]}
    evaluators = {
        "singling out": SinglingOutEvaluator(**own, n_attacks=ATTACKS),
        "linkability": LinkabilityEvaluator(
            **own, n_attacks=ATTACKS, aux_cols=(columns[:7], columns[7:]), n_neighbors=5
        ),
        "inference of income": InferenceEvaluator(
            **own, n_attacks=ATTACKS, aux_cols=columns[:-1], secret=columns[-1]
        ),
    }
    found = {}
    for name, evaluator in evaluators.items():
        options = {"mode": "multivariate"} if name == "singling out" else {"n_jobs": 1}
        evaluator.evaluate(**options)
        found[name] = evaluator.risk(confidence_level=0.95).ci[0] > 0
    return found


def sdmetrics_score(real: dict[str, pd.DataFrame], release: pd.DataFrame) -> float:
    """DCR overfitting protection: 1 where no more than half of the release is nearer to members."""
    from sdmetrics.single_table import DCROverfittingProtection

    kinds = {
        name: {"sdtype": "numerical" if pd.api.types.is_numeric_dtype(values) else "categorical"}
        for name, values in release.items()
    }
    return DCROverfittingProtection.compute(
        real_training_data=real["member"],
        synthetic_data=release,
        real_validation_data=real["nonmember"],
        metadata={"tables": {"adult": {"columns": kinds}}},
        table_name="adult",
    )


def releases(worlds: int) -> None:
    """How often each tool finds something, by release."""
    everyone = adult()
    print(
        "| release | worlds | tacit: leak | anonymeter: any of 3 risks above 0 | singling out |"
        " linkability | inference | sdmetrics DCR, mean | CPU s: tacit, anonymeter, sdmetrics |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name in RELEASES:
        leaks, found, scores, took = [], [], [], np.zeros(3)
        for seed in range(worlds):
            world = World.drawn(everyone, N, 4000, seed=5000 + seed, members=N // 2)
            release = world.release(generators(world, N // 2)[name], seed=seed)
            real = {side: frame_of(frame) for side, frame in world.sides.items()}
            clock = [time.process_time()]
            leaks.append(
                audit_synthetic(release, **world.sides, secrets=["income"]).finding == "leak"
            )
            clock.append(time.process_time())
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found.append(anonymeter_finds(real, frame_of(release)))
                clock.append(time.process_time())
                scores.append(sdmetrics_score(real, frame_of(release)))
            clock.append(time.process_time())
            took += np.diff(clock)
        each = [sum(item[key] for item in found) for key in found[0]]
        told = " | ".join(str(count) for count in each)
        cost = ", ".join(f"{value:.1f}" for value in took / worlds)
        print(
            f"| {name} | {worlds} | {sum(leaks)} | {sum(any(f.values()) for f in found)} | {told} |"
            f" {np.mean(scores):.3f} | {cost} |",
            flush=True,
        )


def forest_release(rows: Frame, seed: int) -> pd.DataFrame:
    """Adversarial random forests, as arfpy fits them."""
    from arfpy import arf

    np.random.seed(seed)  # noqa: NPY002  (arfpy draws from NumPy's own generator)
    model = arf.arf(x=frame_of(rows), num_trees=20, verbose=False, random_state=seed)
    model.forde()
    return model.forge(n=rows.n)


def copula_release(rows: Frame, seed: int) -> pd.DataFrame:
    """A Gaussian copula, as SDV fits it."""
    from sdv.metadata import Metadata
    from sdv.single_table import GaussianCopulaSynthesizer

    tables = {"adult": frame_of(rows)}
    model = GaussianCopulaSynthesizer(Metadata.detect_from_dataframes(tables))
    model.fit(tables)
    return model.sample(rows.n)["adult"]


def real_generators(worlds: int) -> None:
    """What the audit finds in releases of arfpy and SDV, a member in two of the rows."""
    everyone = adult()
    print("| generator | worlds | leak found | mean AUC of the score that shows most | CPU s |")
    print("|---|---|---|---|---|")
    made = {"ARF (arfpy 0.1.1)": forest_release, "Gaussian copula (SDV 2.0.0)": copula_release}
    for name, generator in made.items():
        leaks, areas, began = 0, [], time.process_time()
        for seed in range(worlds):
            world = World.drawn(everyone, N, 4000, seed=5000 + seed, members=N // 2)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                release = Frame.of(generator(world.rows.take(world.member), seed))
            report = audit_synthetic(
                release, **world.sides, secrets=["income"], assignment="fixed_size"
            )
            leaks += report.finding == "leak"
            areas.append(report.check(report.chosen).estimate("auc").value)
        took = (time.process_time() - began) / worlds
        print(f"| {name} | {worlds} | {leaks} | {np.mean(areas):.3f} | {took:.1f} |", flush=True)


def known_answers() -> None:
    """A secret that everybody shares, and guesses below zero."""
    from anonymeter.evaluators import InferenceEvaluator
    from anonymeter.evaluators.inference_evaluator import evaluate_inference_guesses

    rng = np.random.default_rng(0)
    print("\n| question | known answer | anonymeter | tacit |\n|---|---|---|---|")

    def table() -> pd.DataFrame:
        return pd.DataFrame({"a": rng.normal(size=2000), "s": ["x"] * 2000})

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        evaluator = InferenceEvaluator(
            table(), table(), aux_cols=["a"], secret="s", n_attacks=500, control=table()
        )
        evaluator.evaluate(n_jobs=1)
        theirs = evaluator.results().baseline_rate.value
        guesses = evaluate_inference_guesses(
            guesses=pd.Series([-1.0, -5.0, -100.0]),
            secrets=pd.Series([50.0, 3.0, 7.0]),
            regression=True,
        )
    rows = Frame.of(table())
    game = TableGame.drawn(rows, Membership(np.arange(2000) < 1000), rows, rows, seed=0)
    ours = next(r for r in table_risks(game, ["s"], seed=0, level=0.95) if r.name.endswith("of s"))
    baseline = ours.estimate("success of the baseline").value
    print(f"| baseline of a secret that is constant | 1.00 | {theirs:.2f} | {baseline:.2f} |")
    print(
        f"| guesses of -1, -5, -100 for 50, 3, 7 that are right | 0 | {int(np.sum(guesses))} | 0 |"
    )


def main() -> None:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=4, help="0: only the known answers")
    parser.add_argument("--generators", action="store_true", help="arfpy and SDV, by tacit alone")
    given = parser.parse_args()
    worlds = given.worlds
    # numba, below anonymeter, would take `coverage.py` of this folder for the package
    sys.path.remove(str(Path(__file__).parent))
    if given.generators:
        real_generators(worlds)
        return
    if worlds:
        releases(worlds)
    known_answers()


if __name__ == "__main__":
    main()
