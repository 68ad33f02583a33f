"""The membership attacks of LeakPro on logits that are there: `python speed_leakpro.py WHICH`, in
an environment of its own, with `LEAKPRO` naming a checkout of its repository.

No package of it can be installed: the attacks' own modules are imported, without the package's
`__init__`, which loads every attack and asks for torchvision, umap-learn and more. An attack object
is filled with what its `prepare_attack` would have read from disk; all that computes is theirs.
"""

import os
import sys
import types
from pathlib import Path

import numpy as np

from speed_clock import clocked
from speed_inputs import shadow_logits, shifted

FPR = "TPR@1%FPR"


def open_package():
    """Make its modules importable one by one."""
    package = types.ModuleType("leakpro")
    package.__path__ = [str(Path(os.environ["LEAKPRO"]) / "leakpro")]
    sys.modules["leakpro"] = package


def said(result):
    """The numbers that can be compared."""
    table = result.fixed_fpr_table or {}
    return {"auc": float(result.roc_auc), "tpr": float(table.get(FPR, np.nan))}


def summary(n):
    """Its summary of scores: the curve, accuracy at every threshold, AUC, TPR at five rates."""
    from leakpro.reporting.mia_result import MIAResult

    members, others = shifted(n)
    score = np.concatenate([members, others])
    truth = np.repeat([1, 0], n)
    return lambda: said(MIAResult.from_full_scores(truth, score, "scores"))


class Stored:
    """What the attacks ask of the handler of models: logits that are there."""

    target_model_hash = "target"

    def __init__(self, logits):
        self.logits = logits

    def load_logits(self, name=None, indx=None):
        """Of the target by name, of a shadow model by number."""
        return self.logits[0 if name else 1 + indx]


class Records:
    """What the attacks ask of the handler of data: who is where, and labels."""

    target_model = None

    def __init__(self, label, member):
        self.train_indices, self.test_indices = (np.flatnonzero(side) for side in (member, ~member))
        self.label = label

    def get_labels(self, rows):
        """Labels of these records."""
        return self.label[rows]


def of_game(attack, config, n_models, n):
    """An attack of theirs that has what it would have read, and its game in the order in which it
    keeps records: members, then non-members.
    """
    from leakpro.attacks.mia_attacks.abstract_mia import AbstractMIA

    logits, label, member = shadow_logits(n_models, n)
    records = Records(label, member[0])
    order = np.concatenate([records.train_indices, records.test_indices])
    made = object.__new__(attack)
    made.configs = attack.AttackConfig(num_shadow_models=n_models, online=True, **config)
    for name, value in made.configs.model_dump().items():
        setattr(made, name, value)
    n_members = len(records.train_indices)
    AbstractMIA.handler = records
    AbstractMIA.audit_dataset = {
        "data": order,
        "in_members": np.arange(n_members),
        "out_members": np.arange(n_members, n),
    }
    made.epsilon = 1e-6
    made.out_indices = ~member[1:, order]
    made.shadow_model_indices = np.arange(n_models)
    return made, np.ascontiguousarray(logits[:, order]), label[order]


def lira(n_models, n, *, variance):
    """Rescaled logits, a Gaussian a world and record, the summary."""
    from leakpro.attacks.mia_attacks.lira import AttackLiRA

    made, logits, label = of_game(AttackLiRA, {"var_calculation": variance}, n_models, n)
    made.fix_var_threshold = 32

    def work():
        made.shadow_models_logits = np.array([made.rescale_logits(x, label) for x in logits[1:]])
        made.target_logits = made.rescale_logits(logits[0], label)
        return said(made.run_attack())

    return work


def rmia(n_models, n):
    """Ratios of records and of half of them as the population, every pair, the summary."""
    from leakpro.attacks.mia_attacks.rmia import AttackRMIA

    made, logits, label = of_game(AttackRMIA, {"temperature": 1.0, "gamma": 1.0}, n_models, n)
    made.load_for_optuna = True  # their mark that logits have been read
    made.attack_data_indices = np.arange(n)
    made.ground_truth_indices = label
    made.logits_theta, made.logits_shadow_models = logits[0], list(logits[1:])
    made.shadow_models = [None] * n_models

    def work():
        np.random.seed(0)  # noqa: NPY002  (it draws the population from NumPy's own generator)
        made.prepare_attack()
        return said(made.run_attack())

    return work


def base(n_models, n):
    """The log-ratio to the mean probability of all shadow models, the summary."""
    from leakpro.attacks.mia_attacks import base as module

    made, logits, _ = of_game(module.AttackBASE, {"temperature": 1.0}, n_models, n)
    module.ShadowModelHandler = lambda: Stored(logits)
    return lambda: said(made.run_attack())


def population(n):
    """Thresholds from the losses of a population, decisions at each; the summary."""
    from leakpro.attacks.mia_attacks import attack_p as module
    from leakpro.attacks.mia_attacks.abstract_mia import AbstractMIA

    members, others = shifted(n)
    known = shifted(n, seed=4)[1]
    loss = -np.concatenate([members, others])
    made = object.__new__(module.AttackP)
    made.configs = module.AttackP.AttackConfig()
    made.hypothesis_test_func = module.linear_itp_threshold_func
    made.signal = lambda models, handler, rows: loss
    made.attack_signal = -known
    AbstractMIA.audit_dataset = {
        "data": np.arange(2 * n),
        "in_members": np.arange(n),
        "out_members": np.arange(n, 2 * n),
    }
    return lambda: said(made.run_attack())


WORKS = {
    "summary": lambda size: summary(size["scores"]),
    "lira": lambda size: lira(size["models"], size["records"], variance="carlini"),
    "lira_fixed": lambda size: lira(size["models"], size["records"], variance="fixed"),
    "rmia": lambda size: rmia(size["models"], size["records"]),
    "base": lambda size: base(size["models"], size["records"]),
    "population": lambda size: population(size["scores"]),
}


if __name__ == "__main__":
    open_package()
    clocked(WORKS[sys.argv[1]])
