"""Sentences that speak of the model speak of the release where a synthetic table was audited."""

import pytest

from tacit.core import CheckResult, Report
from tacit.render import LANGUAGES, rendered
from tacit.render.reading import Reading
from tacit.render.words import Words

RELEASE = Report(
    "leak",
    "fail",
    "This release leaks.",
    checks=(CheckResult("Gen-LRA", role="attack", n_members=200, n_nonmembers=200),),
    chosen="Gen-LRA",
    environment={"audit": "synthetic data"},
)
WORDS = {"en": "release", "de": "Veröffentlichung", "fr": "publication"}


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_report_about_a_release_does_not_speak_of_the_model(code):
    words = Words.of(code)
    said = Reading.of(RELEASE, words).words.say("standing.leak.fail")
    assert WORDS[code] in said
    assert said != words.say("standing.leak.fail")
    assert words.say("about.finding") not in rendered(RELEASE, suffix=".md", lang=code)
