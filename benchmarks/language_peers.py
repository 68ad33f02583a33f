"""Other libraries that audit language models, beside ours, on the same numbers and the same texts.

    python benchmarks/language_peers.py [--privacyguard CHECKOUT] [--draws 400]

Two questions: does the interval of "members found at 1 % false alarms" hold the truth (memaudit,
where it is installed), and what does a longest common substring cost (PrivacyGuard, from a checkout
of its repository; it needs pandas, textdistance and tqdm). Score differences are Gaussian, so the
truth is known. MIMIR and lm-evaluation-harness have no interval and no matching of texts.
"""

import argparse
import datetime
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.stats import norm

from tacit.metrics import tpr_at_fpr
from tacit.metrics.intervals import clopper_pearson
from tacit.metrics.matching import longest_common_substring

# members, controls, and how far members score above controls in standard deviations
GAMES = ((100, 100, 2.0), (100, 200, 2.0), (100, 1000, 2.0), (100, 1000, 1.0), (100, 200, 0.0))
FPR = 0.01
# pairs of texts of so many characters; the slow side is timed on fewer
LENGTHS, PAIRS, SLOW_PAIRS = (200, 800), 60, 6
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


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--privacyguard", type=Path, metavar="CHECKOUT")
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/language_peers.md"))
    arguments = parser.parse_args()
    theirs = memaudit_limits()
    lines = [
        "# Language models: other libraries beside ours",
        "",
        f"`python benchmarks/language_peers.py --privacyguard CHECKOUT --draws {arguments.draws}`,"
        f" {datetime.date.today()}, Python {platform.python_version()}, 2 cores.",
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
    arguments.out.write_text("\n".join(lines) + "\n", encoding="utf8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
