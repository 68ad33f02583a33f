"""TFX: components that test the trained model and bless it, or not, for the Pusher.

::

    tester = PrivacyTester(
        examples=example_gen.outputs["examples"],
        model=trainer.outputs["model"],
        policy='{"at_most": {"advantage": 0.1}}',
        label_key="label",
    )
    pusher = tfx.components.Pusher(
        model=trainer.outputs["model"], model_blessing=tester.outputs["blessing"], ...
    )

Beside an Evaluator, give its blessing as `evaluator_blessing`: the tester's own is then given only
where both are; or put the Pusher under ``tfx.dsl.Cond(tester.outputs["passed"].future()[0].value
== 1)``. With BulkInferrer before it, `InferenceTester` reads what the model answered there.
"""

# TFX reads the annotations of a component: they must not be postponed in this module

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypedDict

from tacit.core import InvalidInput, Outputs, Report
from tacit.core.history import History
from tacit.core.optional import require
from tacit.integrations import tfx_records as records
from tacit.integrations.pipeline import PrivacyTest, privacy_test

PURPOSE = records.PURPOSE
annotations: Any = require(
    "tfx.dsl.component.experimental.annotations", extra="tfx", purpose=PURPOSE
)
decorators: Any = require("tfx.dsl.component.experimental.decorators", extra="tfx", purpose=PURPOSE)
kinds: Any = require("tfx.types.artifact", extra="tfx", purpose=PURPOSE)
standard: Any = require("tfx.types.standard_artifacts", extra="tfx", purpose=PURPOSE)
beam: Any = require("apache_beam", extra="tfx", purpose=PURPOSE)

# the property of a blessing that says where the report behind it lies
REPORT = "privacy_report"
NEW, OLD = "this model", "blessed model"


class PrivacyReport(kinds.Artifact):  # type: ignore[misc]
    """The report of a privacy test: ``report.html`` for people, ``report.json`` for tacit, and
    ``history.html`` where it was compared with an earlier one.
    """

    TYPE_NAME = "TacitPrivacyReport"
    PROPERTIES = {  # noqa: RUF012
        "verdict": kinds.Property(type=kinds.PropertyType.STRING),
        "finding": kinds.Property(type=kinds.PropertyType.STRING),
        "vulnerability": kinds.Property(type=kinds.PropertyType.FLOAT),
        "change": kinds.Property(type=kinds.PropertyType.STRING),
    }


class Told(TypedDict):
    """What a component tells others: the policy's verdict, 1 where the model was blessed, and how
    it compares with the model that was blessed before.
    """

    verdict: str
    passed: int
    change: str


