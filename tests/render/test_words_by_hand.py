"""Numbers in words at their edges: where a digit, a sign or a per cent begins."""

import math

import pytest

from tacit.core import Estimate, Note, Verdict
from tacit.render.blocks import Original
from tacit.render.words import SPACE, Words, is_share, parts_of, upper_first

ENGLISH, FRENCH, GERMAN = (Words.of(code) for code in ("en", "fr", "de"))


def plain(text):
    return text.replace(SPACE, " ")


def estimate(name, value, low, high):
    return Estimate(name, value, low, high, 0.95, 100, "by hand")


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (0.5, "1 in 2"),
        (0.51, "51 %"),
        (0.4, "40 %"),
        (0.3, "30 %"),
        (1 / 3, "1 in 3"),
        (0.15, "15 %"),
        (0.1, "1 in 10"),
        (0.03, "1 in 33"),
        (0.015, "1 in 67"),
        # 3 x 0.34 is 1.02: two per cent, and no more
        (0.3399, "1 in 3"),
        (0.3401, "34 %"),
        (1e-5, "1 in 100,000"),
        (0.0, "0 %"),
        (1.0, "100 %"),
    ],
)
def test_one_in_n_is_said_where_a_whole_number_is_near(rate, text):
    assert plain(ENGLISH.one_in(rate)) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0, "< 0.001"),
        (0.000999, "< 0.001"),
        (0.001, "0.001"),
        (0.0014, "0.001"),
        (0.0096, "0.01"),
        (0.01, "0.01"),
        (0.0123, "0.012"),
        (0.05, "0.05"),
        (0.0504, "0.05"),
        (0.0506, "0.051"),
        (0.0949, "0.095"),
        (0.095, "0.10"),
        (0.1, "0.10"),
        (1.0, "1.00"),
    ],
)
def test_p_values_at_their_edges(p, text):
    assert plain(ENGLISH.p_value(p)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-6, "0.00010 %"),
        (0.99e-6, "< 0.0001 %"),
        (0.00996, "1.00 %"),
        (0.0949, "9.5 %"),
        (0.104, "10 %"),
        (0.994, "99 %"),
        (0.9949, "99 %"),
        (0.995, "99.5 %"),
        (0.999, "99.9 %"),
        (0.99901, "> 99.9 %"),
        (1.04, "104.0 %"),
        (-0.0213, "−2.1 %"),
        (-0.5, "−50 %"),
    ],
)
def test_shares_at_their_edges(value, text):
    assert plain(ENGLISH.share(value)) == text


def test_a_share_may_have_more_digits_or_fewer():
    assert plain(ENGLISH.share(0.12345, digits=3)) == "12.3 %"
    assert plain(ENGLISH.share(0.12345, digits=4)) == "12.35 %"
    assert plain(ENGLISH.share(0.05, digits=1)) == "5 %"
    assert plain(GERMAN.share(0.0213)) == "2,1 %"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0949, "0.095"),
        (0.095, "0.10"),
        (-0.0949, "−0.095"),
        (0.00999, "0.0100"),
        (123.456, "123.46"),
        (-math.inf, "−∞"),
        (-0.004, "−0.0040"),
        (-1e-9, "0.000000"),
        (1.2e-5, "0.000012"),
        (1.2e-6, "0.000001"),
    ],
)
def test_numbers_at_their_edges(value, text):
    assert ENGLISH.number(value) == text
    assert ENGLISH.number(-0.004, decimals=2) == "0.00"
    assert ENGLISH.number(-0.006, decimals=2) == "−0.01"


def test_counts_settings_and_plurals():
    assert ENGLISH.count(1234567.9) == "1,234,567"
    assert plain(GERMAN.count(1234567)) != ENGLISH.count(1234567)
    assert ENGLISH.plain(0.1) == "0.1"
    assert ENGLISH.plain(-2.5) == "−2.5"
    assert [plain(ENGLISH.counted(n, "member")) for n in (0, 1, 2)] == [
        "0 members",
        "1 member",
        "2 members",
    ]
    # in French nothing is one
    zero, one, two = (plain(FRENCH.counted(n, "member")) for n in (0, 1, 2))
    assert zero.removeprefix("0") == one.removeprefix("1") != two.removeprefix("2")
    assert ENGLISH.amount(math.inf) == "–"
    assert ENGLISH.amount(3.0) == "3"
    assert ENGLISH.amount(None) == "–"


