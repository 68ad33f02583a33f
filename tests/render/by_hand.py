"""Reports put together by hand, of a few numbers; loaded by the files of tests that need them."""

from tacit.core import CheckResult, Estimate, Report
from tacit.render.reading import Reading
from tacit.render.words import SPACE, Words

WORDS = Words.of("en")


def estimate(name, value, low, high, *, n=100, p=None, **settings):
    return Estimate(name, value, low, high, 0.95, n, "by hand", p_value=p, settings=settings)


SCORE = estimate("advantage", 0.2, 0.1, 0.3)


def check(name, *found, role="attack", p=None, **more):
    return CheckResult(name=name, role=role, estimates=found, p_value=p, p_adjusted=p, **more)


def reading(*checks, words=WORDS, **more):
    given = {"score": SCORE, "chosen": checks[0].name if checks else ""} | more
    finding = given.pop("finding", "leak")
    return Reading.of(Report(finding, "inconclusive", "Said.", checks=checks, **given), words)


def plain(text):
    return text.replace(SPACE, " ")
