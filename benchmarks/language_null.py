"""Does the audit of texts accuse a model that saw none of them, and do its gates open and shut?

    python benchmarks/language_null.py --data FOLDER [--draws 200] [--texts 200]

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
from tacit.audits.text import text_audit
from tacit.core import Membership, Report, Tokens
from tacit.metrics.intervals import clopper_pearson

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import language_model_memorisation as example

SIDES = ("text_wikipedia.jsonl.gz", "text_nih_exporter.jsonl.gz")


@dataclass(frozen=True)
class Row:
    """One kind of split: what was asked of it, and how often the answer was that."""

    name: str
    question: str
    wanted: str
    found: int
    draws: int


def model_and_texts(folder: Path) -> tuple[Tokens, list[str]]:
    """What the base model says of the 2,000 documents, 1,000 of each source."""
    import gzip

    with gzip.open(folder / "wikitext2_valid.txt.gz", "rt", encoding="utf8") as file:
        corpus = file.read()
    tokenizer = example.trained_tokenizer(corpus)
    whole = [text for name in SIDES for text in example.documents(folder, name)]
    texts = [example.cut(tokenizer, text, example.CONTEXT - 1) for text in whole]
    return tokens_of(example.base_model(tokenizer, corpus), tokenizer, texts), texts


def audited(
    tokens: Tokens,
    texts: list[str],
    rows: NDArray[np.int64],
    member: NDArray[np.bool_],
    *,
    gate: bool,
    seed: int,
) -> Report:
    """The audit of one split; the gate on the texts is what takes time."""
    chosen = [texts[row] for row in rows.tolist()] if gate else None
    return text_audit(
        tokens.take(rows), Membership(member), texts=chosen, overlap="keep", seed=seed
    )


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


def measured(tokens: Tokens, texts: list[str], draws: int, size: int) -> list[Row]:
    """All rows of the table."""
    n = tokens.n
    whole = np.arange(n)
    leaks = 0
    for draw, (rows, member) in enumerate(coins(n, n, draws)):
        found = audited(tokens, texts, rows, member, gate=False, seed=draw)
        leaks += found.finding == "leak"
    name = f"coins, {n:,} texts"
    table = [Row(name, "called a leak", "at most 5 %", leaks, draws)]
    leaks = opened = 0
    for draw, (rows, member) in enumerate(coins(n, size, draws)):
        found = audited(tokens, texts, rows, member, gate=True, seed=draw)
        leaks += found.finding == "leak"
        opened += "giveaway" not in found.headline
    name = f"coins, {size:,} texts"
    table.append(Row(name, "called a leak", "at most 5 %", leaks, draws))
    table.append(Row(name, "passes the gates", "at least 95 %", opened, draws))
    shut = 0
    for draw in range(MIXTURES):
        found = audited(tokens, texts, whole, mixture(0.55, draw, n), gate=True, seed=draw)
        shut += "giveaway" in found.headline
    table.append(Row("55/45 mixture", "refused by the gates", "most", shut, MIXTURES))
    found = audited(tokens, texts, whole, whole < n // 2, gate=True, seed=0)
    refused = int("giveaway" in found.headline and found.finding == "inconclusive")
    table.append(Row("Wikipedia against NIH", "refused by the gates", "always", refused, 1))
    return table


# audits of 2,000 texts with the gate, about half a CPU minute each
MIXTURES = 5


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--texts", type=int, default=200, help="of a draw that the gate sees")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/language_null.md"))
    arguments = parser.parse_args()
    began = time.process_time()
    table = measured(*model_and_texts(arguments.data), arguments.draws, arguments.texts)
    lines = ["| split | question | wanted | share | 95 % interval |", "|---|---|---|---|---|"]
    for row in table:
        low, high = (float(end) for end in clopper_pearson(row.found, row.draws, level=0.95))
        share = f"{row.found} of {row.draws}"
        span = f"{low:.3f} to {high:.3f}"
        lines.append(f"| {row.name} | {row.question} | {row.wanted} | {share} | {span} |")
    told = (
        f"`python benchmarks/language_null.py --data FOLDER --draws {arguments.draws} --texts"
        f" {arguments.texts}`, {datetime.date.today()}, Python {platform.python_version()},"
        f" 2 cores, {time.process_time() - began:.0f} CPU s."
    )
    title = "# A language model that saw none of the texts, and the gates on their split"
    arguments.out.write_text("\n".join([title, "", told, "", *lines]) + "\n", encoding="utf8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
