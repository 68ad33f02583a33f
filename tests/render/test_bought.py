"""What each knob bought: the confirmed row shows fresh trainings, and nothing else is claimed."""

from dataclasses import replace

import pytest

from tacit.core import Comparison, Estimate, InvalidInput
from tacit.core.comparison import Confirmed, Difference, Point
from tacit.core.presentation import rendered
from tacit.plots import ParetoDisplay
from tacit.render import LANGUAGES


def estimate(value, half, name="advantage difference"):
    return Estimate(name, value, value - half, value + half, 0.95, 6, "Welch's t over runs")


def point(name, accuracy, score, seconds):
    return Point(
        name,
        name,
        None,
        accuracy,
        estimate(score, 0.02, "advantage"),
        runs=3,
        accuracy_low=accuracy - 0.01,
        accuracy_high=accuracy + 0.01,
        seconds=seconds,
    )


CONFIRMED = Confirmed(
    estimate(0.12, 0.03),
    estimate(-0.004, 0.002, "accuracy difference"),
    5,
    estimate(0.2, 0.02, "advantage"),
    estimate(0.08, 0.02, "advantage"),
    "now",
    "decay",
)
FOUND = Comparison(
    (point("now", 0.75, 0.2, 10.0), point("decay", 0.747, 0.06, 12.0), point("wide", 0.7, 0.3, 30)),
    (
        Difference("wide", "now", estimate(0.1, 0.05), accuracy=estimate(-0.05, 0.01)),
        Difference("decay", "now", estimate(-0.14, 0.05), accuracy=estimate(-0.003, 0.01)),
    ),
    "decay",
    "decay lowers the vulnerability.",
    baseline="now",
    confirmed=CONFIRMED,
)


def told(comparison, suffix=".txt", **options):
    return " ".join(rendered(comparison, suffix, **options).split())


def test_the_price_and_what_was_had_for_it_are_one_sentence():
    assert (
        "“decay” gives up 0.4 points of accuracy (−0.6 to −0.2) for 60 % of the vulnerability of"
        " “now”, confirmed on 5 fresh trainings of each." in told(FOUND)
    )


@pytest.mark.parametrize(
    ("price", "says"),
    [
        (
            estimate(0.02, 0.01),
            "“decay” gains 2.0 points of accuracy (+1.0 to +3.0) and loses 60 %",
        ),
        (estimate(0.0, 0.01), "its accuracy is not shown to differ (0.0 points, −1.0 to +1.0)"),
        (None, "“decay” loses 60 % of the vulnerability of “now”, confirmed"),
    ],
)
def test_accuracy_is_won_lost_or_not_known(price, says):
    changed = replace(FOUND, confirmed=replace(CONFIRMED, accuracy=price))
    assert says in told(changed).replace("\xa0", " ")


def test_what_was_not_confirmed_is_not_claimed():
    refuted = replace(FOUND, confirmed=replace(CONFIRMED, score=estimate(0.02, 0.05)))
    assert "5 fresh trainings of each do not show it" in told(refuted)
    assert "not shown" in told(refuted)
    assert "Nothing of this was confirmed" in told(replace(FOUND, confirmed=None))
    assert "What each knob bought" not in told(replace(FOUND, baseline=""))


def test_the_confirmed_row_comes_first_and_shows_the_fresh_trainings():
    rows = [line for line in rendered(FOUND, ".md").splitlines() if line.startswith("| ")]
    bought = [row for row in rows if "×" in row]
    assert "decay" in bought[0]
    assert "−0.12 (−0.15 to −0.09)" in bought[0]
    assert "×1.2" in bought[0]
    assert "+0.10 (" not in bought[0]
    assert "×3.0" in bought[1]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_the_table(lang):
    page = rendered(FOUND, ".html", lang=lang)
    assert 'id="bought"' in page
    assert "60" in page


def test_a_point_has_an_error_bar_for_accuracy_too():
    page = rendered(FOUND, ".html")
    assert '"left": [0.74]' in page or '"left":[0.74]' in page
    bars = page.count('class="bar s0')
    assert bars == 2
    plain = replace(
        FOUND,
        points=tuple(replace(p, accuracy_low=None, accuracy_high=None) for p in FOUND.points),
    )
    assert rendered(plain, ".html").count('class="bar s0') == 1
    pytest.importorskip("matplotlib")
    drawn = ParetoDisplay.from_comparison(FOUND).plot()
    assert drawn.artists[0].has_xerr


def test_json_gives_it_back_and_damage_is_named():
    text = FOUND.to_json()
    again = Comparison.from_json(text)
    assert again.to_json() == text
    assert again.confirmed == CONFIRMED
    plain = FOUND.to_dict()
    plain["confirmed"]["runs"] = "many"
    with pytest.raises(InvalidInput, match=r"confirmed\.runs"):
        Comparison.from_dict(plain)
    first = {k: v for k, v in FOUND.to_dict().items() if k not in ("baseline", "confirmed")}
    first["differences"] = [
        {k: v for k, v in d.items() if k != "accuracy"} for d in first["differences"]
    ]
    assert Comparison.from_dict(first).confirmed is None


def test_no_more_than_all_of_the_vulnerability_can_go():
    assert replace(CONFIRMED, score=estimate(0.25, 0.03)).share == 1.0
    assert replace(CONFIRMED, baseline_score=estimate(-0.01, 0.02)).share is None
