"""Hugging Face: the report as a section and as results of an existing model card."""

import re
from pathlib import Path
from typing import Any

from tacit.core import InvalidInput, Report
from tacit.core.files import write_whole
from tacit.core.optional import require

BEGIN, END = "<!-- tacit: begin -->", "<!-- tacit: end -->"
SECTION = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
# what marks our results among those of others in the card's metadata
TASK = "membership-inference"


def update_card(report: Report, path: str | Path = "README.md", *, model_name: str = "") -> Path:
    """Put the report into a model card: a section in the text, results in the metadata.

    A later call replaces what an earlier one wrote; all else in the card stays. Push the file as
    usual (``huggingface_hub.upload_file``), or save the card of the Hub first
    (``huggingface_hub.ModelCard.load(repo).save(path)``).

    Parameters
    ----------
    report : from `tacit.audit`; it holds no single record, unless it was asked to.
    path : of the card; a new one is begun where there is none.
    model_name : under which the results stand; that of the card, else the report's title.

    Raises
    ------
    InvalidInput : the report has records (they say who was a member), or the file is no card.
    MissingDependency : huggingface_hub is not installed.
    """
    from tacit.render import rendered

    if report.records is not None:
        raise InvalidInput(
            "This report lists single records, which say who was a member: it is not for a public"
            " card. Make one without `records=True`."
        )
    hub: Any = require("huggingface_hub", extra="transformers", purpose="Updating a model card")
    yaml: Any = require("yaml", extra="transformers", purpose="Updating a model card")
    target = Path(path)
    front, _, section = rendered(report, suffix=".card.md")[4:].partition("\n---\n\n")
    ours = yaml.safe_load(front)
    text = target.read_text(encoding="utf8") if target.exists() else "---\n{}\n---\n"
    try:
        card = hub.ModelCard(text, ignore_metadata_errors=False)
    except (ValueError, yaml.YAMLError) as error:
        raise InvalidInput(f"`{target}` is not a model card: {error}.") from error
    _add_metadata(hub, card, ours, model_name or report.title)
    framed = f"{BEGIN}\n{section.strip()}\n{END}"
    if SECTION.search(card.text):
        card.text = SECTION.sub(lambda _: framed, card.text, count=1)
    else:
        card.text = f"{card.text.rstrip()}\n\n{framed}\n"
    write_whole(target, str(card).encode("utf8"))
    return target


def _add_metadata(hub: Any, card: Any, ours: dict[str, Any], model_name: str) -> None:
    """Add our tags and results to those that are there; our own earlier ones go."""
    card.data.tags = sorted({*(card.data.tags or []), *ours.get("tags", [])})
    kept = [each for each in card.data.eval_results or [] if each.task_type != TASK]
    found = [
        hub.EvalResult(
            task_type=TASK,
            task_name=result["task"]["name"],
            dataset_type=result["dataset"]["type"],
            dataset_name=result["dataset"]["name"],
            metric_type=metric["type"],
            metric_name=metric["name"],
            metric_value=metric["value"],
            metric_args=metric["args"],
            verified=False,
        )
        for model in ours.get("model-index", [])
        for result in model["results"]
        for metric in result["metrics"]
    ]
    if kept or found:
        card.data.model_name = card.data.model_name or model_name
        card.data.eval_results = kept + found
    else:
        # without a result there is no list of results to head
        card.data.eval_results = None
