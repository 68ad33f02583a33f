"""Numbers in words: never a rounded 0 or 100, as exact as the interval allows."""

import math

import pytest

import tacit
from tacit.audits.steps.verdict import headline_of
from tacit.core import AtMost, Estimate, NotRefuted, Outputs, Verdict
from tacit.render import LANGUAGES, rendered
from tacit.render.words import SPACE, Words, parts_of, setting_of

ENGLISH = Words.of("en")


def plain(text):
    return text.replace(SPACE, " ")


def estimate(name, value, low, high):
    return Estimate(name, value, low, high, 0.95, 100, "by hand")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.0213, "2.1 %"),
        (0.5, "50 %"),
        (0.996, "99.6 %"),
        (0.9996, "> 99.9 %"),
        (1e-9, "< 0.0001 %"),
        (0.00035, "0.035 %"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_or_all(value, text):
    assert plain(ENGLISH.share(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.34, "0.34"),
        (0.0, "0.00"),
        (-0.3, "−0.30"),
        (0.049, "0.049"),
        (0.0011, "0.0011"),
        (1e-8, "0.000000"),
        (math.inf, "∞"),
    ],
)
def test_a_number_has_two_digits_that_matter(value, text):
    assert ENGLISH.number(value) == text


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (estimate("advantage", 0.34, 0.30, 0.38), "0.34 (0.30–0.38)"),
        (estimate("advantage", -0.0056, -0.072, 0.061), "−0.01 (−0.07 to 0.06)"),
        (estimate("advantage", 0.00006, -0.0039, 0.004), "0.000 (−0.004 to 0.004)"),
        (estimate("auc", 0.5555, 0.5550, 0.5560), "0.5555 (0.5550–0.5560)"),
        (estimate("tpr@fpr=0.01", 0.012, 0.0118, 0.0122), "1.20 % (1.18–1.22 %)"),
        (estimate("tpr@fpr=0.01", 0.021, 0.012, 0.035), "2.1 % (1.2–3.5 %)"),
        (estimate("tpr@fpr=0.01", 0.0, 0.0, 0.0082), "0 % (0–0.82 %)"),
        (estimate("advantage", 0.3, 0.3, 0.3), "0.30 (0.30–0.30)"),
    ],
)
def test_an_estimate_is_as_exact_as_its_interval_allows(found, text):
    assert plain(ENGLISH.both_of(found)) == text


def test_a_bound_says_which_way_it_goes():
    assert ENGLISH.span_of(estimate("epsilon", 1.2, 1.2, math.inf)) == "at least 1.20"
    assert ENGLISH.span_of(estimate("epsilon", 1.2, -math.inf, 1.2)) == "at most 1.20"
    assert plain(ENGLISH.span_of(estimate("tpr@fpr=0.1", 0.5, 0.2, math.inf))) == "at least 20 %"


@pytest.mark.parametrize(
    ("name", "text", "short"),
    [
        ("tpr@fpr=0.001", "Members found, 1 in 1,000 wrong", "Found, 1 in 1,000"),
        (
            "tpr@fpr<=0.01",
            "Members found, at most 1 in 100 wrong",
            "Members found, at most 1 in 100 wrong",
        ),
        (
            "ppv@prior=0.01",
            "Accusations right where 1.0 % are members",
            "Accusations right where 1.0 % are members",
        ),
        ("pauc@fpr=0.01", "AUC below 1 in 100 wrong", "AUC below 1 in 100 wrong"),
        ("advantage", "Vulnerability score (advantage)", "Score"),
        ("my\x00metric", "my\\x00metric", "my\\x00metric"),
    ],
)
def test_metrics_have_names_that_people_read(name, text, short):
    assert plain(ENGLISH.metric_name(name)) == text
    assert plain(ENGLISH.short_metric_name(name)) == short


def test_rules_are_read_in_words_and_strange_ones_stay():
    found = estimate("tpr@fpr=0.01", 0.02, 0.01, 0.03)
    assert (
        plain(ENGLISH.rule(AtMost("tpr@fpr=0.01", 0.05)(found)))
        == "Members found, 1 in 100 wrong, at most 5 %"
    )
    assert ENGLISH.rule(Verdict("pass", "advantage", "at most", 0.1)) == (
        "Vulnerability score (advantage), at most 0.1"
    )
    bound = estimate("epsilon", 1.0, 1.0, math.inf)
    assert ENGLISH.rule(NotRefuted(8)(bound)) == "Claimed ε of 8 not refuted"
    assert ENGLISH.rule(Verdict("pass", "mine", "is much")) == "mine is much"


