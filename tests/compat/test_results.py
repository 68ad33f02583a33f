"""What `tacit.compat.tf_privacy` gives back: old names, honest numbers, JSON."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from tacit import InvalidInput
from tacit.compat.tf_privacy import LegacyNumberWarning
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import (
    membership_inference_attack as mia,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.data_structures import (
    AttackInputData,
    AttackResults,
    AttackResultsCollection,
    AttackType,
    PrivacyReportMetadata,
    RocCurve,
    SlicingSpec,
    get_flattened_attack_metrics,
)


def losses(n=400, gain=0.5, seed=0):
    rng = np.random.default_rng(seed)
    return AttackInputData(
        loss_train=rng.exponential(gain, n), loss_test=rng.exponential(1.0, n // 2)
    )


def classifier(n=300, k=4, gain=2.0, seed=1):
    rng = np.random.default_rng(seed)
    labels = [rng.integers(0, k, size) for size in (n, n)]
    logits = [rng.normal(0, 1, (n, k)) for _ in range(2)]
    for part, truth, more in zip(logits, labels, (gain, 0.5)):
        part[np.arange(n), truth] += more
    return AttackInputData(
        logits_train=logits[0],
        logits_test=logits[1],
        labels_train=labels[0],
        labels_test=labels[1],
    )


@pytest.fixture(scope="module")
def results():
    spec = SlicingSpec(by_class=True, by_classification_correctness=True)
    return mia.run_attacks(classifier(), spec)


def curve(tpr, fpr, ratio=1.0):
    return RocCurve(np.zeros(len(tpr)), np.asarray(tpr), np.asarray(fpr), ratio)


def test_an_attack_with_its_sign_turned_has_no_advantage():
    turned = curve([0.0, 0.0, 1.0], [0.0, 1.0, 1.0])
    assert turned.get_auc() == 0
    assert turned.get_attacker_advantage() == 0
    assert turned.legacy_attacker_advantage() == 1


def test_one_lone_member_makes_the_legacy_ppv_perfect():
    lone = curve([0.0, 0.01, 1.0], [0.0, 0.0, 1.0])
    assert lone.legacy_ppv() == 1.0
    assert lone.get_attacker_advantage() == pytest.approx(0.01)


def test_ppv_counts_the_share_of_both_kinds():
    # half of 100 members and a tenth of 300 non-members accused: 50 of 80
    assert curve([0, 0.5, 1], [0, 0.1, 1], ratio=3).legacy_ppv() == pytest.approx(50 / 80)


@pytest.mark.parametrize(
    ("ask", "old"),
    [
        (lambda r: r.single_attack_results[0].get_ppv(), "legacy_ppv"),
        (lambda r: r.single_attack_results[0].roc_curve.get_ppv(), "legacy_ppv"),
        (
            lambda r: r.single_attack_results[0].get_epsilon_lower_bound(),
            "legacy_epsilon_lower_bound",
        ),
        (lambda r: r.get_result_with_max_ppv(), "legacy_ppv"),
        (lambda r: r.get_result_with_max_epsilon(), "legacy_epsilon_lower_bound"),
    ],
)
def test_old_getters_of_wrong_numbers_say_what_is_wrong(results, ask, old):
    with pytest.warns(LegacyNumberWarning, match=f"gives `{old}`") as caught:
        assert ask(results) is not None
    assert Path(caught[0].filename).name == Path(__file__).name


def test_texts_and_columns_call_legacy_numbers_so(results):
    first = results.single_attack_results[0]
    for text in (str(first), str(first.roc_curve), results.summary(by_slices=True)):
        lines = text.lower().splitlines()
        wrong = [line for line in lines if "predictive value" in line or "epsilon" in line]
        assert wrong
        assert all("legacy" in line for line in wrong)
    assert 'over slice: "CLASS=2"' in results.summary(by_slices=True)
    pytest.importorskip("pandas")
    table = results.calculate_pd_dataframe()
    assert len(table) == 7
    assert list(table["slice feature"][:2]) == ["Entire dataset", "class"]
    wrong = [name for name in table.columns if "predictive" in name or "psilon" in name]
    assert all(name.startswith("legacy ") for name in wrong)
    assert "legacy_ppv" in get_flattened_attack_metrics(results)[2]


def test_the_honest_report_hangs_on_the_results(results):
    report = results.report
    assert report.finding == "leak"
    assert report.title == "Default model variant"
    assert report is results.report
    assert report.score.low <= report.score.value <= report.score.high


def test_custom_groups_are_slices_of_the_report():
    data = losses(800)
    groups = (np.arange(800) % 2, np.arange(400) % 2)
    spec = SlicingSpec(
        all_custom_train_indices=[groups[0]],
        all_custom_test_indices=[groups[1]],
        custom_slices_names={0: "even", 1: "odd"},
    )
    found = mia.run_attacks(data, spec)
    names = [str(each.slice_spec) for each in found.single_attack_results]
    assert names[1:] == [f"Custom indices: slice_name = {name}" for name in ("even", "odd")]
    assert any("custom 1" in check.name for check in found.report.checks)


def test_results_put_together_by_hand_have_no_report(results):
    with pytest.raises(InvalidInput, match="by hand"):
        AttackResults(results.single_attack_results).report  # noqa: B018


def test_results_survive_a_file(results, tmp_path):
    path = tmp_path / "results.pickle"
    results.save(path, records=True)
    again = AttackResults.load(path)
    assert repr(again) == repr(results)
    assert again.report.to_json() == results.report.to_json()
    assert again.privacy_report_metadata == results.privacy_report_metadata


def test_a_file_tells_nobodys_membership_unless_asked(results, tmp_path):
    results.save(tmp_path / "plain.json")
    text = (tmp_path / "plain.json").read_text(encoding="utf8")
    assert "membership_scores" not in text
    json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert AttackResults.load(tmp_path / "plain.json").single_attack_results[0].get_auc() == (
        results.single_attack_results[0].get_auc()
    )


class Harm:
    """Would write a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_pickled_results_are_refused_and_not_unpickled(tmp_path):
    (tmp_path / "old.pickle").write_bytes(pickle.dumps(Harm(tmp_path / "harm")))
    with pytest.raises(InvalidInput, match="unpickling runs code"):
        AttackResults.load(tmp_path / "old.pickle")
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    "text",
    ["[]", '{"format": "other"}', '{"format": "FORMAT", "single_attack_results": [1]}'],
)
def test_other_and_damaged_files_are_refused(text, tmp_path):
    text = text.replace("FORMAT", "tacit.compat.tf_privacy results, version 1")
    (tmp_path / "r.json").write_text(text, encoding="utf8")
    with pytest.raises(InvalidInput, match=r"format|damaged"):
        AttackResults.load(tmp_path / "r.json")


