"""`tacit file` and `tacit show --verify`: from reports on disk to a signed file."""

import json
import os
import runpy
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tacit.cli import main
from tacit.core import Report

REPORTS = runpy.run_path(str(Path(__file__).parents[1] / "render" / "reports.py"))


@pytest.fixture
def saved(tmp_path):
    """Two reports on disk, and a TOML file with statements."""
    REPORTS["leaking"]().save(tmp_path / "membership.json")
    REPORTS["claim"]().save(tmp_path / "dp.json")
    (tmp_path / "tacit.toml").write_text(
        '[file]\nmodel = "scorer"\nowner = "Head of risk"\n', encoding="utf8"
    )
    return tmp_path


def filed(folder, *more):
    return main(
        [
            "file",
            str(folder / "membership.json"),
            str(folder / "dp.json"),
            "--statements",
            str(folder / "tacit.toml"),
            "--json",
            str(folder / "file.json"),
            "--html",
            str(folder / "file.html"),
            *more,
        ]
    )


def test_reports_and_statements_become_one_file(saved, capsys):
    assert filed(saved) == 0
    assert "Kinds of attack tested on this model: 2 of 9" in capsys.readouterr().out
    plain = json.loads((saved / "file.json").read_text(encoding="utf8"))
    assert len(plain["items"]) == 19
    assert plain["statements"]["owner"] == "Head of risk"
    assert "Head of risk" in (saved / "file.html").read_text(encoding="utf8")


def test_a_file_is_written_in_a_language(saved, capsys):
    assert filed(saved, "--lang", "fr") == 0
    assert "Genres d'attaque" in capsys.readouterr().out
    assert '<html lang="fr">' in (saved / "file.html").read_text(encoding="utf8")


def test_a_wrong_statement_is_refused_before_anything_is_written(saved, capsys):
    (saved / "tacit.toml").write_text('[file]\nmodell = "x"\n', encoding="utf8")
    assert filed(saved) == 3
    assert "unknown key(s) modell" in capsys.readouterr().err
    assert not (saved / "file.html").exists()


def test_a_page_belongs_to_its_json_and_to_no_other(saved, capsys):
    assert filed(saved) == 0
    page = str(saved / "file.html")
    assert main(["show", str(saved / "file.json"), "--verify", page]) == 0
    assert "belongs to this JSON" in capsys.readouterr().out
    assert main(["show", str(saved / "dp.json"), "--verify", page]) == 1
    assert "does NOT belong" in capsys.readouterr().out


def test_a_changed_json_no_longer_belongs_to_its_page(saved):
    assert filed(saved) == 0
    path = saved / "file.json"
    path.write_text(
        path.read_text(encoding="utf8").replace("Head of risk", "Head of fun"), encoding="utf8"
    )
    assert main(["show", str(path), "--verify", str(saved / "file.html")]) == 1


def test_the_digest_itself_is_verified(saved, capsys):
    main(["show", str(saved / "dp.json"), "--verify", "blake2b-128:00"])
    digest = capsys.readouterr().out.splitlines()[0]
    assert main(["show", str(saved / "dp.json"), "--verify", digest]) == 0


def test_show_reads_reports_comparisons_and_files(saved, capsys):
    assert filed(saved) == 0
    capsys.readouterr()
    assert main(["show", str(saved / "file.json")]) == 0
    assert "evidence file" in capsys.readouterr().out
    one = str(saved / "membership.json")
    other = str(saved / "other.json")
    replace(Report.load(one), title="another").save(other)
    assert main(["compare", one, other, "--json", str(saved / "compare.json")]) == 0
    assert main(["show", str(saved / "compare.json"), "--lang", "de"]) == 0
    assert "Vergleich" in capsys.readouterr().out
    assert main(["show", one, "--lang", "de"]) == 0
    assert "Nicht bestanden" in capsys.readouterr().out.replace(
        "NICHT BESTANDEN", "Nicht bestanden"
    )


def run(*command, **options):
    return subprocess.run(command, capture_output=True, timeout=60, **options).returncode


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_detached_signature_of_openssl_fixes_the_json_and_so_its_page(saved):
    assert filed(saved) == 0
    key, public, path = saved / "key.pem", saved / "public.pem", saved / "file.json"
    signature = saved / "file.json.sig"
    curve = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    assert run("openssl", "genpkey", *curve, "-out", key) == 0
    assert run("openssl", "pkey", "-in", key, "-pubout", "-out", public) == 0
    assert run("openssl", "dgst", "-sha256", "-sign", key, "-out", signature, path) == 0
    check = ("openssl", "dgst", "-sha256", "-verify", public, "-signature", signature, path)
    assert run(*check) == 0
    assert main(["show", str(path), "--verify", str(saved / "file.html")]) == 0
    path.write_text(path.read_text(encoding="utf8").replace("scorer", "scorer2"), encoding="utf8")
    assert run(*check) != 0


@pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
@pytest.mark.slow
def test_a_detached_signature_of_gpg_fixes_the_json(saved):
    assert filed(saved) == 0
    home = saved / "gpg"
    home.mkdir(mode=0o700)
    environment = os.environ | {"GNUPGHOME": str(home)}
    path = saved / "file.json"
    batch = ("gpg", "--batch", "--passphrase", "", "--pinentry-mode", "loopback")
    made = (*batch, "--quick-generate-key", "tester@example.org", "ed25519", "sign", "never")
    if run(*made, env=environment):
        pytest.skip("gpg cannot make a key here")
    assert run(*batch, "--detach-sign", str(path), env=environment) == 0
    assert run("gpg", "--verify", f"{path}.sig", str(path), env=environment) == 0
    path.write_text(path.read_text(encoding="utf8") + " ", encoding="utf8")
    assert run("gpg", "--verify", f"{path}.sig", str(path), env=environment) != 0
