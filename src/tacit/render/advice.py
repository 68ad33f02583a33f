"""What lowers a leak, in words that promise nothing, with the evidence for it."""

from tacit.core import Report
from tacit.render.blocks import Block, Items, Text
from tacit.render.claims import FAULTS, shown_epsilon
from tacit.render.words import share

GAP = 0.02
SIGNIFICANT = 0.05
AGAIN = (
    "Each change needs a new audit with the same records: what helps one model may not help"
    " another."
)
MEASURES = (
    "Remove duplicates: a record that is seen many times is remembered (Lee et al. 2022).",
    (
        "Train with DP-SGD (Opacus, JAX Privacy, TensorFlow Privacy). Clipping each record's"
        " gradient and a little noise already lower the leak; only enough noise for a small epsilon"
        " gives a guarantee, and that costs accuracy (Abadi et al. 2016; Aerni et al. 2024)."
    ),
    (
        "Do not rely on hiding or rounding the outputs: attacks that see only the predicted label"
        " come close to those that see everything (Choquette-Choo et al. 2021)."
    ),
)


def how_to_lower(report: Report) -> tuple[Block, ...]:
    """What to try, first what costs least."""
    if shown_epsilon(report) is not None:
        return (Items(FAULTS, ordered=True),)
    if report.finding == "no leak found":
        opening = (
            "Nothing was found that would have to be lowered. Should a later audit find something,"
            " in the order of cost:"
        )
    else:
        opening = f"In the order of what costs least. {AGAIN}"
    return (Text(opening), Items((_overfitting(report), *_slices(report), *MEASURES), ordered=True))


def _overfitting(report: Report) -> str:
    if not {"member", "nonmember"} <= set(report.accuracy):
        return (
            "Train for fewer epochs and compare the checkpoints (tacit compare): vulnerability"
            " often goes on rising after accuracy has stopped."
        )
    seen, unseen = report.accuracy["member"], report.accuracy["nonmember"]
    if seen - unseen <= GAP:
        return (
            f"The model is right about training records ({share(seen)}) hardly more often than"
            f" about others ({share(unseen)}): less overfitting promises little; look at the most"
            " exposed slices and records instead."
        )
    return (
        f"The model is right about {share(seen)} of its training records and {share(unseen)} of the"
        " others. Most attacks live on that gap. Stop earlier, use more weight decay, augmentation"
        " or data; compare checkpoints with tacit compare. Label smoothing is no remedy: it can"
        " raise the leak of the most exposed records (Kaya and Dumitraş 2021)."
    )


def _slices(report: Report) -> tuple[str, ...]:
    found = [
        check.p_adjusted
        for check in report.checks
        if check.role == "slice" and check.p_adjusted is not None
    ]
    if not any(p <= SIGNIFICANT for p in found):
        return ()
    return (
        (
            "Look at the most exposed slices above: rare classes and mislabelled or repeated"
            " records are learnt by heart. Add data there, or drop them."
        ),
    )
