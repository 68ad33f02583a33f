"""What lowers a leak, in words that promise nothing, with the evidence for it."""

from tacit.render.blocks import Block, Items, Section, Text
from tacit.render.reading import Reading

# a smaller gap between members and non-members gives most attacks nothing to live on
GAP = 0.02


def section(reading: Reading) -> Section:
    """What to try, first what costs least."""
    return Section("lower", reading.words.say("lower.title"), _blocks(reading))


def _blocks(reading: Reading) -> tuple[Block, ...]:
    words = reading.words
    if reading.epsilon is not None:
        faults = (words.say("lower.fault"), words.say("lower.noise"))
        return (Items(faults, ordered=True),)
    found = reading.report.finding == "no leak found"
    opening = words.say("lower.none" if found else "lower.opening")
    measures = (
        _overfitting(reading),
        *_slices(reading),
        words.say("lower.duplicates"),
        words.say("lower.dp-sgd"),
        words.say("lower.hiding"),
    )
    return (Text(opening), Items(measures, ordered=True))


def _overfitting(reading: Reading) -> str:
    accuracy, words = reading.report.accuracy, reading.words
    if not {"member", "nonmember"} <= set(accuracy):
        return words.say("lower.epochs")
    seen, unseen = accuracy["member"], accuracy["nonmember"]
    key = "lower.no gap" if seen - unseen <= GAP else "lower.gap"
    return words.say(key, seen=words.share(seen), unseen=words.share(unseen))


def _slices(reading: Reading) -> tuple[str, ...]:
    exposed = (
        check.role == "slice"
        and check.p_adjusted is not None
        and check.p_adjusted <= 1 - reading.level
        for check in reading.report.checks
    )
    return (reading.words.say("lower.slices"),) if any(exposed) else ()
