"""What an advantage, a rate and an epsilon mean, worked out by hand."""

import math

import pytest

from tacit.core import CheckResult, Estimate, Report
from tacit.render.reading import Reading, beats_guessing
from tacit.render.sections import meaning
from tacit.render.words import SPACE, Words

WORDS = Words.of("en")


def estimate(name, value, low, high, **settings):
    return Estimate(name, value, low, high, 0.95, 100, "by hand", settings=settings)


def reading(*estimates, score=None, finding="leak"):
    chosen = CheckResult("loss", "attack", estimates=estimates)
    report = Report(
        finding,
        "neutral" if finding is None else "inconclusive",
        "",
        score=score,
        checks=(chosen,),
        chosen="loss",
    )
    return Reading.of(report, WORDS)


def plain(text):
    return text.replace(SPACE, " ")


@pytest.mark.parametrize(
    ("score", "said"),
    [
        # 50 (1 + advantage) of 100
        ((0.34, 0.30, 0.38), "gets 67 right (65 to 69)"),
        ((0.0, -0.04, 0.04), "gets 50 right (48 to 52)"),
        ((-0.2, -0.3, -0.1), "gets 40 right (35 to 45)"),
        # one decimal more where the ends would look alike
        ((0.002, 0.0, 0.004), "gets 50.1 right (50.0 to 50.2)"),
        ((1.0, 0.9, 1.4), "gets 100 right (95 to 100)"),
        ((-1.0, -1.4, -0.9), "gets 0 right (0 to 5)"),
        ((0.3, 0.3, 0.3), "gets 65 right (65 to 65)"),
    ],
)
def test_an_advantage_as_guesses_out_of_a_hundred(score, said):
    assert said in meaning._guesses(estimate("advantage", *score), WORDS)


def test_an_open_end_is_left_out():
    said = meaning._guesses(estimate("advantage", 0.3, -math.inf, 0.5), WORDS)
    assert "gets 65 right;" in said


def test_precision_by_bayes():
    """A tenth are members; half of them and a twentieth of the others accused: 50 of 95."""
    assert meaning._precision(0.5, 0.05, 0.1) == pytest.approx(50 / 95)
    assert meaning._precision(1.0, 1.0, 0.3) == pytest.approx(0.3)
    assert meaning._precision(0.0, 0.0, 0.3) == 0.0
    found = meaning._computed(0.5, estimate("tpr@fpr=0.01", 0.03, -0.1, 1.2))
    assert found.value == pytest.approx(3 / 4)
    assert found.low == 0.0
    assert found.high == pytest.approx(1 / 1.01)
    assert found.name == "ppv"
    # without a rate of false accusations everybody may be accused
    assert meaning._computed(0.2, estimate("tpr", 1.0, 1.0, 1.0)).value == pytest.approx(0.2)


def cells(reading_):
    (table,) = [b for b in meaning.section(reading_).blocks if hasattr(b, "rows")]
    return [(plain(row[0]), plain(row[1].text), plain(row[2])) for row in table.rows]


def test_each_base_rate_has_its_own_precision():
    """At 1 % wrong 20 % found: half 0.2/0.21, a tenth 0.02/0.029, 1 in 100 2/11.9, 1 in 1,000."""
    rate = estimate("tpr@fpr=0.01", 0.2, 0.1, 0.3)
    found = cells(reading(rate, score=estimate("advantage", 0.2, 0.1, 0.3)))
    assert [row[0] for row in found] == ["1 in 2", "1 in 10", "1 in 100", "1 in 1,000"]
    assert [row[2] for row in found] == [
        "about 952 of 1,000 accused are members",
        "about 690 of 1,000 accused are members",
        "about 168 of 1,000 accused are members",
        "about 20 of 1,000 accused are members",
    ]
    # 0.1 / 0.11 to 0.3 / 0.31
    assert found[0][1] == "95 % (91–97 %)"


def test_a_rate_that_beats_nothing_is_not_quoted():
    rate = estimate("tpr@fpr=0.01", 0.02, 0.01, 0.03)
    found = cells(reading(rate, score=estimate("advantage", 0.2, 0.1, 0.3)))
    assert found[0][1] == "50 to 75 %"
    assert found[0][2] == "not shown to beat guessing (500 of 1,000)"
    assert found[3][2] == "not shown to beat guessing (1 of 1,000)"
    just = cells(reading(estimate("tpr@fpr=0.01", 0.02, 0.0101, 0.03)))
    assert just[0][2].startswith("about 667")


