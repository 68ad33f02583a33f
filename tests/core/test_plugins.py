"""Attacks, metrics and adapters of other packages are used, not only listed."""

from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import ClassVar

import numpy as np
import pytest

import tacit
from tacit.core import AtMost, Estimate, InvalidInput, Policy, plugins
from tacit.metrics import auc, named

RNG = np.random.default_rng(0)
MEMBER = tacit.Outputs(loss=RNG.exponential(0.5, 400))
NONMEMBER = tacit.Outputs(loss=RNG.exponential(1.0, 400))


@dataclass(frozen=True)
class Doubled:
    """Twice the signal."""

    learns: ClassVar[bool] = False
    reference: ClassVar[str] = "by hand"

    def __call__(self, signals):
        return 2.0 * signals.target[:, 0]


def excess(evidence, *, level=0.95):
    """Area beyond chance."""
    found = auc(evidence, level=level)
    return Estimate(
        "excess", found.value - 0.5, found.low - 0.5, found.high - 0.5, level, found.n, "DeLong"
    )


class Stranger:
    """A model of a framework that tacit does not know."""


def answered(model, x, y=None, *, batch_size=256, kind="auto", check=True):
    """What a stranger answers."""
    return tacit.Outputs(loss=np.asarray(x, float))


@pytest.fixture
def installed(monkeypatch):
    """A package that offers one of each."""
    here = __name__
    offered = {
        "tacit.attacks": {"doubled": EntryPoint("doubled", f"{here}:Doubled", "tacit.attacks")},
        "tacit.metrics": {"excess": EntryPoint("excess", f"{here}:excess", "tacit.metrics")},
        "tacit.adapters": {
            "tests.Stranger": EntryPoint("tests.Stranger", f"{here}:answered", "tacit.adapters"),
            "broken": EntryPoint("broken", "no_such_module:x", "tacit.adapters"),
        },
    }
    monkeypatch.setattr(plugins, "_found", lambda group: offered[group])
    monkeypatch.setattr(EntryPoint, "load", lambda self: globals()[self.value.partition(":")[2]])


def test_an_attack_is_run_by_its_name_and_as_an_object(installed):
    report = tacit.audit(member=MEMBER, nonmember=NONMEMBER, attacks=["doubled", Doubled()])
    assert [check.name for check in report.checks if check.role == "attack"] == [
        "doubled",
        "Doubled",
    ]
    assert report.finding == "leak"


def test_attacks_of_tacit_are_run_by_their_names():
    report = tacit.audit(member=MEMBER, nonmember=NONMEMBER, attacks=["loss threshold"])
    assert report.chosen == "loss threshold"
    with pytest.raises(InvalidInput, match="Did you mean 'Threshold'"):
        tacit.audit(member=MEMBER, nonmember=NONMEMBER, attacks=["Treshold"])
    with pytest.raises(InvalidInput, match="needs a list"):
        tacit.audit(member=MEMBER, nonmember=NONMEMBER, attacks="Threshold")
    with pytest.raises(InvalidInput, match="not both"):
        tacit.audit(member=MEMBER, nonmember=NONMEMBER, attacks=["Threshold"], checks=[])


def test_a_metric_of_another_package_can_be_gated(installed):
    assert named("excess") is excess
    policy = Policy("p", AtMost("excess", 0.01))
    report = tacit.audit(member=MEMBER, nonmember=NONMEMBER, policy=policy)
    assert report.verdict == "fail"
    assert report.verdicts[0].estimate.name == "excess"


def test_a_metric_that_a_check_brings_can_be_gated():
    check = tacit.Check("mine", "loss", Doubled(), metrics=("auc", excess))
    policy = Policy("p", AtMost("excess", 0.9))
    report = tacit.audit(member=MEMBER, nonmember=NONMEMBER, checks=[check], policy=policy)
    assert report.verdict == "pass"


def test_an_adapter_of_another_package_is_found_by_the_class_it_names(installed, monkeypatch):
    from tacit import adapters

    monkeypatch.setattr(adapters, "is_a", lambda model, *names: "tests.Stranger" in names)
    outputs = adapters.outputs_of(Stranger(), [1.0, 2.0])
    assert outputs.loss.tolist() == [1.0, 2.0]


def test_a_plug_in_that_cannot_be_loaded_says_so(monkeypatch):
    entry = EntryPoint("broken", "no_such_module:x", "tacit.metrics")
    monkeypatch.setattr(plugins, "_found", lambda group: {"broken": entry})
    with pytest.raises(InvalidInput, match=r"'broken' of 'tacit\.metrics' cannot be loaded"):
        plugins.plugin("tacit.metrics", "broken")
    with pytest.raises(InvalidInput, match="No installed package offers 'boken'"):
        plugins.plugin("tacit.metrics", "boken")
