import argparse

import numpy as np
import pytest

from tacit.cli import dp
from tacit.core import AssumptionError, InvalidInput
from tacit.design import digests, random_pixels
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


def write(path, **columns):
    """A csv with these columns."""
    rows = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values()))]
    path.write_text("\n".join(rows) + "\n")
    return str(path)


@pytest.mark.parametrize("name", ["c{}", "{}", "0{}", "{}e1"])
def test_copies_of_a_canary_count_once_whatever_its_name(tmp_path, name):
    # 200 canaries without a leak, 5 copies each: as names they are 200 canaries, and the claim of
    # epsilon = .1 stands. As numbers (or all as one unreadable name) copies would count 5 times.
    rng = np.random.default_rng(0)
    coin, score = (rng.random(200) < 0.5).astype(int), rng.normal(size=200)
    names = [name.format(i) for i in range(200)]
    path = write(
        tmp_path / "s.csv",
        score=np.repeat(score, 5),
        member=np.repeat(coin, 5),
        canary=np.repeat(names, 5),
    )
    scored = dp.read_scores(path, None, runs="one")
    assert len(np.unique(scored.key.cluster)) == 200
    assert run("audit", path, "--epsilon", "0.1", "--delta", "0") != 1


def test_runs_may_have_names(tmp_path):
    rng = np.random.default_rng(0)
    coin = rng.random(100) < 0.5
    names = [f"run {chr(97 + i % 26)}{i}" for i in range(100)]
    path = write(
        tmp_path / "s.csv",
        score=np.repeat(rng.normal(size=100) + 5 * coin, 4),
        member=np.repeat(coin.astype(int), 4),
        run=np.repeat(names, 4),
    )
    assert run("audit", path, "--runs", "many", "--epsilon", "1", "--delta", "0") == 1


def test_kinds_and_digests_of_a_file_are_tested(tmp_path):
    canaries = random_pixels(60, (2,), n_classes=2, seed=3)
    canaries.manifest.save(tmp_path / "coins.json")
    same = digests(canaries.x)
    coins = ("--manifest", str(tmp_path / "coins.json"), "--epsilon", "1", "--delta", "0")
    score = canaries.member + np.linspace(0, 0.5, 60)
    assert run("audit", write(tmp_path / "a.csv", score=score, digest=same), *coins) == 1
    other = write(tmp_path / "b.csv", score=score, digest=same[::-1])
    for part in (("audit", other, *coins), ("curve", other, *coins[:2])):
        with pytest.raises(InvalidInput, match="another order"):
            run(*part)
    uneven = write(
        tmp_path / "c.csv",
        score=np.arange(600),
        member=[*(np.arange(300) < 240) * 1, *(np.arange(300) < 60) * 1],
        kind=np.repeat(["pixels", "text"], 300),
    )
    with pytest.raises(AssumptionError, match="within each kind"):
        run("audit", uneven, "--delta", "0")


def test_a_canary_without_a_name_is_refused(tmp_path):
    path = write(tmp_path / "s.csv", score=range(3), member=[0, 1, 0], canary=["a", " ", "b"])
    with pytest.raises(InvalidInput, match=r"`canary`.*1 empty cells \(first: row 1\)"):
        run("audit", path, "--delta", "0")
    np.savez(tmp_path / "s.npz", score=np.arange(3.0), member=[0, 1, 0], canary=[1, np.nan, 2])
    with pytest.raises(InvalidInput, match="`canary`"):
        run("audit", str(tmp_path / "s.npz"), "--delta", "0")