def test_small_words():
    assert plain(ENGLISH.one_in(0.001)) == "1 in 1,000"
    assert plain(ENGLISH.one_in(0.9)) == "90 %"
    assert [plain(ENGLISH.p_value(value)) for value in (None, 1e-9, 0.004, 0.034, 0.5)] == [
        "–",
        "< 0.001",
        "0.004",
        "0.034",
        "0.50",
    ]
    assert plain(ENGLISH.counted(1, "member")) == "1 member"
    assert plain(ENGLISH.counted(2000, "nonmember")) == "2,000 non-members"
    assert ENGLISH.amount("many") == "–"
    assert ENGLISH.amount(2995) == "2,995"


def test_a_setting_is_a_field_and_only_an_old_report_has_it_in_the_name():
    new = Estimate("tpr", 0.1, 0.0, 0.2, 0.95, 9, "by hand", settings={"fpr": 0.25})
    assert setting_of(new, "fpr") == 0.25
    assert setting_of(estimate("tpr@fpr=0.1", 0.1, 0.0, 0.2), "fpr") == 0.1
    assert setting_of(estimate("auc", 0.6, 0.5, 0.7), "fpr") is None
    assert parts_of("tpr@fpr<=0.1") == ("tpr", {"fpr<": 0.1})
    assert parts_of("mine@x=much") == ("mine@x=much", {})


def test_a_total_leak_is_not_called_a_score_of_one():
    report = tacit.Report(
        "inconclusive", "inconclusive", headline_of("inconclusive", None, 0.998), detectable=0.998
    )
    for lang in LANGUAGES:
        text = rendered(report, suffix=".txt", lang=lang)
        assert "1,00" not in text.splitlines()[4]
        assert "1.00" not in text.splitlines()[4]
    assert "even a total one" in headline_of("inconclusive", None, 0.998)
    assert "from 0.99 upwards" in headline_of("inconclusive", None, 0.99)


def test_a_reader_is_told_what_a_caller_is_told_in_plain_words():
    note = tacit.Note("tpr@fpr=0.01", "TPR at FPR 0.01 needs 100 independent non-members, got 3.")
    assert Words.of("en").reason(note) == (
        "To be wrong about so few of them, 100 independent non-members are needed; there are 3."
    )


def test_too_few_records_say_how_many_it_takes():
    report = tacit.audit(member=Outputs(loss=[0.1, 0.2]), nonmember=Outputs(loss=[0.3, 0.7]))
    assert report.headline == (
        "Inconclusive: there are too few records to measure anything;"
        " the least is 4 records of each side."
    )
    assert "mindestens 4 Datensätze auf jeder Seite" in rendered(report, suffix=".txt", lang="de")


@pytest.mark.parametrize(
    ("name", "low", "text"),
    [
        ("epsilon", 0.996, "at least 0.99"),
        ("epsilon", 1.0, "at least 1.00"),
        ("epsilon", 0.09996, "at least 0.09"),
        ("epsilon", 0.0126, "at least 0.012"),
        ("epsilon", 0.0, "at least 0.00"),
        ("tpr@fpr=0.01", 0.0299, f"at least 2.9{SPACE}%"),
        ("tpr@fpr=0.01", 0.0996, f"at least 9.9{SPACE}%"),
        ("tpr@fpr=0.01", 0.3, f"at least 30{SPACE}%"),
    ],
)
def test_a_lower_bound_is_rounded_down(name, low, text):
    found = Estimate(name, low, low, math.inf, 0.95, 100, "by hand")
    assert Words.of("en").span_of(found) == text


@pytest.mark.parametrize(
    ("name", "high", "text"),
    [
        ("auc", 0.6012, "at most 0.61"),
        ("auc", 0.6, "at most 0.60"),
        ("tpr@fpr=0.01", 0.0291, f"at most 3.0{SPACE}%"),
    ],
)
def test_an_upper_bound_is_rounded_up(name, high, text):
    found = Estimate(name, high, -math.inf, high, 0.95, 100, "by hand")
    assert Words.of("en").span_of(found) == text


def test_bounds_that_are_infinite_stay_so():
    words = Words.of("de")
    assert words.bound(math.inf) == "∞"
    assert words.bound(1.999) == "1,99"
    assert words.bound(1.991, upper=True) == "2,00"
