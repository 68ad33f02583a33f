"""Beside other libraries: equal arrays, numbers read off right, and what is left out."""

import sys
from pathlib import Path

import numpy as np
import pytest

import tacit
from tacit.metrics import auc, tpr_at_fpr

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def loaded(name):
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return __import__(name)
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def peers():
    return loaded("speed_peers")


@pytest.fixture(scope="module")
def inputs():
    return loaded("speed_inputs")


def record(**more):
    runs = [{"cpu": 0.5, "values": {"auc": 0.61}}, {"cpu": 0.25, "values": {"auc": 0.61}}]
    row = {"work": "AUC", "library": "leakpro", "ours": runs, "theirs": [runs[0]]}
    return {
        "date": "2026-11-26",
        "processor": "one",
        "cores": 2,
        "python": "3.11",
        "load": [1.0, 2.0],
        "times": 2,
        "sizes": loaded("speed_clock").FULL,
        "libraries": {"leakpro": "at c47752f"},
        "left_out": {},
        "rows": [row],
        **more,
    }


def test_each_record_is_in_one_model_of_every_pair(inputs):
    logits, label, member = inputs.shadow_logits(6, 50)
    assert logits.shape == (7, 50, 10)
    assert len(label) == 50
    assert (member[1::2] == ~member[2::2]).all()


def test_half_of_the_release_is_members_with_cells_drawn_anew(inputs):
    tables = inputs.mixed_tables(400)
    same = [
        tables["release"][name][:200] == tables["member"][name][:200]
        for name in ("number_0", "category_3")
    ]
    assert 0.6 < same[0].mean() < 0.8
    assert {name: len(column) for name, column in tables["reference"].items()} == dict.fromkeys(
        tables["member"], 800
    )


def test_numbers_read_off_for_others_are_those_of_our_metrics(inputs):
    clock = loaded("speed_clock")
    members, others = inputs.shifted(3_000)
    score, member = np.concatenate([members, others]).round(1), np.arange(6_000) < 3_000
    found = clock.read_off(score, member)
    evidence = tacit.Evidence.of(score, member)
    assert found["auc"] == pytest.approx(auc(evidence).value, abs=1e-12)
    plain = clock.read_off(np.concatenate([members, others]), member)
    evidence = tacit.Evidence.of(np.concatenate([members, others]), member)
    assert plain["tpr"] == pytest.approx(tpr_at_fpr(evidence, 0.01).value, abs=5e-4)


def test_the_least_run_is_shown_and_the_ratio_is_of_the_least(peers):
    text = peers.page(record(), "python x")
    assert "| AUC | leakpro | 0.2500 | 0.5000 | 2.0 | auc 0.61 | auc 0.61 |" in text


def test_what_is_left_out_is_said_with_its_reason(peers):
    text = peers.page(record(left_out={"memaudit": "pip did not end in 30 minutes"}), "python x")
    assert "- Not run: memaudit: pip did not end in 30 minutes" in text


def test_a_library_without_package_or_checkout_is_left_out(peers):
    with pytest.raises(peers.LeftOut, match="--checkout leakpro=FOLDER"):
        peers.peer("leakpro", {}, {}, install=True)


def test_a_library_without_environment_is_left_out(peers):
    with pytest.raises(peers.LeftOut, match="--python memaudit=PYTHON"):
        peers.peer("memaudit", {}, {}, install=False)


def test_a_piece_of_work_that_fails_is_left_out_with_its_last_line(peers):
    with pytest.raises(peers.LeftOut, match="KeyError: 'nothing'"):
        peers.run(sys.executable, "speed_peers_theirs.py", "nothing", {})


def test_every_library_has_an_environment_and_every_line_a_piece_of_work(peers):
    files = {path.stem for path in (BENCHMARKS / "environments").glob("*.txt")}
    assert files == {library for _, _, library, _ in peers.ROWS}
    assert files == {*peers.INSTALLED, *peers.CHECKOUTS}
    others = {*loaded("speed_peers_theirs").WORKS}
    leakpro = {f"leakpro:{which}" for which in loaded("speed_leakpro").WORKS}
    assert {f"{library}:{which}" for _, _, library, which in peers.ROWS} == others | leakpro
    assert {mine for _, mine, _, _ in peers.ROWS} == {*loaded("speed_peers_ours").WORKS}


def test_a_number_alone_needs_no_name_and_names_stay_whole(peers):
    assert peers.answers({"value": [0.25, 0.5]}) == "0.25 to 0.5"
    assert peers.answers({"singling out by one value": 0.25}) == "singling out by one value 0.25"
