"""Options of every audit that cannot be used, one row each: named before anything is asked."""

import re

import numpy as np
import pytest

import tacit
from tacit import Check, InvalidInput, Membership, Outputs, Signals
from tacit.attacks import LiRA, Threshold
from tacit.audits.steps.named_attacks import attack_of
from tacit.core.options import flag, require_a, require_callback, seed_of, several

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 2))
Y = (X[:, 0] > 0).astype(int)
LOSS = RNG.exponential(size=60)
SIDES = {"member": Outputs(loss=LOSS[:30]), "nonmember": Outputs(loss=LOSS[30:])}
ROWS = {"train": (X[:30], Y[:30]), "test": (X[30:], Y[30:])}
MEMBERSHIP = Membership(np.arange(60) < 30)
SIGNALS = Signals(
    target=X[:, :1], shadow=RNG.normal(size=(6, 60, 1)), shadow_member=RNG.random((6, 60)) < 0.5
)
TEXTS = [f"a sentence about {number}" for number in range(8)]


def never(x):
    raise AssertionError("the model was asked before the options were read")


def audit(**options):
    return lambda: tacit.audit(never, **ROWS, **options)


def shadow(**options):
    return lambda: tacit.shadow_audit(SIGNALS, MEMBERSHIP, **options)


def report(title):
    return tacit.Report("inconclusive", "inconclusive", "nothing", title=title)


