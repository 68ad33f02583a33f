import argparse

import numpy as np
import pytest

from tacit.cli import dp
from tacit.core import InvalidInput
from tacit.design import random_pixels
from tacit.testing import GaussianShift


def run(*argv):
    parser = argparse.ArgumentParser()
    dp.add(parser.add_subparsers())
    arguments = parser.parse_args(["dp", *argv])
    return arguments.run(arguments)


@pytest.fixture
def scores(tmp_path):
    game = GaussianShift(4.0).flip(1000, seed=0)
    path = tmp_path / "scores.npz"
    np.savez(path, score=game.signals.target[:, 0], member=game.membership.member)
    return path


def test_exit_codes(scores, tmp_path, capsys):
    assert run("audit", str(scores), "--epsilon", "1", "--delta", "1e-5") == 1
    assert "refuted" in capsys.readouterr().out
    assert (
        run(
            "audit",
            str(scores),
            "--epsilon",
            "5.4",
            "--delta",
            "1e-5",
            "--json",
            str(tmp_path / "r.json"),
        )
        == 0
    )
    assert "not refuted" in capsys.readouterr().out
    assert (tmp_path / "r.json").exists()
    assert run("audit", str(scores), "--epsilon", "20", "--delta", "1e-5") == 2


def test_scores_meet_their_manifest(tmp_path, capsys):
    canaries = random_pixels(200, (2,), n_classes=2)
    canaries.manifest.save(tmp_path / "coins.json")
    np.save(tmp_path / "scores.npy", canaries.member + np.linspace(0, 0.5, 200))
    assert (
        run(
            "audit",
            str(tmp_path / "scores.npy"),
            "--manifest",
            str(tmp_path / "coins.json"),
            "--epsilon",
            "1",
            "--delta",
            "0",
        )
        == 1
    )
    with pytest.raises(InvalidInput, match="--manifest"):
        run("audit", str(tmp_path / "scores.npy"), "--epsilon", "1", "--delta", "0")
    np.savez(tmp_path / "both.npz", score=np.zeros(200), member=canaries.member)
    with pytest.raises(InvalidInput, match="either"):
        run(
            "audit",
            str(tmp_path / "both.npz"),
            "--manifest",
            str(tmp_path / "coins.json"),
            "--delta",
            "0",
        )


def test_csv_with_runs(tmp_path, capsys):
    rng = np.random.default_rng(0)
    member = rng.random(400) < 0.5
    rows = "\n".join(
        f"{s:.5f},{int(i)},{r}"
        for r, (s, i) in enumerate(zip(rng.normal(size=400) + 4 * member, member))
    )
    (tmp_path / "runs.csv").write_text(f"score,member,run\n{rows}\n")
    assert (
        run("audit", str(tmp_path / "runs.csv"), "--runs", "many", "--epsilon", "1", "--delta", "0")
        == 1
    )


def test_plan_is_plain(capsys):
    assert run("plan", "--epsilon", "8", "--delta", "1e-5") == 0
    text = capsys.readouterr().out
    assert "canaries with a coin each" in text
    assert "independent runs" in text
    assert "impossible" in text


def test_curve_falls_with_delta(scores, tmp_path, capsys):
    for runs in ("one", "many"):
        assert run("curve", str(scores), "--runs", runs) == 0
        bounds = [float(line.split()[1]) for line in capsys.readouterr().out.splitlines()[1:]]
        assert bounds == sorted(bounds, reverse=True)
        assert bounds[0] > 1
    run("curve", str(scores), "--runs", "many", "--csv", str(tmp_path / "curve.csv"))
    table = np.genfromtxt(tmp_path / "curve.csv", delimiter=",", names=True)
    assert np.all(np.diff(table["tpr_at_least"]) >= 0)
    with pytest.raises(InvalidInput, match="--csv"):
        run("curve", str(scores), "--csv", str(tmp_path / "c.csv"))


def test_unreadable_files_are_named(tmp_path):
    (tmp_path / "bad.npz").write_bytes(b"nothing")
    for name in ("bad.npz", "absent.csv", "scores.txt"):
        with pytest.raises(InvalidInput, match=name):
            run("audit", str(tmp_path / name), "--delta", "0")
