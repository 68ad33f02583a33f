"""TFX: a component that tests the trained model and blesses it, or not, for the Pusher.

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

Beside an Evaluator, whose blessing the Pusher takes already, put the Pusher under
``tfx.dsl.Cond(tester.outputs["passed"].future()[0].value == 1)``.
"""

# TFX reads the annotations of a component: they must not be postponed in this module

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from tacit.core import InvalidInput, Outputs
from tacit.core.optional import require
from tacit.integrations.pipeline import privacy_test

PURPOSE = "The component for TFX"
annotations: Any = require(
    "tfx.dsl.component.experimental.annotations", extra="tfx", purpose=PURPOSE
)
decorators: Any = require("tfx.dsl.component.experimental.decorators", extra="tfx", purpose=PURPOSE)
kinds: Any = require("tfx.types.artifact", extra="tfx", purpose=PURPOSE)
standard: Any = require("tfx.types.standard_artifacts", extra="tfx", purpose=PURPOSE)

# examples scored at a time
BATCH = 256


class PrivacyReport(kinds.Artifact):  # type: ignore[misc]
    """The report of a privacy test: ``report.html`` for people, ``report.json`` for tacit."""

    TYPE_NAME = "TacitPrivacyReport"
    PROPERTIES = {  # noqa: RUF012
        "verdict": kinds.Property(type=kinds.PropertyType.STRING),
        "finding": kinds.Property(type=kinds.PropertyType.STRING),
        "vulnerability": kinds.Property(type=kinds.PropertyType.FLOAT),
    }


class Told(TypedDict):
    """What the component tells other components: the verdict, and 1 where it is a pass."""

    verdict: str
    passed: int


@decorators.component  # type: ignore[untyped-decorator]
def PrivacyTester(
    examples: annotations.InputArtifact[standard.Examples],
    model: annotations.InputArtifact[standard.Model],
    report: annotations.OutputArtifact[PrivacyReport],
    blessing: annotations.OutputArtifact[standard.ModelBlessing],
    policy: annotations.Parameter[str] = "",
    label_key: annotations.Parameter[str] = "label",
    members: annotations.Parameter[str] = "train",
    nonmembers: annotations.Parameter[str] = "eval",
    signature: annotations.Parameter[str] = "serving_default",
    output_key: annotations.Parameter[str] = "",
    title: annotations.Parameter[str] = "model",
    effort: annotations.Parameter[str] = "full",
    seed: annotations.Parameter[int] = 0,
) -> Told:
    """Audit a saved model on the splits that it was, and was not, trained on.

    The blessing is that of TFX's Evaluator: the Pusher reads it. The verdict stands in ML Metadata,
    as a property of the report and as an execution's output.

    Parameters
    ----------
    examples : with one split that the model was trained on, and one that it never saw.
    model : with a serving signature that takes serialised examples.
    report : gets ``report.html`` and ``report.json``.
    blessing : given only where the policy passes.
    policy : JSON as in a policy file, ``{"at_most": {"advantage": 0.1}}``; empty for the built-in.
    label_key : the feature that holds the class, 0 to k - 1.
    members, nonmembers : names of the two splits.
    signature, output_key : which answer of the model; the only one where the key is empty.
    title, effort, seed : as `tacit.audit` takes them.
    """
    folder = Path(report.uri)
    folder.mkdir(parents=True, exist_ok=True)
    inside, outside = (
        split_outputs(examples, model, split, label_key, signature, output_key)
        for split in (members, nonmembers)
    )
    tested = privacy_test(
        None,
        inside,
        outside,
        json.loads(policy) if policy else None,
        write={"html": folder / "report.html", "json": folder / "report.json"},
        title=title,
        effort=effort,
        seed=seed,
    )
    report.verdict, report.finding = tested.verdict, tested.report.finding
    if "vulnerability" in tested.metrics():
        report.vulnerability = tested.metrics()["vulnerability"]
    passed = int(tested.passed)
    bless(blessing, passed=tested.passed)
    return {"verdict": tested.verdict, "passed": passed}


def bless(blessing: Any, *, passed: bool) -> None:
    """Write the mark, and the property that the Pusher reads."""
    folder = Path(blessing.uri)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ("BLESSED" if passed else "NOT_BLESSED")).write_bytes(b"")
    blessing.set_int_custom_property("blessed", int(passed))


def split_outputs(
    examples: Any, model: Any, split: str, label_key: str, signature: str, output_key: str
) -> Outputs:
    """What the saved model answers for the serialised examples of one split.

    Raises
    ------
    InvalidInput : the split, the signature, the output or the label is not there; says which.
    """
    from tacit.adapters.answers import answered

    tensorflow: Any = require("tensorflow", extra="tfx", purpose=PURPOSE)
    paths: Any = require("tfx.utils.path_utils", extra="tfx", purpose=PURPOSE)
    artifacts: Any = require("tfx.types.artifact_utils", extra="tfx", purpose=PURPOSE)
    loaded = tensorflow.saved_model.load(paths.serving_model_path(model.uri))
    if signature not in loaded.signatures:
        there = ", ".join(loaded.signatures)
        raise InvalidInput(f"The model has no signature `{signature}`; it has {there}.")
    serve = loaded.signatures[signature]
    (argument,) = serve.structured_input_signature[1]

    def ask(serialised: NDArray[Any]) -> NDArray[Any]:
        answers = serve(**{argument: tensorflow.constant(serialised)})
        key = output_key or (next(iter(answers)) if len(answers) == 1 else "")
        if key not in answers:
            there = ", ".join(answers)
            raise InvalidInput(
                f"`output_key` needs one of the model's outputs {there}, got {key!r}."
            )
        return np.asarray(answers[key])

    files = tensorflow.io.gfile.glob(f"{artifacts.get_split_uri([examples], split)}/*")
    return answered(ask, _batches(tensorflow, files, label_key))


def _batches(
    tensorflow: Any, files: list[str], label_key: str
) -> Iterator[tuple[NDArray[Any], NDArray[np.int64]]]:
    """Serialised examples and their classes, a batch at a time; shards are read one by one."""
    records = tensorflow.data.TFRecordDataset(sorted(files), compression_type="GZIP").batch(BATCH)
    for batch in records:
        serialised = batch.numpy()
        labels = [_label(tensorflow.train.Example.FromString(one), label_key) for one in serialised]
        yield serialised, np.asarray(labels, np.int64)


def _label(example: Any, label_key: str) -> int:
    values = example.features.feature[label_key].int64_list.value
    if len(values) != 1:
        raise InvalidInput(f"The feature `{label_key}` needs one whole number, got {len(values)}.")
    return int(values[0])
