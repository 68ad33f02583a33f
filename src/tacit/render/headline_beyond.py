"""The finding in one sentence, of audits of releases, of secret columns and of unlearning."""

from tacit.core import CheckResult, Estimate
from tacit.render.clean import sentence
from tacit.render.reading import Reading, beats_guessing
from tacit.render.words import setting_of


def headline_beyond(reading: Reading) -> str | None:
    """The sentence in the reader's language, from the report's fields; None where there is none."""
    makers = {
        "synthetic data": _release,
        "attribute inference": _attribute,
        "unlearning": _unlearning,
    }
    maker = makers.get(reading.kind)
    return None if maker is None else maker(reading)


def _release(reading: Reading) -> str:
    report, words = reading.report, reading.words
    if not report.attributable:
        return words.say("headline.release.invalid")
    if report.finding == "leak":
        return _leaking_release(reading)
    if report.detectable is None:
        return words.say("headline.too few")
    key = "none" if report.finding == "no leak found" else "open"
    return words.say(f"headline.release.{key}", score=words.number(report.detectable))


def _leaking_release(reading: Reading) -> str:
    report, words, rate = reading.report, reading.words, reading.rate
    score = ""
    if report.score is not None:
        span = words.span_of(report.score)
        score = words.say("headline.score", score=words.value_of(report.score), span=span)
    if rate is not None and beats_guessing(rate):
        fpr = setting_of(rate, "fpr") or 1.0
        return words.say(
            "headline.release.leak.rate",
            rate=words.one_in(fpr),
            found=words.value_of(rate),
            span=words.span_of(rate),
            blind=words.share(fpr),
            score=score,
        )
    return words.say("headline.release.leak", score=score)


def _attribute(reading: Reading) -> str | None:
    report, words, chosen = reading.report, reading.words, reading.chosen
    blind = next((check for check in report.checks if check.role == "blind"), None)
    if chosen is None or blind is None:
        return None
    if not report.attributable:
        return words.say("headline.attribute.invalid")
    said = _guessed(reading, blind, chosen)
    if said is None:
        return None
    if report.finding == "leak":
        return words.say("headline.attribute.leak", said=said)
    if report.detectable is None:
        return None
    key = "none" if report.finding == "no leak found" else "open"
    return words.say(f"headline.attribute.{key}", said=said, score=words.number(report.detectable))


def _guessed(reading: Reading, blind: CheckResult, chosen: CheckResult) -> str | None:
    """How often the secret is guessed, without the model and with it."""
    words = reading.words
    if chosen.n_members != blind.n_members:
        gain = chosen.estimates[0]
        return words.say(
            "headline.attribute.top",
            name=sentence(chosen.name),
            gain=words.value_of(gain),
            span=words.span_of(gain),
        )
    shares = [
        blind.estimate("accuracy, members"),
        chosen.estimate("accuracy, members"),
        chosen.estimate("accuracy, non-members"),
    ]
    told = [words.share(share.value) for share in shares if share is not None]
    if len(told) < len(shares):
        return None
    secret = words.written(reading.report.environment.get("secret", ""))
    before, after, others = told
    return words.say(
        "headline.attribute.all", secret=secret, before=before, after=after, others=others
    )


def _unlearning(reading: Reading) -> str | None:
    report, words, chosen = reading.report, reading.words, reading.chosen
    left = None if chosen is None else chosen.estimate("auc")
    ceiling = _ceiling(reading)
    if chosen is None or left is None or ceiling is None:
        return None
    if not report.attributable:
        return words.say("headline.unlearning.invalid")
    removed = chosen.estimate("share removed")
    more = ""
    if removed is not None:
        value, low, high = (
            words.number(100 * share, decimals=0)
            for share in (removed.value, removed.low, removed.high)
        )
        more = words.say("headline.unlearning.removed", value=value, low=low, high=high)
    said = words.say(
        "headline.unlearning.said",
        left=words.value_of(left),
        span=words.span_of(left),
        ceiling=words.value_of(ceiling),
        removed=more,
    )
    if report.finding == "leak":
        return words.say("headline.unlearning.leak", said=said)
    if report.finding == "no leak found" or report.detectable is None:
        return words.say("headline.unlearning.none", said=said)
    # the advantage is twice the distance of the AUC from one half
    area = words.number(0.5 + report.detectable / 2)
    return words.say("headline.unlearning.open", said=said, area=area)


def _ceiling(reading: Reading) -> Estimate | None:
    """The AUC of models that unlearned nothing: the first control."""
    controls = [check for check in reading.report.checks if check.role == "control"]
    return controls[0].estimate("auc") if controls else None