@decorators.component(use_beam=True)  # type: ignore[untyped-decorator]
def PrivacyTester(
    examples: annotations.InputArtifact[standard.Examples],
    model: annotations.InputArtifact[standard.Model],
    report: annotations.OutputArtifact[PrivacyReport],
    blessing: annotations.OutputArtifact[standard.ModelBlessing],
    baseline_blessing: annotations.InputArtifact[standard.ModelBlessing] = None,
    evaluator_blessing: annotations.InputArtifact[standard.ModelBlessing] = None,
    policy: annotations.Parameter[str] = "",
    label_key: annotations.Parameter[str] = "label",
    members: annotations.Parameter[str] = "train",
    nonmembers: annotations.Parameter[str] = "eval",
    signature: annotations.Parameter[str] = "serving_default",
    output_key: annotations.Parameter[str] = "",
    answer_key: annotations.Parameter[str] = "",
    kind: annotations.Parameter[str] = "",
    by_beam: annotations.Parameter[bool] = False,
    block_worse: annotations.Parameter[bool] = False,
    title: annotations.Parameter[str] = "model",
    effort: annotations.Parameter[str] = "full",
    seed: annotations.Parameter[int] = 0,
    beam_pipeline: annotations.BeamComponentParameter[beam.Pipeline] = None,
) -> Told:
    """Audit a saved model on the splits that it was, and was not, trained on.

    The blessing is that of TFX's Evaluator: the Pusher reads it, and a Resolver finds the latest
    blessed model by it. The verdict stands in ML Metadata, as a property of the report and as an
    execution's output.

    Parameters
    ----------
    examples : with one split that the model was trained on, and one that it never saw; from an
        ExampleGen, a Transform, or BulkInferrer (``output_examples``, see `answer_key`).
    model : with a serving signature that takes serialised examples.
    report : gets ``report.html`` and ``report.json``.
    blessing : given only where the policy passes (and what the two options below ask for).
    baseline_blessing : of the model to compare with, from a Resolver for the latest blessed model;
        each is compared by its report, on the records that it was trained on itself.
    evaluator_blessing : of an Evaluator: without it there is none of ours either.
    policy : JSON as in a policy file, ``{"at_most": {"advantage": 0.1}}``; empty for the built-in.
    label_key : the feature that holds the class, 0 to k - 1, or a regression's target.
    members, nonmembers : names of the two splits.
    signature, output_key : which answer of the model; the only one where the key is empty.
    answer_key : the feature that holds what the model answered, as BulkInferrer's output examples
        have it; the model itself is then not asked.
    kind : what the answers are, ``"logits"``, ``"probs"`` or ``"prediction"``; told by the numbers
        where it is empty.
    by_beam : let Beam's workers read and score the examples, so that no process holds all answers;
        attacks that look at more than the loss are then left out. Needs `kind`.
    block_worse : no blessing for a model that is surely more vulnerable than the one blessed
        before, or that cannot be compared with it.
    title, effort, seed : as `tacit.audit` takes them.
    beam_pipeline : filled by TFX, with the pipeline's ``beam_pipeline_args``.
    """
    paths: Any = require("tfx.utils.path_utils", extra="tfx", purpose=PURPOSE)
    artifacts: Any = require("tfx.types.artifact_utils", extra="tfx", purpose=PURPOSE)
    parse: records.Parse = partial(records.example_pair, label_key=label_key, answer_key=answer_key)
    load: Callable[[], records.Ask] = (
        records.given_answers
        if answer_key
        else partial(
            records.model_answers, paths.serving_model_path(model.uri), signature, output_key
        )
    )
    patterns = {
        side: f"{artifacts.get_split_uri([examples], split)}/*"
        for side, split in (("member", members), ("nonmember", nonmembers))
    }
    sides = _outputs(patterns, parse, load, kind, report, beam_pipeline if by_beam else None)
    tested, change = _tested(
        sides, report, policy, baseline_blessing, title=title, effort=effort, seed=seed
    )
    return _concluded(
        tested, change, model, report, blessing, baseline_blessing, evaluator_blessing, block_worse
    )


@decorators.component(use_beam=True)  # type: ignore[untyped-decorator]
def InferenceTester(
    member: annotations.InputArtifact[standard.InferenceResult],
    nonmember: annotations.InputArtifact[standard.InferenceResult],
    model: annotations.InputArtifact[standard.Model],
    report: annotations.OutputArtifact[PrivacyReport],
    blessing: annotations.OutputArtifact[standard.ModelBlessing],
    baseline_blessing: annotations.InputArtifact[standard.ModelBlessing] = None,
    evaluator_blessing: annotations.InputArtifact[standard.ModelBlessing] = None,
    policy: annotations.Parameter[str] = "",
    label_key: annotations.Parameter[str] = "label",
    output_key: annotations.Parameter[str] = "",
    kind: annotations.Parameter[str] = "",
    by_beam: annotations.Parameter[bool] = False,
    block_worse: annotations.Parameter[bool] = False,
    title: annotations.Parameter[str] = "model",
    effort: annotations.Parameter[str] = "full",
    seed: annotations.Parameter[int] = 0,
    beam_pipeline: annotations.BeamComponentParameter[beam.Pipeline] = None,
) -> Told:
    """Audit what BulkInferrer wrote: prediction logs, with the examples and the answers in them.

    A log does not say from which split an example came, so two BulkInferrers are needed, each with
    one split in its ``data_spec``.

    Parameters
    ----------
    member, nonmember : ``inference_result`` of the two.
    model : which they asked; it gets the blessing, and is not asked again.
    report, blessing, baseline_blessing, evaluator_blessing : as in `PrivacyTester`.
    policy, label_key, output_key, kind, by_beam, block_worse : as there.
    title, effort, seed, beam_pipeline : as there.
    """
    parse: records.Parse = partial(records.log_pair, label_key=label_key, output_key=output_key)
    patterns = {"member": f"{member.uri}/*", "nonmember": f"{nonmember.uri}/*"}
    sides = _outputs(
        patterns, parse, records.given_answers, kind, report, beam_pipeline if by_beam else None
    )
    tested, change = _tested(
        sides, report, policy, baseline_blessing, title=title, effort=effort, seed=seed
    )
    return _concluded(
        tested, change, model, report, blessing, baseline_blessing, evaluator_blessing, block_worse
    )


