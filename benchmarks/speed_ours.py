"""One timed piece of work of tacit: `python speed_ours.py NAME` prints its CPU seconds and memory
as JSON.

Modules are imported, scikit-learn too (a second of a process that fits something), inputs made, and
what both left behind is collected before the clock starts: so it is for the others. A fixed piece
of work of NumPy alone is timed in the same process, before and after: ratios to it compare across
days and machines. Memory is what the process holds at most, beyond what it held with everything
imported and before the inputs were made.
"""

import gc
import json
import resource
import sys
import time

import numpy as np
import sklearn.ensemble
import sklearn.linear_model  # noqa: F401  (as ours would on first use)

import tacit
from speed_inputs import SIZES, overfitted, shifted
from tacit import Check, Membership, NotEnoughData, Outputs, Signals, collect
from tacit.attacks import (
    GradientBoosting,
    KNearest,
    LogisticRegression,
    MultilayerPerceptron,
    RandomForest,
    Threshold,
)
from tacit.audits.steps.scoring import at_thresholds
from tacit.audits.steps.slices import columns_of, slice_looks, slice_results
from tacit.metrics import named
from tacit.metrics.joint import joint_test
from tacit.signals import feature_matrix, kept, measure

EVERY_METRIC = (
    "auc",
    "advantage",
    "balanced_accuracy",
    "tpr@fpr=0.1",
    "tpr@fpr=0.01",
    "tpr@fpr=0.001",
    "tpr@fpr=0.0001",
    "tpr@fpr<=0.01",
    "tpr@fpr<=0.001",
    "pauc@fpr=0.01",
    "ppv@prior=0.5",
    "ppv@prior=0.01",
)
LEARNERS = {
    "logistic regression": LogisticRegression(),
    "k nearest": KNearest(),
    "multilayer perceptron": MultilayerPerceptron(),
    "random forest": RandomForest(),
    "gradient boosting": GradientBoosting(),
}


def every_metric(evidence):
    estimates = {}
    for name in EVERY_METRIC:
        try:
            estimates[name] = named(name)(evidence)
        except NotEnoughData as error:
            estimates[name] = str(error)
    return estimates


def scores(n):
    members, others = shifted(n)
    sort_seconds = clocked(lambda: (np.sort(members), np.sort(others)))[1]

    def work():
        signals = Signals.of(np.concatenate([members, others]), statistic="score")
        membership = Membership(np.arange(2 * n) < n)
        return every_metric(collect(Threshold(), signals, membership))

    return work, {"sort": sort_seconds, "input_mb": (members.nbytes + others.nbytes) / 1e6}


def logits(name):
    x, label, member = overfitted(*SIZES[name])

    def work():
        signals = Signals.of(measure(Outputs(logits=x, label=label), "loss"), statistic="loss")
        return every_metric(collect(Threshold(), signals, Membership(member)))

    return work, {"input_mb": x.nbytes / 1e6}


def slices():
    """Class, correctness and loss decile of two attacks, with simultaneous intervals and adjusted
    p-values.
    """
    x, label, member = overfitted(*SIZES["slices"])

    def work():
        outputs, membership = Outputs(logits=x, label=label), Membership(member)
        columns = columns_of(outputs, None)
        scored = []
        for name in ("loss", "entropy"):
            whole = collect(Threshold(), Signals.of(kept(outputs, name)), membership)
            scored.append(at_thresholds(Check(name, name, Threshold()), whole, scored))
        looks = [*(look for item in scored for look in item.looks)]
        test = joint_test(
            [*looks, *slice_looks(columns, scored, membership.member)], membership.member
        )
        results = slice_results(test, columns, whole, level=0.95)
        return {"slices": len(results)}

    return work, {"input_mb": x.nbytes / 1e6}


def learned(which):
    x, label, member = overfitted(*SIZES["learned"])

    def work():
        outputs = Outputs(logits=x, label=label)
        signals = Signals.of(
            measure(outputs, "scaled_logit"), features=feature_matrix(outputs), group=label
        )
        areas = {}
        for name, attack in LEARNERS.items():
            if which in ("all", name):
                evidence = collect(attack, signals, Membership(member))
                areas[name] = every_metric(evidence)["auc"]
        return areas

    return work, {"input_mb": x.nbytes / 1e6}


def whole_audit(kind, rest):
    """What users call: `tacit.audit` from outputs to a Report, learners too for ``audit:full``."""
    if kind == "scores":
        inside, outside = (Outputs(loss=-side) for side in shifted(int(rest)))
        size = inside.loss.nbytes + outside.loss.nbytes
    else:
        x, label, member = overfitted(*SIZES[rest])
        inside, outside = (Outputs(logits=x[side], label=label[side]) for side in (member, ~member))
        size = x.nbytes
    effort = "full" if kind == "full" else "quick"

    def work():
        return {"finding": tacit.audit(member=inside, nonmember=outside, effort=effort).finding}

    return work, {"input_mb": size / 1e6}


def clocked(work):
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def reference():
    """CPU seconds of the fixed work, a sort, exponentials and a product; the least of three."""
    rng = np.random.default_rng(0)
    numbers = rng.random(2_000_000, np.float32)
    wide, square = numbers.astype(np.float64), rng.random((800, 800), np.float32)
    return min(clocked(lambda: (np.sort(numbers), np.exp(wide), square @ square))[1] for _ in "123")


def warm():
    """First calls import and allocate; they are not what is compared."""
    rng = np.random.default_rng(0)
    evidence = collect(
        Threshold(), Signals.of(rng.normal(size=4000)), Membership(np.arange(4000) < 2000)
    )
    every_metric(evidence)


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def prepared(name):
    kind, _, rest = name.partition(":")
    makers = {
        "scores": lambda: scores(int(rest)),
        "logits": lambda: logits(rest),
        "slices": slices,
        "learned": lambda: learned(rest),
        "audit": lambda: whole_audit(*rest.split(":")),
    }
    return makers[kind]()


def main(name):
    warm()
    if name.startswith("audit"):
        rng = np.random.default_rng(0)
        small = [Outputs(loss=rng.gamma(1, 1, 500)) for _ in "12"]
        tacit.audit(member=small[0], nonmember=small[1])
    fixed = reference()
    before = peak_mb()
    work, more = prepared(name)
    gc.collect()
    result, seconds = clocked(work)
    peak = peak_mb() - before
    values = {key: getattr(value, "value", value) for key, value in result.items()}
    fixed = min(fixed, reference())
    print(
        json.dumps({"cpu": seconds, "reference": fixed, "peak_mb": peak, "values": values, **more})
    )


if __name__ == "__main__":
    main(sys.argv[1])
