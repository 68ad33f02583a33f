"""Other libraries that audit language models, beside ours, on the same numbers and the same texts.

    python benchmarks/language_peers.py --data FOLDER [--privacyguard CHECKOUT]
        [--mimir CHECKOUT] [--draws 400]

Three questions: does the interval of "members found at 1 % false alarms" hold the truth (memaudit;
score differences are Gaussian, so the truth is known); what does a longest common substring cost
(PrivacyGuard, from a checkout of its repository; it needs pandas, textdistance and tqdm); and what
do the log-probabilities of a text cost, and are they the same numbers (memaudit, MIMIR from a
checkout, lm-evaluation-harness)? What is not installed is left out, and said to be.
"""

import argparse
import datetime
import platform
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import norm

from tacit.adapters.language import tokens_of
from tacit.metrics import tpr_at_fpr
from tacit.metrics.intervals import clopper_pearson
from tacit.metrics.matching import longest_common_substring

# members, controls, and how far members score above controls in standard deviations
GAMES = ((100, 100, 2.0), (100, 200, 2.0), (100, 1000, 2.0), (100, 1000, 1.0), (100, 200, 0.0))
FPR = 0.01
# pairs of texts of so many characters; the slow side is timed on fewer
LENGTHS, PAIRS, SLOW_PAIRS = (200, 800), 60, 6
# texts of a model of half a million parameters with random weights, 63 tokens each
TEXTS, CONTEXT = 128, 64
# what the module of MIMIR that asks a model imports and does not need for that
NOT_NEEDED = ("openai", "hf_olmo", "mimir.config", "mimir.custom_datasets", "mimir.data_utils")
Limits = Callable[[np.ndarray, np.ndarray], tuple[float, float]]


def ours(member: np.ndarray, control: np.ndarray) -> tuple[float, float]:
    """Our interval."""
    score = np.r_[member, control]
    found = tpr_at_fpr(score, np.arange(len(score)) < len(member), fpr=FPR)
    return found.low, found.high


def memaudit_limits() -> Limits | None:
    """The interval of memaudit's headline, where it is installed."""
    try:
        from memaudit.stats import tpr_at_fpr as theirs
    except ImportError:
        return None

    def limits(member: np.ndarray, control: np.ndarray) -> tuple[float, float]:
        found = theirs(member, control, fpr=FPR)
        return found["ci_low"], found["ci_high"]

    return limits


def coverage(limits: Limits, game: tuple[int, int, float], draws: int) -> str:
    """How often the interval holds the share of members above the population's threshold."""
    n_members, n_controls, shift = game
    truth = float(norm.sf(norm.isf(FPR) - shift))
    held = 0
    for draw in range(draws):
        rng = np.random.default_rng([31, draw])
        member, control = rng.normal(shift, 1, n_members), rng.normal(0, 1, n_controls)
        low, high = limits(member, control)
        held += low <= truth <= high
    bottom, top = (float(end) for end in clopper_pearson(held, draws, level=0.95))
    return f"{held / draws:.3f} ({bottom:.3f} to {top:.3f})"


def privacyguard_substring(folder: Path | None) -> Callable[[str, str], int] | None:
    """PrivacyGuard's longest common substring, from a checkout."""
    if folder is None:
        return None
    sys.path.insert(0, str(folder))
    from privacy_guard.analysis.extraction import text_inclusion_analysis_node as node

    found: Callable[[str, str], int] = node._char_level_longest_common_substring_helper
    return found


