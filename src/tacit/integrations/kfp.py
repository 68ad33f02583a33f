"""Kubeflow Pipelines (and Vertex AI): a component that tests a model and gates what follows.

::

    from kfp import dsl
    from tacit.integrations.kfp import privacy_tester

    @dsl.pipeline(name="train-test-push")
    def pipeline():
        trained = train()
        tested = privacy_tester(
            member=trained.outputs["member_outputs"],
            nonmember=trained.outputs["nonmember_outputs"],
            policy={"at_most": {"advantage": 0.1}},
        )
        with dsl.If(tested.outputs["Output"] == "pass"):
            push(model=trained.outputs["model"])
"""

from collections.abc import Callable, Sequence
from typing import Any

from tacit.core.optional import require

dsl: Any = require("kfp.dsl", extra="kfp", purpose="The component for Kubeflow Pipelines")

BASE_IMAGE = "python:3.11-slim"
PACKAGES = ("tacit-privacy",)


def _privacy_tester(
    member: dsl.Input[dsl.Dataset],
    nonmember: dsl.Input[dsl.Dataset],
    report_html: dsl.Output[dsl.HTML],
    report_json: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    policy: dict = {},  # type: ignore[type-arg]  # noqa: B006
    title: str = "model",
    effort: str = "full",
    level: float = 0.95,
    seed: int = 0,
) -> str:
    # the source of this function is what runs in the container: everything is imported in it
    from tacit.integrations.pipeline import privacy_test

    result = privacy_test(
        None,
        member.path,
        nonmember.path,
        policy,
        write={"html": report_html.path, "json": report_json.path},
        title=title,
        effort=effort,
        level=level,
        seed=seed,
    )
    for name, value in result.metrics().items():
        metrics.log_metric(name, value)
    for artifact in (report_html, report_json, metrics):
        artifact.metadata["verdict"] = result.verdict
        artifact.metadata["finding"] = result.report.finding
    # one output without a name: the only kind that `dsl.If` can read in local runs too
    return result.verdict


def component(
    *, packages: Sequence[str] = PACKAGES, base_image: str = BASE_IMAGE
) -> Callable[..., Any]:
    """The component, for an image and packages of your own.

    Its inputs are two artifacts with what the model answered, ``member`` and ``nonmember`` (npz,
    parquet or csv as `tacit audit` reads them), and the parameters ``policy`` (as in a policy file:
    ``{"at_most": {"advantage": 0.1}}``; empty for the built-in one), ``title``, ``effort``,
    ``level`` and ``seed``. It returns the verdict, ``"pass"``, ``"fail"`` or ``"inconclusive"``
    (``outputs["Output"]``), and the artifacts ``report_html``, ``report_json`` and ``metrics``,
    which carry the verdict in their metadata.

    Parameters
    ----------
    packages : what is installed in the container before it runs; empty where the image has tacit.
    base_image : the container's image.
    """
    made: Callable[..., Any] = dsl.component(
        _privacy_tester, base_image=base_image, packages_to_install=list(packages)
    )
    return made


privacy_tester = component()