def test_one_of_a_thousand_is_one():
    rate = estimate("tpr@fpr=0.5", 0.55, 0.51, 0.6)
    row = meaning._row(0.001, meaning._computed(0.001, rate), WORDS)
    assert row[2] == "about 1 of 1,000 accused is a member"
    beyond = meaning._row(0.1, estimate("ppv", 1.2, 0.5, 1.0), WORDS)
    assert beyond[2].startswith("about 1,000 of 1,000")


def test_measured_precision_comes_first_where_it_shows_something():
    rate = estimate("tpr@fpr=0.01", 0.2, 0.1, 0.3)
    shown = estimate("ppv@prior=0.1", 0.6, 0.4, 0.8, fpr=0.1)
    weak = estimate("ppv@prior=0.5", 0.6, 0.5, 0.8, fpr=0.1)
    found = cells(reading(rate, shown, weak))
    assert [row[0] for row in found] == ["1 in 2", "1 in 10"]
    assert found[1][1] == "60 % (40–80 %)"
    assert found[0][2] == "not shown to beat guessing (500 of 1,000)"
    # where none is shown and the rate beats guessing, the rate speaks
    assert len(cells(reading(rate, weak))) == 4
    nothing = estimate("tpr@fpr=0.01", 0.01, 0.005, 0.02)
    assert [row[0] for row in cells(reading(nothing, weak))] == ["1 in 2"]


def test_the_setting_is_that_of_the_rows():
    rate = estimate("tpr@fpr=0.01", 0.2, 0.1, 0.3)
    shown = estimate("ppv@prior=0.1", 0.6, 0.4, 0.8, fpr=0.1)
    bare = estimate("ppv@prior=0.1", 0.6, 0.4, 0.8)
    assert plain(meaning._setting(reading(rate))) == "When 1 in 100 non-members is accused"
    assert plain(meaning._setting(reading(rate, shown))) == "When 1 in 10 non-members is accused"
    assert plain(meaning._setting(reading(rate, bare))) == "By the chosen attack"


def test_an_epsilon_as_what_somebody_becomes_sure_of():
    """e^eps / (1 + e^eps): 3 of 4 at log 3; never less than half."""
    for low, sure in ((math.log(3), "75 %"), (-1.0, "50 %"), (0.0, "50 %"), (800.0, "100 %")):
        bound = estimate("epsilon", 2.0, low, math.inf)
        text = plain(meaning.section(reading(bound)).blocks[0].text)
        assert f"may end up {sure} sure" in text
        assert "wrong in at most 5 % of audits" in text


def test_a_rate_beats_guessing_beyond_its_false_accusations_only():
    assert not beats_guessing(estimate("tpr@fpr=0.1", 0.3, 0.1, 0.4))
    assert beats_guessing(estimate("tpr@fpr=0.1", 0.3, 0.1001, 0.4))
    assert not beats_guessing(estimate("tpr", 0.9, 0.8, 1.0))
    assert beats_guessing(estimate("tpr", 0.3, 0.2, 0.4, fpr=0.1))


def test_the_headline_rate_is_the_strictest_that_beats_guessing():
    mille = estimate("tpr@fpr=0.001", 0.0, 0.0, 0.01)
    cent = estimate("tpr@fpr=0.01", 0.1, 0.05, 0.2)
    tenth = estimate("tpr@fpr=0.1", 0.5, 0.4, 0.6)
    assert reading(tenth, cent, mille).rate == cent
    assert reading(mille, tenth).rate == tenth
    assert reading(mille).rate == mille
    low = estimate("tpr@fpr=0.1", 0.1, 0.05, 0.2)
    assert reading(low, mille).rate == mille
    assert reading(estimate("auc", 0.6, 0.5, 0.7)).rate is None


def test_a_bound_is_read_only_where_there_is_no_score():
    bound = estimate("epsilon", 2.0, 1.0, math.inf)
    assert reading(bound).epsilon == bound
    assert reading(bound, score=estimate("advantage", 0.2, 0.1, 0.3)).epsilon is None
    assert reading(bound).level == 0.95
    ninety = Estimate("advantage", 0.2, 0.1, 0.3, 0.9, 100, "by hand")
    assert reading(bound, score=ninety).level == 0.9
