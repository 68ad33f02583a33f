"""What others take for the pieces of work of `speed_peers.py`: `python speed_peers_theirs.py
LIBRARY:WHICH`, in an environment of the library's own (NumPy is all that they have in common).
"""

import os
import sys
import warnings
from pathlib import Path

import numpy as np

from speed_clock import clocked, read_off
from speed_inputs import mixed_tables, shadow_logits, shifted

DELTA, DELTA_ONE_RUN = 1e-6, 1e-5
# PrivacyGuard's and jax-privacy's default is 1,000, which takes ten times as long.
RESAMPLED = 100


def privacy_guard_analysis(size):
    """Its analysis of scores: rates, AUC and epsilon, each with bootstrapped limits."""
    import pandas as pd
    from privacy_guard.analysis.mia.aggregate_analysis_input import (
        AggregateAnalysisInput,
        AggregationType,
    )
    from privacy_guard.analysis.mia.analysis_node import AnalysisNode

    n = size["scores"]
    users = [str(number) for number in range(2 * n)]
    sides = [
        pd.DataFrame({"user_id": names, "score": side.astype(np.float64)})
        for names, side in zip((users[:n], users[n:]), shifted(n))
    ]

    def work():
        read = AggregateAnalysisInput(AggregationType.MAX, *sides, user_id_key="user_id")
        node = AnalysisNode(
            read, delta=DELTA, n_users_for_eval=n, num_bootstrap_resampling_times=RESAMPLED
        )
        found = node.compute_outputs()
        return {"auc": float(found["auc"])}

    return work


def privacy_guard_rmia(size):
    """RMIA from the probabilities of the target and all shadow models (made before the clock)."""
    import pandas as pd
    from privacy_guard.analysis.mia.aggregate_analysis_input import AggregationType
    from privacy_guard.attacks.rmia_attack import RmiaAttack

    logits, label, member = shadow_logits(size["models"], size["records"])
    weight = np.exp(logits - logits.max(axis=2, keepdims=True))
    right = (weight / weight.sum(axis=2, keepdims=True))[:, np.arange(len(label)), label]
    columns = {"user_id": np.arange(len(label)).astype(str), "score_orig": right[0]}
    for place in range(size["models"]):
        columns[f"score_ref_{place}"] = right[1 + place]
        columns[f"member_ref_{place}"] = member[1 + place]
    table = pd.DataFrame(columns)

    def work():
        attack = RmiaAttack(
            table[member[0]],
            table[~member[0]],
            table,
            AggregationType.MAX,
            num_reference_models=size["models"],
            online=True,
        )
        found = attack.run_attack()
        sides = (found.df_train_user.score.to_numpy(), found.df_test_user.score.to_numpy())
        return lambda: read_off(np.concatenate(sides), np.arange(len(label)) < len(sides[0]))

    return work


def jax_privacy(which):
    """One number of its auditor."""

    def make(size):
        from jax_privacy.auditing import Bonferroni, BootstrapParams, CanaryScoreAuditor

        auditor = CanaryScoreAuditor(*shifted(size["scores"]))
        again = BootstrapParams(num_samples=RESAMPLED, seed=0)
        once = {"threshold_strategy": Bonferroni()}
        works = {
            "auc": lambda: auditor.attack_auroc(bootstrap_params=again),
            "tpr": lambda: auditor.tpr_at_given_fpr(fpr=0.01, bootstrap_params=again),
            "bound": lambda: auditor.epsilon_clopper_pearson(0.05, DELTA, **once),
            "one_run": lambda: auditor.epsilon_one_run(0.05, DELTA_ONE_RUN, **once),
            "one_run_fdp": lambda: auditor.epsilon_one_run_fdp(0.05, DELTA_ONE_RUN, **once),
        }
        # a bootstrapped metric gives its two limits
        return lambda: {"value": [float(number) for number in np.atleast_1d(works[which]())]}

    return make


