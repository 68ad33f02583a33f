"""The same pieces of work with TensorFlow Privacy: `python speed_tf_privacy.py NAME`, in its own
environment. As for ours, what imports and inputs left behind is collected before the clock starts.
"""

import gc
import json
import os
import resource
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from tensorflow_privacy.privacy.privacy_tests.membership_inference_attack import (
    data_structures as ds,
    membership_inference_attack as mia,
)

from speed_inputs import SIZES, overfitted, shifted

LEARNERS = {
    "logistic regression": ds.AttackType.LOGISTIC_REGRESSION,
    "k nearest": ds.AttackType.K_NEAREST_NEIGHBORS,
    "multilayer perceptron": ds.AttackType.MULTI_LAYERED_PERCEPTRON,
    "random forest": ds.AttackType.RANDOM_FOREST,
}


def two_sides(name):
    logits, label, member = overfitted(*SIZES[name])
    sides = {"train": member, "test": ~member}
    parts = {f"logits_{side}": logits[rows] for side, rows in sides.items()}
    return ds.AttackInputData(
        **parts, **{f"labels_{side}": label[rows] for side, rows in sides.items()}
    )


def prepared(name):
    kind, _, rest = name.partition(":")
    whole = ds.SlicingSpec(entire_dataset=True)
    threshold = [ds.AttackType.THRESHOLD_ATTACK]
    if kind == "scores":
        members, others = shifted(int(rest))
        data = ds.AttackInputData(loss_train=-members, loss_test=-others)
        return data, whole, threshold
    if kind == "logits":
        return two_sides(rest), whole, threshold
    if kind == "slices":
        spec = ds.SlicingSpec(
            entire_dataset=True,
            by_class=True,
            by_percentiles=True,
            by_classification_correctness=True,
        )
        return two_sides("slices"), spec, [*threshold, ds.AttackType.THRESHOLD_ENTROPY_ATTACK]
    return two_sides("learned"), whole, [LEARNERS[rest]]


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(name):
    small = ds.AttackInputData(loss_train=np.arange(100.0), loss_test=np.arange(100.0) + 5)
    mia.run_attacks(small, ds.SlicingSpec(entire_dataset=True), [ds.AttackType.THRESHOLD_ATTACK])
    before = peak_mb()
    data, spec, attacks = prepared(name)
    gc.collect()
    start = time.process_time()
    results = mia.run_attacks(data, spec, attacks)
    seconds = time.process_time() - start
    best = max(float(result.get_auc()) for result in results.single_attack_results)
    print(json.dumps({"cpu": seconds, "peak_mb": peak_mb() - before, "values": {"auc": best}}))


if __name__ == "__main__":
    main(sys.argv[1])
