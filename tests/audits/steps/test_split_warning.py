"""Do the numbers speak of the model? Every road of the question, with what is asked on it."""

from types import SimpleNamespace

import numpy as np
import pytest

from tacit.audits.steps import split_warning as steps
from tacit.core import CheckResult, Evidence

TELLS = CheckResult("blind", "blind", p_value=0.001)
SILENT = CheckResult("blind", "blind", p_value=0.5)
MEMBER = np.arange(400) < 200


def found(p_value, *, assignment="observed", corrected=(0.5, 0.5), needed=0, shift=0.0):
    rng = np.random.default_rng(0)
    items = [
        SimpleNamespace(
            ranked=object(),
            p=p,
            evidence=Evidence(
                rng.normal(size=400) + shift * MEMBER, MEMBER, None, assignment, "x", np.arange(400)
            ),
        )
        for p in corrected
    ]
    return SimpleNamespace(
        p_value=p_value,
        alpha=0.05,
        needed=needed,
        scored=items,
        shown=items[0],
        p_values=lambda item: (None, item.p),
    )


@pytest.fixture
def asked(monkeypatch):
    """What the comparison with the records is asked; it says that they explain the leak."""
    calls = []

    def compared(found, outputs, table, *, in_slice, seed):
        calls.append(in_slice)
        return SimpleNamespace(passes=False, reason="by the test", results=("baseline",))

    monkeypatch.setattr(steps, "beyond_blind", compared)
    return calls


UNLABELLED = SimpleNamespace(n=400, label=None)


def said(found, *, blind=None, parts=(), columns=None):
    return steps.split_warning(
        found, UNLABELLED, None, parts=parts, columns=columns or {}, blind=blind, seed=0
    )


@pytest.mark.parametrize("assignment", ["coin", "fixed_size"])
def test_a_split_that_was_drawn_is_believed_unless_the_blind_guesser_contradicts(asked, assignment):
    drawn = found(0.001, assignment=assignment, corrected=(0.001, 0.5))
    assert said(drawn, blind=SILENT) == ("", ())
    assert asked == []
    text, results = said(drawn, blind=TELLS)
    assert "by the test" in text
    assert results == ("baseline",)


def test_a_leak_of_a_split_that_was_found_is_compared_with_the_records(asked):
    """At exactly the error too; above it, or with too few records, nothing is compared."""
    assert "by the test" in said(found(0.05, corrected=(0.001, 0.5)), blind=SILENT)[0]
    assert asked == [None]
    assert said(found(0.0501), blind=SILENT) == ("", ())
    assert said(found(0.001, needed=4), blind=SILENT) == ("", ())
    assert len(asked) == 1


def test_where_nothing_is_found_the_split_must_not_give_itself_away_nor_point_backwards():
    assert "the split itself is a giveaway" in said(found(0.5), blind=TELLS)[0]
    assert "swapped" in said(found(0.5, shift=-1.0), blind=SILENT)[0]
    assert said(found(0.5), blind=SILENT) == ("", ())


def test_the_slice_in_which_alone_a_leak_shows_is_the_most_significant_one(asked):
    """One attack on all records is enough for "in all"; the smallest corrected p-value is worst."""
    codes = np.arange(400) % 3
    columns = {"g": (codes, ["a", "b", "c"])}
    parts = [
        CheckResult(f"g = {text}", "slice", slice="g", value=text, p_value=p, p_adjusted=p)
        for text, p in (("a", 0.3), ("b", 0.002), ("c", None))
    ]
    said(found(0.01, corrected=(0.2, 0.3)), parts=parts, columns=columns)
    assert (asked[0] == (codes == 1)).all()
    said(found(0.01, corrected=(0.2, 0.05)), parts=parts, columns=columns)
    assert asked[1] is None
    said(found(0.01, corrected=(0.2, 0.3)), parts=parts[2:], columns=columns)
    assert asked[2] is None


def test_a_leak_that_no_attack_was_tested_for_is_sought_in_its_slice(asked):
    """No corrected p-value of any attack: the leak is not shown for all records."""
    columns = {"g": (np.arange(400) % 2, ["a", "b"])}
    parts = [
        CheckResult(f"g = {text}", "slice", slice="g", value=text, p_value=p, p_adjusted=p)
        for text, p in (("a", 0.002), ("b", 0.0))
    ]
    said(found(0.01, corrected=(None, None)), parts=parts, columns=columns)
    assert (asked[0] == (np.arange(400) % 2 == 1)).all()
    said(found(0.01, corrected=(None, 0.05)), parts=parts, columns=columns)
    assert asked[1] is None


def test_the_first_attack_that_ranks_all_records_says_whether_the_sides_are_swapped():
    """Of one that learns nothing is asked; without any other the one that is shown is."""
    turned = found(0.5, shift=-1.0)
    straight = found(0.5, shift=1.0)
    first, second = straight.scored[0], turned.scored[1]
    turned.scored = [SimpleNamespace(ranked=None, evidence=first.evidence), second]
    turned.shown = first
    assert "swapped" in said(turned, blind=SILENT)[0]
    turned.scored = turned.scored[:1]
    assert said(turned, blind=SILENT) == ("", ())
    turned.shown = second
    assert "swapped" in said(turned, blind=SILENT)[0]


def test_a_draw_with_too_few_records_is_no_reason_to_believe_it(asked):
    """Nothing is compared, but a guesser that contradicts the draw is told."""
    drawn = found(0.001, assignment="coin", needed=4)
    assert "giveaway" in said(drawn, blind=TELLS)[0]
    assert said(drawn, blind=SILENT) == ("", ())
    turned = found(0.001, assignment="coin", needed=4, shift=-1.0)
    assert "swapped" in said(turned, blind=SILENT)[0]
    assert asked == []


def test_a_draw_is_believed_at_exactly_the_error_too(asked):
    drawn = found(0.05, assignment="coin", corrected=(0.001, 0.5))
    assert said(drawn, blind=SILENT) == ("", ())
    assert asked == []
