"""The finding in one sentence, and what the first screen needs beside it."""

from tacit.core.report import TOTAL_LEAK
from tacit.render.blocks import Fact, Original
from tacit.render.clean import SENTENCE_LIMIT, sentence
from tacit.render.reading import Reading, beats_guessing
from tacit.render.words import SPACE, setting_of

MEMBERSHIP = ("membership", "membership with shadow models")


def headline(reading: Reading) -> str:
    """The report's own sentence; in another language the same from the report's fields.

    What has no sentence in that language stays as the audit wrote it.
    """
    report = reading.report
    own = sentence(report.headline).replace(" %", f"{SPACE}%")
    if reading.words.language.code == "en":
        return own
    if reading.epsilon is not None:
        return _claim(reading)
    if reading.kind not in MEMBERSHIP:
        return reading.words.written(report.headline)
    if not report.attributable:
        return reading.words.say("headline.split")
    if report.finding == "leak":
        return _leak(reading) or reading.words.written(report.headline)
    if report.detectable is None:
        return _too_few(reading)
    key = "headline.none" if report.finding == "no leak found" else "headline.open"
    if report.detectable >= TOTAL_LEAK:
        key = "headline.open.total"
    return reading.words.say(key, score=reading.words.number(report.detectable))


def finding(reading: Reading) -> str:
    """The finding in a few words; "not found" stands beside what would have been found."""
    report, words = reading.report, reading.words
    group = "finding" if reading.epsilon is None else "finding claim"
    said = words.say(f"{group}.{report.finding}")
    if report.finding == "leak" or report.detectable is None or reading.epsilon is not None:
        return said
    if report.detectable >= TOTAL_LEAK:
        return said
    return words.say("finding.would show", finding=said, score=words.number(report.detectable))


def about(reading: Reading) -> str:
    """What verdict and finding say, for who has never seen one."""
    words = reading.words
    group = "about claim" if reading.epsilon is not None else "about"
    verdict = words.say(f"{group}.verdict.{reading.report.verdict}")
    return f"{verdict} {words.say('about.finding')}"


def facts(reading: Reading) -> tuple[Fact, ...]:
    """The key figures of the first screen, each with what it means."""
    report, words = reading.report, reading.words
    if reading.epsilon is not None:
        return (_bound(reading),)
    found = []
    if report.score is not None:
        found.append(
            Fact(
                words.say("fact.score"),
                words.value_of(report.score),
                words.span_of(report.score),
                words.say("fact.score.note"),
                words.say("fact.score.about"),
            )
        )
    if reading.rate is not None:
        fpr = setting_of(reading.rate, "fpr")
        found.append(
            Fact(
                words.metric_name(reading.rate.name),
                words.value_of(reading.rate),
                words.span_of(reading.rate),
                words.say("fact.rate.note"),
                words.say("fact.rate.about", rate=words.one_in(fpr or 1.0)),
            )
        )
    if report.detectable is not None:
        found.append(
            Fact(
                words.say("fact.detectable"),
                words.number(report.detectable),
                "",
                words.say("fact.detectable.note"),
                words.say("fact.detectable.about"),
            )
        )
    return (*found, *_accuracy(reading))


def _accuracy(reading: Reading) -> tuple[Fact, ...]:
    accuracy, words = reading.report.accuracy, reading.words
    if "nonmember" not in accuracy:
        return ()
    note = ""
    if "member" in accuracy:
        note = words.say("fact.accuracy.note", share=words.share(accuracy["member"]))
    about = words.say("fact.accuracy.about")
    shares = [(words.say("fact.accuracy"), "nonmember", note)]
    if "utility" in accuracy:
        shares.append((words.say("fact.utility"), "utility", ""))
    return tuple(
        Fact(name, words.share(accuracy[side]), _between(reading, side), said, about)
        for name, side, said in shares
    )


def _between(reading: Reading, side: str) -> str:
    """The interval of an accuracy, or nothing where it was not measured."""
    accuracy, words = reading.report.accuracy, reading.words
    if f"{side}_low" not in accuracy or f"{side}_high" not in accuracy:
        return ""
    low, high = (words.share(accuracy[f"{side}_{end}"]) for end in ("low", "high"))
    return words.say("from to", low=low.removesuffix(f"{SPACE}%"), high=high)


def _bound(reading: Reading) -> Fact:
    words, bound = reading.words, reading.epsilon
    assert bound is not None
    return Fact(
        words.say("fact.epsilon"),
        f"≥ {words.bound(bound.low)}",
        "",
        words.say("fact.epsilon.note", level=words.share(bound.level)),
        words.say("fact.epsilon.about"),
    )


def _too_few(reading: Reading) -> str:
    """The report's own sentence, which says how many it takes; without that in an older report."""
    said = reading.words.written(reading.report.headline)
    return reading.words.say("headline.too few") if isinstance(said, Original) else said


def _claim(reading: Reading) -> str:
    words, bound, limit = reading.words, reading.epsilon, reading.limit_of_claim
    assert bound is not None
    values = {"low": words.bound(bound.low), "level": words.share(bound.level)}
    if limit is None:
        return words.say("headline.claim.none", **values)
    return words.say(f"headline.claim.{reading.report.verdict}", limit=words.plain(limit), **values)


def _leak(reading: Reading) -> str:
    words, report, rate = reading.words, reading.report, reading.rate
    score = ""
    if report.score is not None:
        span = words.span_of(report.score)
        score = words.say("headline.score", score=words.value_of(report.score), span=span)
    if rate is not None and beats_guessing(rate):
        fpr = setting_of(rate, "fpr") or 1.0
        return words.say(
            "headline.leak.rate",
            rate=words.one_in(fpr),
            found=words.value_of(rate),
            span=words.span_of(rate),
            blind=words.share(fpr),
            score=score,
        )
    if report.score is not None and report.score.low > 0:
        return words.say("headline.leak.score", score=score)
    exposed = [c for c in report.checks if c.role == "slice" and c.p_adjusted is not None]
    if not exposed:
        return ""
    worst = min(exposed, key=lambda check: check.p_adjusted or 0.0)
    return words.say("headline.leak.slice", name=words.name(worst.name, limit=SENTENCE_LIMIT))
