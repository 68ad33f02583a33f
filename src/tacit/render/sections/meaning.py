"""What the numbers mean where members are rare: how many accusations would be right."""

import math

from tacit.core import CheckResult, Estimate
from tacit.render.blocks import Block, Cell, Interval, Section, Table, Text
from tacit.render.reading import Reading, beats_guessing
from tacit.render.words import Words, setting_of

# the kinds of attack whose score is about members and non-members
GUESSED = ("membership", "membership with shadow models", "synthetic data")
# members among the candidates, where the report has not measured precision itself
PRIORS = (0.5, 0.1, 0.01, 0.001)
# of 50 members and 50 non-members
HALF = 50
# what an accusation is told per
ACCUSED = 1000
# exp overflows beyond it; somebody is as sure as can be long before
LARGEST_EXPONENT = 700.0


def section(reading: Reading) -> Section:
    """The score as guesses out of 100 and precision at realistic base rates; or what an epsilon
    means.
    """
    title = reading.words.say("meaning.title")
    if reading.epsilon is not None:
        return Section("meaning", title, (_epsilon(reading),), "everywhere")
    return Section("meaning", title, _blocks(reading), "everywhere")


def _blocks(reading: Reading) -> tuple[Block, ...]:
    words = reading.words
    blocks: list[Block] = []
    if reading.report.score is not None and reading.kind in GUESSED:
        blocks.append(Text(_guesses(reading.report.score, words)))
    rows = _rows(reading)
    if rows:
        head = ("meaning.prior", "meaning.right", "meaning.words")
        short = ("meaning.prior short", "meaning.right short", "meaning.words")
        blocks.append(Text(f"{words.say('meaning.rare')} {_setting(reading)}:"))
        blocks.append(
            Table(
                words.say("meaning.caption"),
                tuple(map(words.say, head)),
                rows,
                short=tuple(map(words.say, short)),
            )
        )
    return tuple(blocks)


def _epsilon(reading: Reading) -> Text:
    """Epsilon as what somebody could become sure of."""
    bound, words = reading.epsilon, reading.words
    assert bound is not None
    sure = 1 / (1 + math.exp(-min(LARGEST_EXPONENT, max(0.0, bound.low))))
    return Text(
        words.say(
            "meaning.epsilon",
            low=words.bound(bound.low),
            sure=words.share(sure),
            half=words.share(0.5),
            wrong=words.share(1 - bound.level, digits=1),
        )
    )


def _guesses(score: Estimate, words: Words) -> str:
    def right(value: float) -> float:
        return HALF * (1 + min(1.0, max(-1.0, value)))

    value, low, high = right(score.value), right(score.low), right(score.high)
    places = next((n for n in range(3) if round(low, n) < round(high, n)), 0)
    if not (math.isfinite(score.low) and math.isfinite(score.high)):
        return words.say("meaning.guesses", right=words.number(value, decimals=places))
    return words.say(
        "meaning.guesses between",
        right=words.number(value, decimals=places),
        low=words.number(low, decimals=places),
        high=words.number(high, decimals=places),
    )


def _rows(reading: Reading) -> tuple[tuple[Cell, ...], ...]:
    words, rate = reading.words, reading.rate
    measured = _measured(reading)
    if measured:
        return tuple(
            _row(prior, measured[prior], words) for prior in sorted(measured, reverse=True)
        )
    if rate is None:
        return ()
    return tuple(_row(prior, _computed(prior, rate), words) for prior in PRIORS)


def _measured(reading: Reading) -> dict[float, Estimate]:
    """Precision as measured, by base rate; none where only the headline's rate of false accusations
    beats guessing.
    """
    measured = {} if reading.chosen is None else _precisions(reading.chosen)
    shown = any(item.low > prior for prior, item in measured.items())
    beats = reading.rate is not None and beats_guessing(reading.rate)
    return measured if shown or not beats else {}


def _precisions(chosen: CheckResult) -> dict[float, Estimate]:
    found = {}
    for estimate in chosen.estimates:
        prior = setting_of(estimate, "prior")
        if prior is not None and estimate.name.startswith("ppv"):
            found[prior] = estimate
    return found


def _computed(prior: float, rate: Estimate) -> Estimate:
    """Precision that follows from a share of members found, by Bayes' rule."""
    fpr = setting_of(rate, "fpr")
    ends = (rate.value, max(0.0, rate.low), min(1.0, rate.high))
    value, low, high = (_precision(found, 1.0 if fpr is None else fpr, prior) for found in ends)
    return Estimate("ppv", value, low, high, rate.level, rate.n, rate.method)


def _precision(tpr: float, fpr: float, prior: float) -> float:
    accused = prior * tpr + (1 - prior) * fpr
    return prior * tpr / accused if accused else 0.0


def _row(prior: float, found: Estimate, words: Words) -> tuple[Cell, ...]:
    right = min(ACCUSED, max(0, round(ACCUSED * found.value)))
    key = "meaning.right one" if right == 1 else "meaning.right many"
    said = words.say(key, right=words.count(right), all=words.count(ACCUSED))
    text = words.both_of(found)
    if found.low <= prior:
        # the interval alone: the value by itself invites to be quoted
        text = words.span_of(found)
        guessed = words.plain(ACCUSED * prior)
        said = words.say("meaning.not shown", right=guessed, all=words.count(ACCUSED))
    shown = Interval(found.value, found.low, found.high, text)
    return (words.one_in(prior), shown, said)


def _setting(reading: Reading) -> str:
    """At which share of false accusations the precision holds."""
    measured, rate = _measured(reading), reading.rate
    rates = [item.settings["fpr"] for item in measured.values() if "fpr" in item.settings]
    fpr = next(iter(rates), None)
    if not measured and rate is not None:
        fpr = setting_of(rate, "fpr")
    if not fpr:
        return reading.words.say("meaning.by chosen")
    return reading.words.say("meaning.at", rate=reading.words.one_in(fpr))