def pairs_of(length: int) -> list[tuple[str, str]]:
    """Random texts that share a piece of a quarter of their length."""
    rng = np.random.default_rng(length)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz ,."))
    found = []
    for _ in range(PAIRS):
        rows = rng.choice(letters, (2, length))
        begin = rng.integers(0, length // 2)
        rows[1, begin : begin + length // 4] = rows[0, : length // 4]
        found.append(("".join(rows[0]), "".join(rows[1])))
    return found


def milliseconds(ask: Callable[[str, str], int], pairs: list[tuple[str, str]]) -> float:
    """CPU time of one pair: the fastest of five rounds."""
    times = []
    for _ in range(5):
        began = time.process_time()
        for first, second in pairs:
            ask(first, second)
        times.append(time.process_time() - began)
    return 1000 * min(times) / len(pairs)


def small_model(folder: Path) -> tuple[Any, Any, list[str]]:
    """A model with random weights, its tokenizer, and texts."""
    import gzip

    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
    import language_model_memorisation as example

    with gzip.open(folder / "wikitext2_valid.txt.gz", "rt", encoding="utf8") as file:
        tokenizer = example.trained_tokenizer(file.read())
    tokenizer.eos_token = tokenizer.bos_token
    torch.manual_seed(0)
    torch.set_num_threads(1)
    sizes = {"vocab_size": 1024, "n_positions": 2 * CONTEXT, "n_embd": 128}
    ends = {"bos_token_id": 0, "eos_token_id": 0}
    model = GPT2LMHeadModel(GPT2Config(**sizes, **ends, n_layer=2, n_head=4)).eval()
    whole = example.documents(folder, "text_wikipedia.jsonl.gz")[:TEXTS]
    return model, tokenizer, [example.cut(tokenizer, text, CONTEXT - 1) for text in whole]


def of_tacit(model: Any, tokenizer: Any, texts: list[str]) -> np.ndarray:
    """Mean log-probability of each text; the other three numbers a token come along."""
    return tokens_of(model, tokenizer, texts).ragged().mean()


def of_memaudit(model: Any, tokenizer: Any, texts: list[str]) -> np.ndarray:
    """The same by memaudit."""
    from memaudit.scoring import score_sequence

    rows = tokenizer(texts, add_special_tokens=False)["input_ids"]
    return np.array([score_sequence(model, [0, *row])["mean_logprob"] for row in rows])


def of_harness(model: Any, tokenizer: Any, texts: list[str]) -> np.ndarray:
    """The same by lm-evaluation-harness, which gives the sum over a text."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    asked = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=64, max_length=2 * CONTEXT)
    given = [Instance("loglikelihood_rolling", {}, (text,), row) for row, text in enumerate(texts)]
    total = asked.loglikelihood_rolling(given, disable_tqdm=True)
    rows = tokenizer(texts, add_special_tokens=False)["input_ids"]
    return np.array([each / len(row) for each, row in zip(total, rows)])


def of_mimir(folder: Path) -> Callable[[Any, Any, list[str]], np.ndarray]:
    """The same by MIMIR, which asks one text at a time."""
    sys.path.insert(0, str(folder))
    for name in NOT_NEEDED:
        empty = types.ModuleType(name)
        empty.__getattr__ = lambda _: object  # type: ignore[method-assign]
        empty.__all__ = []  # type: ignore[attr-defined]
        sys.modules.setdefault(name, empty)
    from mimir.models import Model

    def asked(model: Any, tokenizer: Any, texts: list[str]) -> np.ndarray:
        own = types.SimpleNamespace(
            model=model, device="cpu", name="small", stride=CONTEXT, max_length=2 * CONTEXT
        )
        rows = tokenizer(texts, add_special_tokens=False)["input_ids"]
        given = (np.array([[0, *row]]) for row in rows)
        return np.array([np.mean(Model.get_probabilities(own, "", tokens=row)) for row in given])

    return asked


def scoring(folder: Path, mimir: Path | None) -> list[str]:
    """What a text costs, and how far the numbers lie apart."""
    given = small_model(folder)
    right = of_tacit(*given)
    asks = {"tacit": of_tacit, "memaudit": of_memaudit, "lm-evaluation-harness": of_harness}
    if mimir is not None:
        asks["MIMIR"] = of_mimir(mimir)
    lines = []
    for name, ask in asks.items():
        try:
            ask(*given)
        except ImportError as error:
            lines.append(f"| {name} | not installed ({error}) | – |")
            continue
        times = []
        for _ in range(3):
            began = time.process_time()
            found = ask(*given)
            times.append(time.process_time() - began)
        apart = float(np.abs(found - right).max())
        lines.append(f"| {name} | {1000 * min(times) / TEXTS:.2f} | {apart:.1e} |")
    return lines


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--privacyguard", type=Path, metavar="CHECKOUT")
    parser.add_argument("--mimir", type=Path, metavar="CHECKOUT")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="as of the language example")
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/language_peers.md"))
    arguments = parser.parse_args()
    theirs = memaudit_limits()
    lines = [
        "# Language models: other libraries beside ours",
        "",
        "`python benchmarks/language_peers.py --data FOLDER --privacyguard CHECKOUT --mimir"
        f" CHECKOUT --draws {arguments.draws}`, {datetime.date.today()}, Python"
        f" {platform.python_version()}, 2 cores.",
        "",
        "## Members found at 1 % false alarms: does the 95 % interval hold the truth?",
        "",
        "| members, controls, shift | memaudit 0.2.0 | tacit |",
        "|---|---|---|",
    ]
    for game in GAMES:
        name = f"{game[0]}, {game[1]:,}, {game[2]:g} sd"
        other = "not installed" if theirs is None else coverage(theirs, game, arguments.draws)
        lines.append(f"| {name} | {other} | {coverage(ours, game, arguments.draws)} |")
    lines += [
        "",
        "memaudit's interval is that of the members above a threshold that is taken for known; the"
        " threshold is itself an estimate from the controls.",
        "",
        "## Longest common substring, ms a pair",
        "",
        "| characters | PrivacyGuard | tacit | ratio | same answers |",
        "|---|---|---|---|---|",
    ]
    slow = privacyguard_substring(arguments.privacyguard)
    for length in LENGTHS:
        pairs = pairs_of(length)
        fast = milliseconds(longest_common_substring, pairs)
        if slow is None:
            lines.append(f"| {length} | no checkout given | {fast:.3f} | – | – |")
            continue
        other = milliseconds(slow, pairs[:SLOW_PAIRS])
        same = sum(slow(*pair) == longest_common_substring(*pair) for pair in pairs[:SLOW_PAIRS])
        lines.append(
            f"| {length} | {other:.2f} | {fast:.3f} | {other / fast:.0f} | {same} of {SLOW_PAIRS} |"
        )
    if arguments.data is not None:
        lines += [
            "",
            f"## Log-probabilities of {TEXTS} texts of {CONTEXT - 1} tokens, CPU ms a text",
            "",
            "One thread, a GPT-2 of half a million parameters; mean log-probability a text.",
            "",
            "| library | ms a text | largest difference to tacit (nats) |",
            "|---|---|---|",
            *scoring(arguments.data, arguments.mimir),
            "",
            "MIMIR and memaudit ask one text at a time; of MIMIR only the module that asks a model"
            " is used, with what it imports beside that left empty. tacit's time includes the mean"
            " and variance of the whole distribution, which Min-K++ needs and the harness does not"
            " compute. MIMIR's experiments and the harness's tasks have no interval, no control"
            " group and no gate on the split.",
        ]
    arguments.out.write_text("\n".join(lines) + "\n", encoding="utf8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