def _outputs(
    patterns: Mapping[str, str],
    parse: records.Parse,
    load: Callable[[], records.Ask],
    kind: str,
    report: Any,
    pipeline: Any,
) -> dict[str, Outputs]:
    if pipeline is None:
        return records.outputs_here(patterns, parse, load, kind)
    folder = f"{report.uri}/shards"
    return records.outputs_by_beam(patterns, parse, load, kind, folder=folder, pipeline=pipeline)


def _tested(
    sides: Mapping[str, Outputs],
    report: Any,
    policy: str,
    baseline: Any,
    **options: Any,
) -> tuple[PrivacyTest, str]:
    """The test, its files and properties in the artifact, and how it compares."""
    from tacit.audits.history import history

    earlier = _earlier(baseline)
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        tested = privacy_test(
            None,
            sides["member"],
            sides["nonmember"],
            json.loads(policy) if policy else None,
            write={"html": folder / "report.html", "json": folder / "report.json"},
            **options,
        )
        change = "first"
        if earlier is not None:
            both = history([earlier, tested.report], versions=[OLD, NEW], title=tested.report.title)
            both.save(folder / "history.html")
            change = _change(both)
        for path in sorted(folder.iterdir()):
            _copy(path, report.uri)
    report.verdict, report.finding = tested.verdict, tested.report.finding
    report.change = change
    if "vulnerability" in tested.metrics():
        report.vulnerability = tested.metrics()["vulnerability"]
    return tested, change


def _earlier(baseline: Any) -> Report | None:
    """The report behind an earlier blessing."""
    if baseline is None:
        return None
    uri = baseline.get_string_custom_property(REPORT)
    if not uri:
        raise InvalidInput(
            "`baseline_blessing` needs a blessing of a PrivacyTester, got one without a report. Let"
            " the Resolver look among these only: tfx.dsl.Channel(type=ModelBlessing,"
            " producer_component_id='PrivacyTester', output_key='blessing')."
        )
    with _fileio().open(f"{uri}/report.json", "rb") as file:
        return Report.from_json(file.read().decode("utf8"))


def _change(both: History) -> str:
    """``"worse"`` or ``"better"`` where that is more than chance; else ``"not shown"``, or
    ``"unknown"`` where the two cannot be compared.
    """
    if both.steps[0].estimate is None:
        return "unknown"
    if both.worse:
        return "worse"
    return "better" if both.better else "not shown"


def _concluded(
    tested: PrivacyTest,
    change: str,
    model: Any,
    report: Any,
    blessing: Any,
    baseline: Any,
    evaluated: Any,
    block_worse: bool,
) -> Told:
    reasons = [] if tested.passed else [f"the policy's verdict is {tested.verdict}"]
    if block_worse and change in ("worse", "unknown"):
        reasons.append(f"against the model that was blessed before: {change}")
    if evaluated is not None and evaluated.get_int_custom_property("blessed") != 1:
        reasons.append("the Evaluator did not bless it")
    bless(blessing, model, report, reasons=reasons)
    if baseline is not None:
        number = baseline.get_int_custom_property("current_model_id")
        blessing.set_int_custom_property("baseline_model_id", number)
    return {"verdict": tested.verdict, "passed": int(not reasons), "change": change}


def bless(blessing: Any, model: Any, report: Any, *, reasons: list[str]) -> None:
    """Write the mark, and the properties that the Pusher and a Resolver read.

    Parameters
    ----------
    blessing, model, report : artifacts of TFX.
    reasons : against it; the model is blessed where there are none.
    """
    passed = not reasons
    with TemporaryDirectory() as temporary:
        mark = Path(temporary) / ("BLESSED" if passed else "NOT_BLESSED")
        mark.write_bytes(b"")
        _copy(mark, blessing.uri)
    blessing.set_int_custom_property("blessed", int(passed))
    blessing.set_string_custom_property("current_model", model.uri)
    blessing.set_int_custom_property("current_model_id", model.id)
    blessing.set_string_custom_property(REPORT, report.uri)
    blessing.set_string_custom_property("blessing_message", "; ".join(reasons))


def _copy(path: Path, folder: str) -> None:
    """Into a folder of the pipeline's store, wherever that is."""
    files = _fileio()
    files.makedirs(folder)
    files.copy(str(path), f"{folder}/{path.name}", overwrite=True)


def _fileio() -> Any:
    return require("tfx.dsl.io.fileio", extra="tfx", purpose=PURPOSE)
