"""Which kind of attack an audit stands for: what was tested, and what was not."""

from collections.abc import Collection

from tacit.core.report import Report

# the kinds that opinion 28/2024 of the EDPB names in paragraph 55, and the two that follow from
# guarantees (unlearning, differential privacy); in the order in which a file lists them
CLASSES = (
    "membership",
    "membership with shadow models",
    "attribute inference",
    "extraction",
    "exposure",
    "reconstruction",
    "synthetic data",
    "unlearning",
    "differential privacy claim",
)
# kinds that no rule asks for: a file lists them where they were tested
FURTHER = ("property inference",)
# an audit says its kind in `environment["audit"]`; one that does not is known by what it measured
BY_METRIC = {
    "epsilon": "differential privacy claim",
    "exposure": "exposure",
    "extraction": "extraction",
    "extracted": "extraction",
    "attribute": "attribute inference",
    "reconstruction": "reconstruction",
    "unlearning": "unlearning",
}


def attack_class(report: Report) -> str:
    """The kind of attack that `report` is about, one of `CLASSES` or of `FURTHER`."""
    said = report.environment.get("audit")
    if isinstance(said, str) and said in CLASSES + FURTHER:
        return said
    chosen = report.chosen_check
    names = [] if chosen is None else [estimate.name for estimate in chosen.estimates]
    for start, found in BY_METRIC.items():
        if report.score is None and any(name.startswith(start) for name in names):
            return found
    if report.environment.get("n_shadows"):
        return "membership with shadow models"
    return "membership"


def listed(tested: Collection[str]) -> tuple[str, ...]:
    """The kinds that are listed beside those that were `tested`: all `CLASSES`, and these."""
    return CLASSES + tuple(kind for kind in FURTHER if kind in tested)
