"""The page of what `explorer.py` measured: a paragraph a study."""

import datetime
import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import beta

Found = dict[str, Any]


def _share(hits: int, n: int) -> str:
    """A share with its exact 95 % limits, in per cent."""
    low = 0.0 if hits == 0 else float(beta.ppf(0.025, hits, n - hits + 1))
    high = 1.0 if hits == n else float(beta.ppf(0.975, hits + 1, n - hits))
    return f"{hits} of {n} ({100 * hits / n:.1f} %, {100 * low:.1f} to {100 * high:.1f})"


def page(folder: Path) -> str:
    """All studies that are there, in Markdown."""
    found = {
        name: json.loads((folder / f"{name}.json").read_text())
        for name in SAID
        if (folder / f"{name}.json").exists()
    }
    lines = [
        "# What the explorer claims",
        "",
        (
            f"`python benchmarks/explorer.py`, {datetime.date.today().isoformat()}, Python"
            f" {platform.python_version()}, {os.cpu_count()} shared cores; limits are exact 95 %."
        ),
        "",
        (
            "The simulated training has 300 records, half of them in by coins, 3 runs a"
            " variant and 3 fresh ones to confirm; the strength of its leak differs from run"
            " to run."
        ),
    ]
    for name, item in found.items():
        lines += ["", *SAID[name](item)]
    return "\n".join(lines) + "\n"


def _said_identical(item: Found) -> list[str]:
    return [
        f"**{item['variants']} identical variants.** Another than the baseline looked best and was"
        f" put to the test in {item['confirmations']} of {item['worlds']} worlds; one was called"
        f" better in {_share(item['claimed'], item['worlds'])}. The aim is 5 % at most.",
    ]


def _said_covers(item: Found) -> list[str]:
    winners = ", ".join(f"{name} {count}" for name, count in sorted(item["winners"].items()))
    return [
        f"**The confirmed difference** holds the truth in {_share(item['held'], item['worlds'])}"
        f" (winners: {winners}); it is claimed in {item['claimed']}. Its mean error is"
        f" {item['bias']:+.4f}; the winner's score in the race is off by"
        f" {item['bias in the race']:+.4f} on average: the least of several looks smaller than it"
        " is.",
    ]


def _said_kills(item: Found) -> list[str]:
    return [
        f"**Killed at random moments.** {item['kills']} SIGKILLs over {item['explorations']}"
        f" explorations: {item['trained again after being stored']} models trained again after"
        f" being stored, {item['lost in flight']} lost in flight (at most one a kill),"
        f" {item['other results']} explorations with another result than one that was left alone.",
    ]


def _said_digits(item: Found) -> list[str]:
    rows = [
        f"| {name} | {accuracy:.3f} | {raced:.3f} | {right:.3f} | {fresh:.3f} |"
        for name, (accuracy, raced, fresh, right) in item["variants"].items()
    ]
    gaps = np.array([score - item["best_score"] for _, score, _ in item["picks"]])
    lost = np.array([item["best_accuracy"] - accuracy for _, _, accuracy in item["picks"]])
    names = [name for name, _, _ in item["picks"]]
    shown = ""
    if item["confirmed"] is not None:
        name, value, low, high = item["confirmed"]
        shown = (
            f" The first exploration confirmed *{name}*: {value:.3f} ({low:.3f} to {high:.3f}) less"
            " than the baseline, the first row."
        )
    return [
        f"**Digits with 15 % wrong labels**, 12 networks, explored with {len(gaps)} seeds:"
        f" {item['models']} networks trained and attacked in {item['cpu_seconds']:.1f} CPU s"
        " (median), training included. On fresh trainings the picks have"
        f" {gaps.mean():+.3f} on average (at most {gaps.max():+.3f}; {int((gaps <= 0.02).sum())} of"
        f" {len(gaps)} within .02) against the least vulnerable network within a point of the best"
        f" accuracy, and {100 * lost.mean():.1f} points less accuracy than the best (at most"
        f" {100 * lost.max():.1f}). Picked: "
        + ", ".join(f"{name} ({names.count(name)})" for name in dict.fromkeys(names))
        + f". A lower vulnerability was confirmed in {item['claimed']} of {len(gaps)}.{shown}",
        "",
        "| variant | accuracy, first race | vulnerability, first race | accuracy, fresh |"
        " vulnerability, fresh |",
        "|---|---|---|---|---|",
        *rows,
    ]


def _said_one_call(item: Found) -> list[str]:
    return [
        f"**One call**, `tacit.audit(model, train=, test=, shadows=8)` on all digits:"
        f" {item['cpu_seconds']:.1f} CPU s, training included. Finding: {item['finding']}.",
    ]


SAID: dict[str, Callable[[Found], list[str]]] = {
    "identical": _said_identical,
    "covers": _said_covers,
    "kills": _said_kills,
    "digits": _said_digits,
    "one_call": _said_one_call,
}
