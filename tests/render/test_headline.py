"""The finding in one sentence and the key figures beside it, by hand."""

import math
import runpy
from dataclasses import replace
from pathlib import Path

from tacit.core.report import TOTAL_LEAK
from tacit.render import headline
from tacit.render.words import Words

BY_HAND = runpy.run_path(str(Path(__file__).with_name("by_hand.py")))
WORDS, SCORE, estimate, check, reading, plain = (
    BY_HAND[name] for name in ("WORDS", "SCORE", "estimate", "check", "reading", "plain")
)
GERMAN = Words.of("de")


RATES = tuple(
    estimate(f"tpr@fpr={f}", v, low, v + 0.1) for f, v, low in ((0.01, 0.2, 0.1), (0.1, 0.5, 0.4))
)


def test_key_figures_by_hand():
    made = reading(
        check("mine", *RATES),
        detectable=0.123,
        accuracy={"member": 0.99, "nonmember": 0.8, "nonmember_low": 0.75, "nonmember_high": 0.85},
    )
    score, rate, least, accuracy = headline.facts(made)
    assert (score.value, plain(score.span)) == ("0.20", "0.10 to 0.30")
    assert (plain(rate.value), plain(rate.span)) == ("20 %", "10 to 30 %")
    assert "1 in 100" in plain(rate.about)
    assert least.value == "0.12"
    assert (plain(accuracy.value), plain(accuracy.span)) == ("80 %", "75 to 85 %")
    assert "99 %" in plain(accuracy.note)
    bare = reading(check("mine"), accuracy={"nonmember": 0.8, "nonmember_low": 0.7})
    assert headline.facts(bare)[-1].span == ""
    assert len(headline.facts(reading(check("mine"), accuracy={"member": 0.9}))) == 1


def test_what_would_have_shown_stands_beside_what_was_not_found():
    def said(detectable, finding="no leak found"):
        return headline.finding(reading(check("mine"), detectable=detectable, finding=finding))

    assert said(0.2) == WORDS.say(
        "finding.would show", finding=WORDS.say("finding.no leak found"), score="0.20"
    )
    assert said(None) == WORDS.say("finding.no leak found")
    assert said(0.2, "leak") == WORDS.say("finding.leak")
    # an advantage of about one is a total leak, and no number
    assert said(0.999) == WORDS.say("finding.no leak found")


def test_a_leak_in_another_language_is_told_by_what_is_sure():
    def said(*checks, **more):
        return plain(headline.headline(reading(*checks, words=GERMAN, **more)))

    rate = said(check("mine", *RATES))
    assert "20 %" in rate
    assert "0,20" in rate
    weak = estimate("tpr@fpr=0.01", 0.02, 0.005, 0.05)
    score = said(check("mine", weak))
    assert "0,20" in score
    assert "2,0 %" not in score
    none = replace(SCORE, low=0.0)
    exposed = tuple(
        check(n, SCORE, role="slice", p=p)
        for n, p in (("first", 0.04), ("worst", 0.001), ("no", None))
    )
    assert "worst" in said(check("mine", weak), *exposed, score=none)
    assert said(check("mine", weak), score=none) == "Said."


def test_a_claim_says_the_lower_bound():
    bound = estimate("epsilon", 9.0, 1.5, math.inf)
    made = reading(check("mine", bound), score=None, words=GERMAN)
    said = plain(headline.headline(made))
    assert "1,50" in said
    assert "9" not in said.replace("95 %", "")
    (fact,) = headline.facts(made)
    assert fact.value == "≥ 1,50"
    assert "95 %" in plain(fact.note)


def test_what_is_not_found_is_told_apart_from_what_is_open():
    def said(finding, detectable):
        made = reading(check("mine"), words=GERMAN, finding=finding, detectable=detectable)
        return headline.headline(made)

    assert said("no leak found", 0.2) == GERMAN.say("headline.none", score="0,20")
    assert said("inconclusive", 0.2) == GERMAN.say("headline.open", score="0,20")
    for finding in ("no leak found", "inconclusive"):
        # from 0.995 on it would have to be a total one
        assert said(finding, TOTAL_LEAK) == GERMAN.say("headline.open.total", score="1,00")
    just = headline.finding(reading(check("mine"), finding="inconclusive", detectable=TOTAL_LEAK))
    assert just == WORDS.say("finding.inconclusive")


def test_an_interval_of_an_accuracy_needs_both_ends():
    def span(**ends):
        accuracy = {"nonmember": 0.8} | {f"nonmember_{end}": v for end, v in ends.items()}
        return plain(headline.facts(reading(check("mine"), accuracy=accuracy))[-1].span)

    assert span(low=0.7, high=0.9) == "70 to 90 %"
    assert span(high=0.9) == ""


def test_utility_stands_beside_accuracy_where_it_was_measured():
    accuracy = {"nonmember": 0.8, "utility": 0.6, "utility_low": 0.5, "utility_high": 0.7}
    shown = headline.facts(reading(check("mine"), accuracy=accuracy))[-2:]
    assert [plain(fact.value) for fact in shown] == ["80 %", "60 %"]
    assert [plain(fact.span) for fact in shown] == ["", "50 to 70 %"]


def test_a_leak_by_its_rate_says_at_which_and_what_a_blind_guesser_finds():
    made = reading(check("mine", *RATES), words=GERMAN)
    score = GERMAN.say("headline.score", score=GERMAN.value_of(SCORE), span=GERMAN.span_of(SCORE))
    assert headline.headline(made) == GERMAN.say(
        "headline.leak.rate",
        rate=GERMAN.one_in(0.01),
        found=GERMAN.value_of(RATES[0]),
        span=GERMAN.span_of(RATES[0]),
        blind=GERMAN.share(0.01),
        score=score,
    )
    none = replace(SCORE, low=0.0)
    sure = (check(n, SCORE, role="slice", p=p) for n, p in (("some", 0.01), ("surest", 0.0)))
    weak = estimate("tpr@fpr=0.01", 0.02, 0.005, 0.05)
    told = reading(check("mine", weak), *sure, words=GERMAN, score=none)
    assert headline.headline(told) == GERMAN.say("headline.leak.slice", name="surest")
