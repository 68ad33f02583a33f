"""Does the audit of texts accuse a model that saw none of them, and do its gates open and shut?

    python benchmarks/language_null.py --data FOLDER [--draws 200] [--texts 200] [--tokens FILE]
        [--part audits|gates]

`--data` is the folder of `examples/language_model_memorisation.py`, whose base model, trained on
WikiText-2 only, is audited as if it had been fine-tuned on 2,000 documents that it never saw. Every
split by coins is a false alarm where it is called a leak. The gates are asked about the same splits
(they should open), about Wikipedia against NIH, and about a 55/45 mixture (they should shut).
"""

import argparse
import datetime
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacit.adapters.language import tokens_of
from tacit.audits.steps.text_gates import blind_results, gate_warning, reference_results
from tacit.audits.text import text_audit
from tacit.core import Membership, Tokens
from tacit.metrics.intervals import clopper_pearson

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import language_model_memorisation as example

# gates on 2,000 texts take some CPU seconds each
MIXTURES = 10
ABOUT = (
    "The model was trained on WikiText-2 and on none of these texts (the first 63 tokens of 1,000"
    " Wikipedia articles and 1,000 NIH abstracts). The audits look at all its scores, without"
    " gates; the gates are the five guessers of the texts and the model itself as a reference. In"
    " the mixture 55 % of the members and 45 % of the non-members are from Wikipedia."
)
SIDES = ("text_wikipedia.jsonl.gz", "text_nih_exporter.jsonl.gz")


@dataclass(frozen=True)
class Row:
    """One kind of split: what was asked of it, and how often the answer was that."""

    name: str
    question: str
    wanted: str
    found: int
    draws: int


def model_and_texts(folder: Path, kept: Path | None = None) -> tuple[Tokens, list[str]]:
    """What the base model says of the 2,000 documents, 1,000 of each source.

    Where `kept` is a file, the model is trained once and what it said is read from there.
    """
    import gzip

    with gzip.open(folder / "wikitext2_valid.txt.gz", "rt", encoding="utf8") as file:
        corpus = file.read()
    tokenizer = example.trained_tokenizer(corpus)
    whole = [text for name in SIDES for text in example.documents(folder, name)]
    texts = [example.cut(tokenizer, text, example.CONTEXT - 1) for text in whole]
    if kept is not None and kept.exists():
        return Tokens.load(kept), texts
    tokens = tokens_of(example.base_model(tokenizer, corpus), tokenizer, texts)
    if kept is not None:
        tokens.save(kept)
    return tokens, texts


def leaks(tokens: Tokens, member: NDArray[np.bool_], *, seed: int) -> bool:
    """Is the model, which saw none of the texts, accused by the audit without its gates?"""
    found = text_audit(tokens, Membership(member), overlap="keep", seed=seed)
    return found.finding == "leak"


def shut(tokens: Tokens, texts: list[str], member: NDArray[np.bool_], *, seed: int) -> bool:
    """Do the gates refuse the split, with the model that saw none of it as the reference?"""
    truth = Membership(member)
    blind = blind_results(texts, truth, level=0.95, seed=seed)
    models = reference_results({"base": tokens}, truth, level=0.95)
    return bool(gate_warning(blind, models))


def coins(n: int, size: int, draws: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Random texts and a coin for each."""
    for draw in range(draws):
        rng = np.random.default_rng([12, draw])
        rows = np.sort(rng.choice(n, size, replace=False))
        yield rows, rng.permutation(size) < size // 2


def mixture(share: float, draw: int, n: int) -> NDArray[np.bool_]:
    """Members of whom a `share` is from the first source, non-members with the sources swapped."""
    rng = np.random.default_rng([55, draw])
    first = np.arange(n) < n // 2
    return rng.random(n) < np.where(first, share, 1 - share)


def audits(tokens: Tokens, texts: list[str], draws: int, size: int) -> list[Row]:
    """How often the model is accused."""
    found = []
    for many in (tokens.n, size):
        accused = 0
        for draw, (rows, member) in enumerate(coins(tokens.n, many, draws)):
            accused += leaks(tokens.take(rows), member, seed=draw)
        told(f"accused: {accused} of {draws}")
        found.append(Row(f"coins, {many:,} texts", "called a leak", "at most 5 %", accused, draws))
    return found


def gates(tokens: Tokens, texts: list[str], draws: int, size: int) -> list[Row]:
    """How often the gates open and shut."""
    n = tokens.n
    refused = 0
    for draw, (rows, member) in enumerate(coins(n, size, draws)):
        own = [texts[row] for row in rows.tolist()]
        refused += shut(tokens.take(rows), own, member, seed=draw)
    told(f"refused: {refused} of {draws}")
    mixed = 0
    for draw in range(MIXTURES):
        mixed += shut(tokens, texts, mixture(0.55, draw, n), seed=draw)
        told(f"mixtures found: {mixed} of {draw + 1}")
    sources = shut(tokens, texts, np.arange(n) < n // 2, seed=0)
    return [
        Row(f"coins, {size:,} texts", "passes the gates", "at least 95 %", draws - refused, draws),
        Row(f"55/45 mixture, {n:,} texts", "refused by the gates", "most", mixed, MIXTURES),
        Row("Wikipedia against NIH", "refused by the gates", "always", int(sources), 1),
    ]


PARTS = {"audits": audits, "gates": gates}


def page(out: Path, part: str, lines: list[str]) -> str:
    """The page with one part anew; the others as they are."""
    before = out.read_text(encoding="utf8").split("\n## ")[1:] if out.exists() else []
    kept = {each.partition("\n")[0]: each.partition("\n")[2].strip() for each in before}
    kept[part] = "\n".join(lines)
    title = "# A language model that saw none of the texts, and the gates on their split"
    sections = [f"## {name}\n\n{kept[name]}" for name in PARTS if name in kept]
    return "\n\n".join([title, ABOUT, *sections]) + "\n"


def told(line: str) -> None:
    """How far it is, with the CPU time."""
    print(f"{line} ({time.process_time():.0f} CPU s)", file=sys.stderr, flush=True)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--texts", type=int, default=200, help="of a draw that the gate sees")
    parser.add_argument("--tokens", type=Path, metavar="FILE.npz", help="kept here, if anywhere")
    parser.add_argument("--part", choices=("all", *PARTS), default="all")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/language_null.md"))
    arguments = parser.parse_args()
    given = model_and_texts(arguments.data, arguments.tokens)
    for part in PARTS if arguments.part == "all" else (arguments.part,):
        began = time.process_time()
        lines = ["| split | question | wanted | share | 95 % interval |", "|---|---|---|---|---|"]
        for row in PARTS[part](*given, arguments.draws, arguments.texts):
            low, high = (float(end) for end in clopper_pearson(row.found, row.draws, level=0.95))
            share = f"{row.found} of {row.draws}"
            span = f"{low:.3f} to {high:.3f}"
            lines.append(f"| {row.name} | {row.question} | {row.wanted} | {share} | {span} |")
        made = (
            f"`python benchmarks/language_null.py --data FOLDER --part {part} --draws"
            f" {arguments.draws} --texts {arguments.texts}`, {datetime.date.today()}, Python"
            f" {platform.python_version()}, 2 cores, {time.process_time() - began:.0f} CPU s."
        )
        written = page(arguments.out, part, [made, "", *lines])
        arguments.out.write_text(written, encoding="utf8")
        print("\n".join(lines))


if __name__ == "__main__":
    main()
