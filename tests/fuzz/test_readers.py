"""Every reader of foreign bytes, fuzzed: it returns what it read or raises InvalidInput, no more.

Seeds stand in `tests/corpus/`. Each example damages one of them (bits flipped, pieces cut out,
doubled or replaced by hostile values). The number of examples is about five seconds a reader; a
longer search is ``TACIT_FUZZ=100 pytest tests/fuzz``, which multiplies it.
"""

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from tacit import InvalidInput, Policy, Signals, Tokens
from tacit.adapters.files import read_outputs
from tacit.adapters.tables import read_table
from tacit.adapters.text_files import read_texts
from tacit.cli.dp import read_scores
from tacit.core.evidence_file import EvidenceFile
from tacit.core.filing import Filing
from tacit.core.loading import load
from tacit.design import Canaries, Manifest
from tacit.design.text_canaries import TextCanaries
from tacit.integrations.trace_file import read as read_trace
from tacit.training.recipe_file import read_recipe

CORPUS = Path(__file__).parents[1] / "corpus"
TIMES = float(os.environ.get("TACIT_FUZZ", "1"))
HOSTILE = (
    b"",
    b"\0",
    b"\xff\xfe",
    b"-1",
    b"NaN",
    b"Infinity",
    b"1e999",
    b"9" * 400,
    b"99999999999999999999",
    b"1_000",
    "\u0663".encode(),
    b"[" * 3000,
    b"{" * 3000,
    b'"' * 3,
    b"\x1b[2J",
    b"null",
    b"true",
    b"2",
    b"0.5",
    b"\n",
    b",",
    b"PK\x01\x02",
    b"\x93NUMPY",
)


@st.composite
def damaged(draw, seeds):
    """One of the seeds with up to four pieces changed."""
    content = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(0, len(content) - 1)))
        kind = draw(st.sampled_from(("flip", "cut", "double", "hostile", "end")))
        if kind == "flip" and content:
            content[start] ^= 1 << draw(st.integers(0, 7))
        elif kind == "cut":
            del content[start : start + draw(st.integers(1, 40))]
        elif kind == "double":
            content[start:start] = content[start : start + draw(st.integers(1, 40))]
        elif kind == "hostile":
            content[start : start + draw(st.integers(0, 12))] = draw(st.sampled_from(HOSTILE))
        else:
            del content[start:]
    return bytes(content)


# name of the seeds -> (reader, examples in five seconds)
READERS = {
    "outputs.npz": (read_outputs, 1500),
    "outputs.csv": (read_outputs, 1500),
    "outputs.parquet": (read_outputs, 700),
    "table.csv": (lambda path: read_table(path, missing=True), 1500),
    "scores.npz": (lambda path: read_scores(str(path), None, runs="one"), 1500),
    "coins.json": (Manifest.load, 1500),
    "canaries.npz": (Canaries.load, 1000),
    "report.json": (load, 400),
    "policy.toml": (Policy.from_toml, 1500),
    "recipe.toml": (read_recipe, 1000),
    "trace.jsonl": (read_trace, 1500),
    "tokens.npz": (Tokens.load, 1500),
    "signals.npz": (Signals.load, 1500),
    "text-canaries.npz": (TextCanaries.load, 1000),
    "texts.jsonl": (read_texts, 1500),
    "texts.txt.gz": (read_texts, 1500),
    "evidence.toml": (EvidenceFile.from_toml, 1000),
    "filing.json": (Filing.load, 200),
    "tables.npz": (lambda path: read_table(path, missing=True), 1500),
}


def test_there_are_seeds_for_every_reader():
    for name in READERS:
        assert seeds_of(name), name


def seeds_of(name):
    stem, _, suffix = name.partition(".")
    files = [*CORPUS.glob(f"{stem}.{suffix}"), *CORPUS.glob(f"{stem}-*.{suffix}")]
    return [path.read_bytes() for path in sorted(files)]


@pytest.mark.parametrize("name", READERS)
def test_a_reader_reads_or_refuses(tmp_path, name):
    reader, examples = READERS[name]
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    path = tmp_path / name

    @settings(
        max_examples=int(examples * TIMES),
        deadline=None,
        database=None,
        derandomize=TIMES == 1,
        suppress_health_check=list(HealthCheck),
    )
    @given(damaged(seeds_of(name)))
    def reads_or_refuses(content):
        path.write_bytes(content)
        with contextlib.suppress(InvalidInput):
            reader(path)

    reads_or_refuses()
