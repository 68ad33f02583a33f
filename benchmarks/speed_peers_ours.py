"""What ours takes for the work of `speed_peers.py`: `python speed_peers_ours.py WHICH`."""

import sys

import numpy as np

import tacit
from speed_clock import clocked
from speed_inputs import mixed_tables, shadow_logits, shifted
from speed_ours import every_metric
from tacit import Membership, NotEnoughData, Outputs, Signals
from tacit.attacks import BASE, RMIA, LiRA, Population
from tacit.audits.steps.table_game import TableGame
from tacit.audits.steps.table_risks import table_risks
from tacit.core.frame import Frame
from tacit.dp import epsilon_lower_bound, one_run_epsilon
from tacit.metrics import auc, tpr_at_fpr
from tacit.signals import measure

DELTA, DELTA_ONE_RUN = 1e-6, 1e-5


def evidence_of(n, **more):
    """Evidence of 2 n scores."""
    return tacit.Evidence.of(np.concatenate(shifted(n)), np.arange(2 * n) < n, **more)


def said(evidence):
    """Every metric with its interval; the two that others have too are compared."""
    found = every_metric(evidence)
    return {"auc": found["auc"].value, "tpr": value_of(found["tpr@fpr=0.01"])}


def value_of(estimate):
    """None where there was too little to say."""
    return getattr(estimate, "value", None)


def all_metrics(n):
    """Every metric of 2 n scores."""
    evidence = evidence_of(n)
    return lambda: said(evidence)


def whole_audit(n):
    """What users call: scores in, a report out."""
    member, nonmember = (Outputs(loss=-side) for side in shifted(n))
    return lambda: {"finding": tacit.audit(member=member, nonmember=nonmember).finding}


def one_number(metric):
    """One metric of scores with its limits."""

    def work(n):
        evidence = evidence_of(n)
        return lambda: {"value": metric(evidence).value}

    return work


def one_run(n):
    """The bound that one training run proves, each canary with a coin of its own."""
    evidence = evidence_of(n, assignment="coin")
    return lambda: {"value": one_run_epsilon(evidence, DELTA_ONE_RUN).value}


def shadows(attack, n_models, n, *, statistic="scaled_logit"):
    """From the logits of all models to every metric."""
    logits, label, member = shadow_logits(n_models, n)

    def work():
        read = [measure(Outputs(logits=one, label=label), statistic) for one in logits]
        signals = Signals.of(
            read[0], shadow=np.stack(read[1:]), shadow_member=member[1:], statistic=statistic
        )
        return said(tacit.Evidence.of(attack(signals), member[0]))

    return work


def population(n):
    """Scores against those of a population, every metric."""
    score = np.concatenate(shifted(n))
    known = shifted(n, seed=4)[1]

    def work():
        told = np.r_[np.full(2 * n, -1), np.zeros(n)].astype(np.int8)
        found = Population()(Signals.of(np.r_[score, known], known=told))
        return said(tacit.Evidence.of(found[: 2 * n], np.arange(2 * n) < n))

    return work


def risks(n):
    """Singling out by four columns and by one value, linkability, inference of one column: half of
    the rows of each side are guessed about, and the population gives the baseline.
    """
    tables = {name: Frame.of(columns) for name, columns in mixed_tables(n).items()}
    rows = {
        name: np.r_[values, tables["nonmember"].columns[name]]
        for name, values in tables["member"].columns.items()
    }

    def work():
        game = TableGame.drawn(
            Frame.of(rows),
            Membership(np.arange(2 * n) < n),
            tables["release"],
            tables["reference"],
            seed=0,
            most=n // 2,
        )
        found = {}
        for result in table_risks(game, ["category_3"], seed=0, level=0.95):
            try:
                found[result.name] = result.estimate("residual risk").value
            except NotEnoughData:
                found[result.name] = None
        return found

    return work


WORKS = {
    "all": lambda size: all_metrics(size["scores"]),
    "few": lambda size: all_metrics(size["few"]),
    "audit": lambda size: whole_audit(size["scores"]),
    "auc": lambda size: one_number(auc)(size["scores"]),
    "tpr": lambda size: one_number(lambda it: tpr_at_fpr(it, 0.01))(size["scores"]),
    "bound": lambda size: one_number(lambda it: epsilon_lower_bound(it, delta=DELTA))(
        size["scores"]
    ),
    "one_run": lambda size: one_run(size["scores"]),
    "lira": lambda size: shadows(LiRA(variance="per_record"), size["models"], size["records"]),
    "lira_fixed": lambda size: shadows(LiRA(variance="fixed"), size["models"], size["records"]),
    "rmia": lambda size: shadows(RMIA(), size["models"], size["records"]),
    "base": lambda size: shadows(BASE(), size["models"], size["records"], statistic="loss"),
    "population": lambda size: population(size["scores"]),
    "risks": lambda size: risks(size["rows"]),
}


if __name__ == "__main__":
    clocked(WORKS[sys.argv[1]])