@pytest.mark.parametrize(
    ("found", "text"),
    [
        # a third of the half-width is the last decimal: .03 / 3 = .01, .029 / 3 < .01
        (estimate("advantage", 0.3, 0.27, 0.33), "0.30 (0.27–0.33)"),
        (estimate("advantage", 0.3, 0.2711, 0.3289), "0.300 (0.271–0.329)"),
        (estimate("auc", 0.5, 0.4999999, 0.5000001), "0.500000 (0.500000–0.500000)"),
        (estimate("advantage", -0.3, -0.4, -0.2), "−0.30 (−0.40 to −0.20)"),
        (estimate("epsilon", 1.5, 1.0, math.inf), "1.50 (at least 1.00)"),
        (estimate("epsilon", 1.0, 1.0, math.inf), "at least 1.00"),
        (estimate("epsilon", 1.0, -math.inf, 1.0), "at most 1.00"),
        (estimate("accuracy", 0.9, 0.8, 0.95), "90 % (80–95 %)"),
        (estimate("accuracy", 0.9001, 0.9, 0.9002), "90.01 % (90.00–90.02 %)"),
        (estimate("accuracy", 0.5, 0.5, 0.5001), "50 % (50–50 %)"),
        (estimate("balanced_accuracy", 0.7, 0.65, 0.75), "70 % (65–75 %)"),
        (estimate("tpr@fpr=0.1", 0.5, 0.2, math.inf), "50 % (at least 20 %)"),
        (estimate("extraction difference", -0.05, -0.1, 0.01), "−5.0 % (−10 to 1.0 %)"),
    ],
)
def test_estimates_at_their_edges(found, text):
    assert plain(ENGLISH.both_of(found)) == text


def test_value_and_ends_stand_in_their_places():
    found = estimate("tpr@fpr=0.01", 0.021, 0.012, 0.035)
    assert plain(ENGLISH.value_of(found)) == "2.1 %"
    assert plain(ENGLISH.span_of(found)) == "1.2 to 3.5 %"


@pytest.mark.parametrize(
    "name",
    [
        "tpr@fpr=0.1",
        "ppv@prior=0.5",
        "balanced_accuracy",
        "accuracy",
        "reconstruction rate",
        "extraction",
    ],
)
def test_shares_are_shown_in_per_cent(name):
    assert is_share(name)


@pytest.mark.parametrize(
    "name", ["advantage", "auc", "epsilon", "exposure", "my tpr", "pauc@fpr=0.1"]
)
def test_scores_are_not(name):
    assert not is_share(name)


def test_parts_of_names():
    assert parts_of("ppv@prior=0.01") == ("ppv", {"prior": 0.01})
    for other in ("a@b", "a=1", "a@b=inf", "a@b=nan", "@"):
        assert parts_of(other) == (other, {})
    assert upper_first("") == ""
    assert upper_first("a B") == "A B"


def test_limits_of_shares_are_told_in_per_cent_and_others_as_they_are():
    def rule(metric, relation, limit):
        return plain(ENGLISH.rule(Verdict("pass", metric, relation, limit)))

    assert rule("tpr@fpr=0.01", "at most", 0.07).endswith("at most 7 %")
    assert rule("advantage", "at most", 0.07).endswith("at most 0.07")
    assert rule("accuracy", "at least", 0.7).endswith("at least 70 %")
    assert rule("epsilon", "not refuted", 0.5) == "Claimed ε of 0.5 not refuted"
    assert "inf" in rule("epsilon", "at most", math.inf)


def test_a_sentence_that_a_language_lacks_is_told_as_an_original():
    assert type(ENGLISH.written("Zxq 5 % of it.")) is str
    assert ENGLISH.written("Zxq 5 % of it.") == f"Zxq 5{SPACE}% of it."
    assert isinstance(GERMAN.written("Zxq 5 % of it."), Original)
    note = Note("auc", "zxq is missing", 20, 2, "members")
    assert plain(GERMAN.reason(note)) != plain(GERMAN.reason(Note("auc", "zxq is missing", 20, 2)))
    assert ENGLISH.reason(note) == "Zxq is missing"
    assert isinstance(GERMAN.reason(Note("auc", "zxq is missing")), Original)


def test_a_setting_belongs_to_its_metric():
    assert plain(ENGLISH.metric_name("mine@fpr=0.1")) == "mine@fpr=0.1"
    assert ENGLISH.metric_name("pauc@x=0.1") == "pauc@x=0.1"
    assert ENGLISH.metric_name("tpr@prior=0.1") == "tpr@prior=0.1"
    assert ENGLISH.metric_name("ppv@fpr=0.1") == "ppv@fpr=0.1"


def test_four_digits_are_the_most_of_a_share():
    close = estimate("accuracy", 0.123456, 0.123455, 0.123457)
    assert plain(ENGLISH.both_of(close)) == "12.35 % (12.35–12.35 %)"
    three = estimate("accuracy", 0.1234, 0.1224, 0.1244)
    assert plain(ENGLISH.both_of(three)) == "12.3 % (12.2–12.4 %)"