def tf_privacy_scores(size):
    """Its threshold attack on scores: AUC and advantage without limits."""
    mia, ds = tensorflow_privacy()
    members, others = shifted(size["scores"])
    data = ds.AttackInputData(loss_train=-members, loss_test=-others)

    def work():
        found = mia.run_attacks(
            data, ds.SlicingSpec(entire_dataset=True), [ds.AttackType.THRESHOLD_ATTACK]
        )
        return {"auc": float(found.single_attack_results[0].get_auc())}

    return work


def tf_privacy_lira(size):
    """LiRA from the logits of all models; means, since its medians are another attack."""
    tensorflow_privacy()
    from tensorflow_privacy.privacy.privacy_tests.membership_inference_attack import (
        advanced_mia as lira,
    )

    logits, label, member = shadow_logits(size["models"], size["records"])

    def work():
        read = np.stack([lira.calculate_statistic(one, label) for one in logits])
        target, shadow = read[0][:, None], read[1:]
        rows = range(len(label))
        inside = [shadow[member[1:, row], row][:, None] for row in rows]
        outside = [shadow[~member[1:, row], row][:, None] for row in rows]
        score = -lira.compute_score_lira(target, inside, outside, median_or_mean="mean")
        return lambda: read_off(score, member[0])

    return work


def tensorflow_privacy():
    """Its two modules, without TensorFlow's greetings."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from tensorflow_privacy.privacy.privacy_tests.membership_inference_attack import (
        data_structures,
        membership_inference_attack,
    )

    return membership_inference_attack, data_structures


def memaudit_statistics(size):
    """All that its report computes from the scores of canaries: AUC, TPR at 1 % with limits, points
    of the curve, the threshold bootstrapped 50 times. It compares all pairs of scores.
    """
    from memaudit import stats

    members, others = shifted(size["few"])

    def work():
        stats.roc_points(members, others)
        stats.bootstrap_calibration_stability(members, others)
        found = stats.tpr_at_fpr(members, others, fpr=0.01)
        return {"auc": stats.roc_auc(members, others), "tpr": found["tpr"]}

    return work


def anonymeter_risks(size):
    """Singling out by three columns, linkability and inference of one column, each with a control
    and a baseline of random guesses; half of the rows of each side are guessed about.
    """
    import pandas as pd
    from anonymeter.evaluators import (
        InferenceEvaluator,
        LinkabilityEvaluator,
        SinglingOutEvaluator,
    )

    tables = {name: pd.DataFrame(columns) for name, columns in mixed_tables(size["rows"]).items()}
    names = list(tables["release"])
    own = {"ori": tables["member"], "syn": tables["release"], "control": tables["nonmember"]}
    own["n_attacks"] = size["rows"] // 2

    def work():
        np.random.seed(0)  # noqa: NPY002  (pandas draws the rows that are guessed about from it)
        evaluators = {
            "singling out": SinglingOutEvaluator(**own, seed=0),
            "linkability": LinkabilityEvaluator(**own, aux_cols=(names[:4], names[4:])),
            "inference of category_3": InferenceEvaluator(
                **own, aux_cols=names[:-1], secret=names[-1]
            ),
        }
        found = {}
        for name, evaluator in evaluators.items():
            options = {"mode": "multivariate"} if name == "singling out" else {"n_jobs": 1}
            evaluator.evaluate(**options)
            found[name] = float(evaluator.risk(confidence_level=0.95).value)
        return found

    return work


WORKS = {
    "privacy_guard:analysis": privacy_guard_analysis,
    "privacy_guard:rmia": privacy_guard_rmia,
    "jax_privacy:auc": jax_privacy("auc"),
    "jax_privacy:tpr": jax_privacy("tpr"),
    "jax_privacy:bound": jax_privacy("bound"),
    "jax_privacy:one_run": jax_privacy("one_run"),
    "jax_privacy:one_run_fdp": jax_privacy("one_run_fdp"),
    "tf_privacy:scores": tf_privacy_scores,
    "tf_privacy:lira": tf_privacy_lira,
    "memaudit:statistics": memaudit_statistics,
    "anonymeter:risks": anonymeter_risks,
}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    # numba, below anonymeter, would take `coverage.py` of this folder for the package
    sys.path.remove(str(Path(__file__).parent))
    clocked(WORKS[sys.argv[1]])
