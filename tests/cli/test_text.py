"""`tacit text`: gate, tokens and audit from the command line."""

import gzip
import json

import numpy as np
import pytest

from tacit.cli import main
from tacit.core import InvalidInput, Report, Sampler, Tokens
from tacit.design import suffix_canaries

WORDS = [f"word{i}" for i in range(300)]


def write(path, texts):
    lines = "".join(json.dumps({"text": text, "id": i}) + "\n" for i, text in enumerate(texts))
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(lines.encode()))
    else:
        path.write_text(lines, encoding="utf8")
    return str(path)


def texts(n, *, seed=0, extra=""):
    rng = np.random.default_rng(seed)
    return [extra + " ".join(rng.choice(WORDS, 12)) for _ in range(n)]


def said(mean, n, path):
    rows = np.random.default_rng(n).normal(mean, 0.4, (n, 20)).clip(max=0)
    start = np.arange(0, 20 * n + 1, 20)
    return str(Tokens(logp=rows.ravel(), start=start).save(path))


def test_the_gate_opens_on_coins_and_shuts_on_a_shift(tmp_path, capsys):
    member = write(tmp_path / "m.jsonl.gz", texts(150))
    same = write(tmp_path / "n.jsonl", texts(150, seed=1))
    other = write(tmp_path / "o.jsonl", texts(150, seed=2, extra="In 1999 "))
    assert main(["text", "gate", "--member", member, "--nonmember", same]) == 0
    assert "Open" in capsys.readouterr().out
    assert main(["text", "gate", "--member", member, "--nonmember", other]) == 2
    out = capsys.readouterr().out
    assert "Shut: the split itself is a giveaway" in out
    assert out.count("blind guesser") == 5


def test_the_gate_passes_nothing_that_it_cannot_know(tmp_path, capsys):
    few = [write(tmp_path / f"{side}.jsonl", texts(4, seed=side)) for side in (0, 1)]
    assert main(["text", "gate", "--member", few[0], "--nonmember", few[1]]) == 2
    assert "so few texts cannot be told apart" in capsys.readouterr().out
    one_sided = write(tmp_path / "o.jsonl", texts(60, seed=9))
    two = write(tmp_path / "t.jsonl", texts(2, seed=3))
    assert main(["text", "gate", "--member", two, "--nonmember", one_sided]) == 2
    assert main(["text", "gate", "--member", two, "--nonmember", one_sided, "--seed", "-1"]) == 3
    shared = write(tmp_path / "s.jsonl", [*texts(4), *texts(30, seed=5)])
    assert main(["text", "gate", "--member", few[0], "--nonmember", shared]) == 3
    assert "overlap" in capsys.readouterr().err


def test_tokens_are_audited_from_files(tmp_path, capsys):
    member, nonmember = said(-1, 200, tmp_path / "m.npz"), said(-2, 201, tmp_path / "n.npz")
    base = [said(-2.1, 200, tmp_path / "bm.npz"), said(-2.1, 201, tmp_path / "bn.npz")]
    out = tmp_path / "report.json"
    code = main(
        [
            "text",
            "audit",
            "--quiet",
            "--title",
            "mine",
            "--member",
            member,
            "--nonmember",
            nonmember,
            "--json",
            str(out),
            "--reference",
            *base,
        ]
    )
    assert code == 1
    report = Report.load(out)
    assert (report.finding, report.title) == ("leak", "mine")
    assert report.environment["references"] == "reference"
    assert str(tmp_path) not in report.to_json()
    assert "mine" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ('{"text": "a"}\nnot json\n', "Line 2"),
        ('{"body": "a"}\n', "no 'text'; it has body"),
        ('{"text": 7}\n', "needs a text, got int"),
        ('{"text": ""}\n', "got empty ones"),
        ("", "at least one text"),
    ],
)
def test_files_that_cannot_be_read_are_named(tmp_path, content, match):
    from tacit.adapters.text_files import read_texts

    path = tmp_path / "a.jsonl"
    path.write_text(content, encoding="utf8")
    with pytest.raises(InvalidInput, match=match):
        read_texts(path)
    with pytest.raises(InvalidInput, match="needs to end in"):
        read_texts(tmp_path / "a.pkl")
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_texts(tmp_path / "absent.txt")


def test_lines_of_text_and_strings_are_read(tmp_path):
    from tacit.adapters.text_files import read_texts

    (tmp_path / "a.txt").write_text("one\n\ntwo\n", encoding="utf8")
    (tmp_path / "b.jsonl").write_text('"one"\n"two"\n', encoding="utf8")
    assert read_texts(tmp_path / "a.txt") == read_texts(tmp_path / "b.jsonl") == ["one", "two"]


def test_wrong_usage_exits_with_3(tmp_path, capsys):
    member = said(-1, 50, tmp_path / "m.npz")
    both = ["--member", member, "--nonmember", member]
    for wrong in (
        ["text", "audit", *both, "--shadows", "2"],
        ["text", "audit", *both, "--reference", "a.npz", "b"],
        ["text", "audit", "--model", str(tmp_path / "no"), *both],
        ["text", "audit", "--model", "http://127.0.0.1:9/v1", *both],
        ["text", "tokens", "--model", "m", "--texts", "a.txt", "--out", "a.json"],
    ):
        assert main(wrong) == 3, wrong
        assert "tacit:" in capsys.readouterr().err


@pytest.mark.framework
def test_a_saved_model_is_asked_and_audited(tmp_path, capsys):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({"<s>": 0, "?": 1}, unk_token="?"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.add_tokens(WORDS)
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<s>")
    config = transformers.GPT2Config(
        vocab_size=302,
        n_positions=64,
        n_embd=16,
        n_layer=1,
        n_head=1,
        bos_token_id=0,
        eos_token_id=0,
    )
    for seed, folder in enumerate(("model", "base")):
        torch.manual_seed(seed)
        transformers.GPT2LMHeadModel(config).save_pretrained(tmp_path / folder)
        tokenizer.save_pretrained(tmp_path / folder)
    member = write(tmp_path / "m.jsonl", texts(60))
    other = write(tmp_path / "o.jsonl", texts(60, seed=1))
    place, out = str(tmp_path / "model"), str(tmp_path / "m.npz")
    assert main(["text", "tokens", "--model", place, "--texts", member, "--out", out]) == 0
    assert Tokens.load(out).n == 60
    planted, page = tmp_path / "canaries.npz", tmp_path / "report.json"
    suffix_canaries(texts(30, seed=2), WORDS, words=3, seed=1).save(planted)
    code = main(
        [
            "text",
            "audit",
            *("--canaries", str(planted), "--json", str(page)),
            *("--prefix", "4", "--suffix", "4", "--tries", "100", "--top-k", "50"),
            "--shadows",
            "2",
            "--epochs",
            "1",
            "--quiet",
            "--model",
            place,
            "--member",
            member,
            "--nonmember",
            other,
            "--reference",
            str(tmp_path / "base"),
        ]
    )
    assert code in (1, 2)
    captured = capsys.readouterr()
    assert "2 fine-tunes will take about" in captured.err
    report = Report.load(page)
    drawn = report.check("extraction beyond control and references (4 tokens after 4)")
    assert drawn.statistic == str(Sampler(top_k=50))
    assert report.check("planted secrets, in against out").n_members > 5