# case: (call, what the error says)
TABLE = {
    "a seed of None": (audit(seed=None), "`seed`.*below 2\\*\\*32, got None"),
    "a seed of True": (audit(seed=True), "`seed`.*got True"),
    "a seed below 0": (audit(seed=-1), "`seed`.*got -1"),
    "a seed that no learner takes": (audit(seed=2**32), "`seed`.*got 4294967296"),
    "records by a word": (audit(records="no"), "`records` needs True or False, got 'no'"),
    "progress that is switched on": (audit(progress=True), r"`progress`.*\(what, done, of\)"),
    "a level in percent": (audit(level=95), "`level`.*got 95"),
    "a cell of half a record": (audit(min_cell=2.5), "`min_cell`.*got 2.5"),
    "another assignment": (audit(assignment="random"), "`assignment`.*observed"),
    "another effort": (audit(effort="Full"), "`effort` needs 'full' or 'quick', got 'Full'"),
    "shadows, and another effort": (audit(effort="max", shadows=4), "`effort`"),
    "names for checks": (audit(checks=["loss"]), "`checks`.*got 'loss' in it.*into `attacks`"),
    "one check alone": (audit(checks=Check("a", "loss", Threshold())), "`checks`.*list"),
    "another kind": (
        lambda: tacit.audit(lambda x: x, **ROWS, kind="prob"),
        "`kind` needs one of auto, logits, probs, prediction, loss, got 'prob'",
    ),
    "a class for an attack": (
        lambda: tacit.audit(**SIDES, attacks=[Threshold]),
        r"made of its class: write `Threshold\(\)`",
    ),
    "one attack alone": (lambda: tacit.audit(**SIDES, attacks=Threshold()), "`attacks`.*list"),
    "no attacks": (lambda: tacit.audit(**SIDES, attacks=[]), "`attacks`.*got none"),
    "texts at a level in percent": (
        lambda: tacit.audit_text(never, None, member=TEXTS, nonmember=TEXTS, level=95),
        "`level`",
    ),
    "texts in cells of none": (
        lambda: tacit.audit_text(never, None, member=TEXTS, nonmember=TEXTS, min_cell=0),
        "`min_cell`",
    ),
    "labels with a seed of None": (
        lambda: tacit.audit_label_only(never, **ROWS, seed=None),
        "`seed`",
    ),
    "a release with records by a word": (
        lambda: tacit.audit_synthetic(
            {"a": X[:, 0]},
            member={"a": X[:, 0]},
            nonmember={"a": X[:, 0]},
            reference={"a": X[:, 0]},
            records="yes",
        ),
        "`records`",
    ),
    "a misspelled argument of a release": (
        lambda: tacit.audit_synthetic(
            {"a": X[:, 0]},
            member={"a": X[:, 0]},
            nonmember={"a": X[:, 0]},
            reference={"a": X[:, 0]},
            secretes=["a"],
        ),
        "no argument `secretes`. Did you mean 'secrets'",
    ),
    "texts with no tries": (
        lambda: tacit.audit_text(never, None, member=TEXTS, nonmember=TEXTS, tries=0),
        "`tries` needs a number of samples, 1 or more, got 0",
    ),
    "arrays for signals": (
        lambda: tacit.shadow_audit(X, MEMBERSHIP),
        "`signals` needs tacit.Signals, got ndarray",
    ),
    "an array for a membership": (
        lambda: tacit.shadow_audit(SIGNALS, np.ones(60)),
        r"`membership` needs tacit.Membership, got ndarray. Membership\(member\)",
    ),
    "one shadow attack alone": (shadow(attacks=LiRA()), r"`attacks`.*\[LiRA\(\)\]"),
    "no shadow attacks": (shadow(attacks=[]), "`attacks` needs at least one"),
    "a shadow attack that nobody knows": (shadow(attacks=["Lira"]), "Did you mean 'LiRA'"),
    "an accuracy in percent": (shadow(accuracy=87), "`accuracy`.*0.87 for 87 %.*got 87"),
    "shadow accuracies in percent": (shadow(shadow_accuracy=[90.0]), "`shadow_accuracy`.*got 90"),
    "one shadow accuracy": (shadow(shadow_accuracy=0.9), "`shadow_accuracy` needs a list"),
    "an attack by its name": (
        lambda: tacit.collect("LiRA", SIGNALS, MEMBERSHIP),
        r"`attack`.*LiRA\(\), got 'LiRA'",
    ),
    "arrays for collect": (
        lambda: tacit.collect(Threshold(), X, MEMBERSHIP),
        r"`signals`.*ndarray. Signals.of\(score\)",
    ),
    "an array for the truth": (
        lambda: tacit.collect(Threshold(), SIGNALS, np.ones(60)),
        "`membership`",
    ),
    "names for a run": (lambda: tacit.run(["loss"], SIGNALS, MEMBERSHIP), "`checks`"),
    "arrays for a run": (
        lambda: tacit.run([Check("a", "loss", Threshold())], X, MEMBERSHIP),
        "`signals`.*ndarray",
    ),
    "one report to compare": (lambda: tacit.compare(report("a")), "`reports`.*list.*one"),
    "reports by name": (
        lambda: tacit.compare({"a": report("a")}),
        r"`reports`.*list\(reports.values\(\)\)",
    ),
    "paths of reports": (
        lambda: tacit.compare(["a.json", "b.json"]),
        r"`reports`.*'a.json'.*tacit.Report.load\(path\)",
    ),
    "a history by name": (lambda: tacit.history({"1": report("a")}), "`reports`.*list"),
    "versions in one word": (
        lambda: tacit.history([report("a"), report("b")], versions="ab"),
        "`versions` needs a list of names, got str",
    ),
    "an epsilon for a mechanism": (
        lambda: tacit.audit_reconstruction(Y[:30] > 0, chance=0.1, claim=8),
        r"`claim`.*tacit.dp.ApproxDP\(epsilon, delta\).*got 8",
    ),
    "a class for a mechanism": (
        lambda: tacit.audit_reconstruction(Y[:30] > 0, chance=0.1, claim=tacit.dp.Gaussian),
        "got the class Gaussian",
    ),
    "the secret in column True": (
        lambda: tacit.audit_attribute(never, secret=True, reference=(X, Y), **ROWS),
        "`secret` needs a column.*got True",
    ),
}


@pytest.mark.parametrize(("call", "said"), TABLE.values(), ids=TABLE)
def test_an_option_that_cannot_be_used_is_named_with_what_to_do(call, said):
    with pytest.raises(InvalidInput, match=re.compile(said, re.DOTALL)):
        call()


def test_options_as_they_should_be_are_taken_as_they_are():
    assert (seed_of(2**32 - 1), seed_of(np.int64(7))) == (2**32 - 1, 7)
    assert flag(np.True_, "records") is True
    assert several((number for number in (1, 2)), "epochs", "epochs", kind=int) == (1, 2)
    require_callback(None, "progress", "(what, done, of)")
    require_callback(print, "progress", "(what, done, of)")
    require_a(MEMBERSHIP, Membership, "membership", "")


def test_a_shadow_attack_may_be_named():
    assert attack_of("LiRA") == LiRA()
    named = tacit.shadow_audit(SIGNALS, MEMBERSHIP, attacks=["LiRA"])
    made = tacit.shadow_audit(SIGNALS, MEMBERSHIP, attacks=[LiRA()])
    assert named.to_dict() == made.to_dict()


def test_reports_may_come_from_a_generator():
    with pytest.raises(InvalidInput, match="2 names or epochs, got 2 runs of one name"):
        tacit.compare(report("a") for _ in range(2))
