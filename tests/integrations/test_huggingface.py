"""A report in a model card: section and results, replaced and not repeated, all else kept."""

import numpy as np
import pytest

from tacit import InvalidInput, Outputs, audit

pytestmark = pytest.mark.framework
hub = pytest.importorskip("huggingface_hub")

from tacit.integrations.huggingface import BEGIN, TASK, update_card  # noqa: E402

CARD = """---
license: mit
tags:
- tabular
model-index:
- name: mine
  results:
  - task:
      type: tabular-classification
    dataset:
      type: adult
      name: Adult
    metrics:
    - type: accuracy
      value: 0.85
---

# Mine

A model.
"""


def report(scale=0.3, **options):
    rng = np.random.default_rng(0)
    pair = [Outputs(loss=rng.exponential(s, 900)) for s in (scale, 1.0)]
    return audit(member=pair[0], nonmember=pair[1], effort="quick", title="m", **options)


def test_a_card_gets_a_section_and_results_and_keeps_its_own(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(CARD, encoding="utf8")
    first = report()
    update_card(first, path)
    card = hub.ModelCard.load(path)
    assert card.data.license == "mit"
    assert set(card.data.tags) == {"tabular", "privacy", "membership-inference"}
    kinds = {each.task_type for each in card.data.eval_results}
    assert kinds == {"tabular-classification", TASK}
    assert card.data.model_name == "mine"
    (score, *_) = [each for each in card.data.eval_results if each.task_type == TASK]
    assert score.metric_value == pytest.approx(first.score.value)
    assert score.metric_args["low"] == pytest.approx(first.score.low)
    assert "# Mine\n\nA model." in card.text
    assert "## Privacy" in card.text


def test_a_second_report_replaces_the_first(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(CARD, encoding="utf8")
    update_card(report(), path)
    once = len(hub.ModelCard.load(path).data.eval_results)
    second = report(0.6)
    update_card(second, path)
    card = hub.ModelCard.load(path)
    assert card.content.count(BEGIN) == 1
    assert len(card.data.eval_results) == once
    found = [each.metric_value for each in card.data.eval_results if each.task_type == TASK]
    assert second.score.value in [pytest.approx(value) for value in found]


def test_a_card_is_begun_where_there_is_none(tmp_path):
    update_card(report(), tmp_path / "README.md")
    card = hub.ModelCard.load(tmp_path / "README.md")
    assert card.data.model_name == "m"
    assert "privacy" in card.data.tags


def test_single_records_are_kept_out_of_a_card(tmp_path):
    with pytest.raises(InvalidInput, match="who was a member"):
        update_card(report(records=True), tmp_path / "README.md")
    assert not (tmp_path / "README.md").exists()


def test_a_file_that_is_no_card_is_refused(tmp_path):
    (tmp_path / "README.md").write_text("---\n: [\n---\n", encoding="utf8")
    with pytest.raises(InvalidInput, match="is not a model card"):
        update_card(report(), tmp_path / "README.md")
