"""Defaults, ways back and refusals of the smallest nouns: notes, kinds of attack, JSON, scales."""

import math
import sys
import types
from types import SimpleNamespace

import numpy as np
import pytest

from tacit.core import (
    InvalidInput,
    Membership,
    MissingDependency,
    Note,
    NotEnoughData,
    Statistic,
    errors,
    presentation,
)
from tacit.core.attack_class import CLASSES, attack_class, listed
from tacit.core.optional import require
from tacit.core.plain import finite, parsed, require_kind
from tacit.core.statistic import OWN_SCALES, scale_of


def report_of(*names, score=None, **environment):
    chosen = SimpleNamespace(estimates=[SimpleNamespace(name=name) for name in names])
    return SimpleNamespace(
        environment=environment, score=score, chosen_check=chosen if names else None
    )


@pytest.mark.parametrize(
    ("report", "kind"),
    [
        (report_of(), "membership"),
        (report_of(n_shadows=0), "membership"),
        (report_of(n_shadows=4), "membership with shadow models"),
        (report_of("auc"), "membership"),
        (report_of("epsilon"), "differential privacy claim"),
        (report_of("epsilon if Gaussian", n_shadows=4), "differential privacy claim"),
        (report_of("epsilon", score=object()), "membership"),
        (report_of("exposure"), "exposure"),
        (report_of("extraction difference"), "extraction"),
        (report_of("extracted"), "extraction"),
        (report_of("attribute advantage"), "attribute inference"),
        (report_of("reconstruction"), "reconstruction"),
        (report_of("unlearning"), "unlearning"),
        (report_of("epsilon", audit="synthetic data"), "synthetic data"),
        (report_of(audit="property inference"), "property inference"),
        (report_of(audit="astrology"), "membership"),
        (report_of(audit=3), "membership"),
    ],
)
def test_the_kind_of_attack_is_what_was_said_or_what_was_measured(report, kind):
    assert attack_class(report) == kind


def test_every_kind_is_listed_and_further_ones_where_they_were_tested():
    assert len(CLASSES) == 9
    assert listed(["membership"]) == CLASSES
    assert listed(["property inference"]) == (*CLASSES, "property inference")


def test_an_error_of_too_little_data_is_kept_in_a_note():
    plain = NotEnoughData("few")
    assert (plain.needed, plain.got, plain.unit) == (None, None, "records")
    note = Note.of("auc", NotEnoughData("too few", needed=5, got=2, unit="members"))
    assert note == Note("auc", "too few", 5, 2, "members")
    assert str(note) == "too few"
    assert Note.from_dict(note.to_dict()) == note
    bare = Note("auc", "why")
    assert (bare.needed, bare.got, bare.unit) == (None, None, "")
    assert type(Note("auc", "why", np.int64(3), np.float64(2)).got) is int


@pytest.mark.parametrize("wrong", [(3, "why"), ("auc", None), ("auc", "why", 1, 1, 2)])
def test_a_note_is_text(wrong):
    with pytest.raises(InvalidInput, match="needs text"):
        Note(*wrong)


def test_errors_are_one_tree():
    assert issubclass(errors.NotFinite, InvalidInput)
    assert issubclass(InvalidInput, ValueError)
    assert issubclass(MissingDependency, ImportError)
    for kind in (InvalidInput, NotEnoughData, errors.AssumptionError, MissingDependency):
        assert issubclass(kind, errors.TacitError)


def test_numbers_that_json_lacks_become_none_at_any_depth():
    given = {"a": [1.5, math.inf, (math.nan, {"b": -math.inf})], "c": "inf", "d": 3}
    assert finite(given) == {"a": [1.5, None, [None, {"b": None}]], "c": "inf", "d": 3}


@pytest.mark.parametrize("text", ["{", "NaN", "[Infinity]", "[" * 100_000])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(InvalidInput, match="not a tacit report"):
        parsed(text, "report")
    assert parsed('{"a": 1}', "report") == {"a": 1}


@pytest.mark.parametrize(
    ("plain", "says"),
    [
        ([], "no `kind` of 'k'"),
        ({"kind": "other", "schema": 1}, "no `kind` of 'k'"),
        ({"kind": "k", "schema": 2}, "schema 2, this tacit reads schema 1"),
        ({"kind": "k"}, "schema None"),
    ],
)
def test_another_kind_or_schema_is_refused(plain, says):
    with pytest.raises(InvalidInput, match=says):
        require_kind(plain, "k", 1, "report")
    require_kind({"kind": "k", "schema": 1}, "k", 1, "report")


def test_scales_are_those_of_the_statistics():
    assert OWN_SCALES["loss"] == "log-likelihood"
    assert scale_of("scaled_logit") == "logit"
    assert scale_of("max_confidence") == "probability"
    assert scale_of("my own") == "none"
    own = Statistic("mine", lambda outputs: outputs)
    assert own.scale == "none"
    assert own("given") == "given"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("", len), "`name`"),
        ((3, len), "`name`"),
        (("a", 3), "callable"),
        (("a", len, "x"), "scale"),
    ],
)
def test_a_statistic_is_a_name_a_function_and_a_scale(given, says):
    with pytest.raises(InvalidInput, match=says):
        Statistic(*given)


def test_a_membership_is_observed_unless_it_says_more_and_is_taken_in_order():
    key = Membership([1, 0, 1], cluster=["b", "a", "b"])
    assert key.assignment == "observed"
    assert key.n == 3
    part = key.take(np.array([2, 1]))
    assert part.member.tolist() == [True, False]
    assert part.cluster.tolist() == key.cluster[[2, 1]].tolist()
    drawn = Membership([1, 0], assignment="coin").take(np.array([True, False]))
    assert (drawn.n, drawn.cluster, drawn.assignment) == (1, None, "coin")
    for wrong, says in ((([],), "at least one"), (([1], None, "guessed"), "guessed")):
        with pytest.raises(InvalidInput, match=says):
            Membership(*wrong)


def test_what_is_missing_is_told_with_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "tacit_test_absent", None)
    with pytest.raises(MissingDependency, match=r"It needs `tacit_test_absent`.*privacy\[much\]"):
        require("tacit_test_absent", extra="much", purpose="It")
    assert require("math", extra="much", purpose="It") is math


def test_a_report_is_shown_by_the_room_that_registered(monkeypatch):
    monkeypatch.setattr(presentation, "_RENDERERS", {})
    imported = []

    def load(name):
        imported.append(name)
        presentation.register(
            rendered=lambda report, suffix, lang: f"{report}{suffix}{lang}",
            notebook=lambda report: f"<{report}>",
        )
        return types.ModuleType(name)

    monkeypatch.setattr(presentation, "import_module", load)
    assert presentation.rendered("r", ".txt") == "r.txten"
    assert presentation.rendered("r", ".txt", lang="de") == "r.txtde"
    assert presentation.notebook("r") == "<r>"
    assert imported == ["tacit.render"]