def test_a_collection_is_loaded_in_the_order_in_which_it_was_saved(tmp_path):
    one = mia.run_attacks(losses(50))
    many = AttackResultsCollection([])
    for epoch in range(11):
        known = PrivacyReportMetadata(model_variant_label="a/b ../c", epoch_num=epoch)
        many.append(AttackResults(one.single_attack_results, known))
    many.save(tmp_path)
    again = AttackResultsCollection.load(tmp_path)
    epochs = [each.privacy_report_metadata.epoch_num for each in again.attack_results_list]
    assert epochs == list(range(11))
    assert all(path.parent == tmp_path for path in tmp_path.rglob("*.json"))


@pytest.mark.parametrize("kind", [kind for kind in AttackType if kind.is_trained_attack])
def test_attackers_that_learn_give_the_same_numbers_every_time(kind):
    pair = [mia.run_attacks(classifier(120), attack_types=(kind,)) for _ in range(2)]
    assert repr(pair[0]) == repr(pair[1])
    assert pair[0].single_attack_results[0].get_auc() > 0.6


def test_an_attacker_that_learns_finds_nothing_where_nothing_is():
    data = classifier(400, gain=0.5)
    found = mia.run_attacks(data, attack_types=(AttackType.LOGISTIC_REGRESSION,))
    # 400 against 400: the area has a spread of 0.02 about one half
    assert abs(found.single_attack_results[0].get_auc() - 0.5) < 0.08


def test_slices_too_small_are_left_out_and_a_summary_of_none_says_so():
    found = mia.run_attacks(losses(20), min_num_samples=50)
    assert found.single_attack_results == []
    assert found.get_result_with_max_auc() is None
    with pytest.raises(InvalidInput, match="too small"):
        found.summary()


def test_metadata_is_completed_in_a_copy():
    known = PrivacyReportMetadata(accuracy_train=0.25, epoch_num=3)
    found = mia.run_attacks(classifier(), privacy_report_metadata=known).privacy_report_metadata
    assert (found.accuracy_train, found.epoch_num) == (0.25, 3)
    assert 0.3 < found.accuracy_test < 0.6
    assert known.accuracy_test is None
