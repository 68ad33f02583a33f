"""What the explorer's examples write: the numbers, the page, a table and a picture."""

from pathlib import Path
from typing import Any

from tacit.core.comparison import Point
from tacit.core.exploration import Exploration

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "os^Dv"


def deliver(found: Exploration, path: Path) -> None:
    """Write ``path`` with the suffixes .json, .html, .md and .png; print the comparison."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for suffix in (".json", ".html"):
        found.save(path.with_suffix(suffix))
    path.with_suffix(".md").write_text(table(found), encoding="utf8")
    draw(found, path.with_suffix(".png"))
    print(found)


def table(found: Exploration) -> str:
    """Every variant with its intervals, and what was confirmed, in Markdown."""
    comparison = found.comparison
    lines = [
        f"# {comparison.title}",
        "",
        comparison.recommendation,
        "",
        (
            "Vulnerability is the membership advantage of the best attack, taught by the variant's"
            " other runs; accuracy is on records that a run was not trained on. Means over runs"
            " with 95 % Student intervals."
        ),
        "",
        "| variant | runs | accuracy | vulnerability |",
        "| --- | --- | --- | --- |",
    ]
    for point in comparison.points:
        cells = f"{point.runs} | {accuracy(point)} | {vulnerability(point)}"
        lines.append(f"| {point.name} | {cells} |")
    return "\n".join(lines) + "\n"


def accuracy(point: Point) -> str:
    """An accuracy with its interval."""
    if point.accuracy is None or point.accuracy_low is None or point.accuracy_high is None:
        return "not known"
    return f"{point.accuracy:.3f} [{point.accuracy_low:.3f}, {point.accuracy_high:.3f}]"


def vulnerability(point: Point) -> str:
    """A score with its interval."""
    score = point.score
    if score is None:
        return "not known"
    return f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}]"


def draw(found: Exploration, path: Path) -> None:
    """Accuracy against vulnerability, two error bars a variant; an arrow for what was confirmed."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 5.5), layout="constrained")
    known = [p for p in found.comparison.points if p.accuracy is not None and p.score is not None]
    for number, point in enumerate(known):
        turn, place = divmod(number, len(COLOURS))
        _dot(axes, point, COLOURS[place], MARKERS[turn % len(MARKERS)])
    if found.confirmed is not None and found.confirmed.better:
        _arrow(axes, found)
    axes.set(
        xlabel="accuracy on records that the model was not trained on",
        ylabel="vulnerability (membership advantage)",
    )
    figure.suptitle("\n".join([found.comparison.title, *_confirmed(found)]), fontsize="medium")
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.grid(alpha=0.3)
    axes.legend(
        frameon=False,
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
        title="filled: on the Pareto front",
    )
    figure.savefig(path, dpi=130)
    plt.close(figure)


def _confirmed(found: Exploration) -> list[str]:
    """What the arrow stands for."""
    confirmed = found.confirmed
    if confirmed is None:
        return []
    change = confirmed.score
    return [
        f"{found.winner}: vulnerability lower by {change.value:.3f} ({change.low:.3f} to"
        f" {change.high:.3f}), confirmed on {confirmed.runs} fresh trainings of each (arrow)"
    ]


def _dot(axes: Any, point: Point, colour: str, marker: str) -> None:
    score = point.score
    if point.accuracy is None or score is None:
        return
    low = point.accuracy if point.accuracy_low is None else point.accuracy_low
    high = point.accuracy if point.accuracy_high is None else point.accuracy_high
    axes.errorbar(
        [point.accuracy],
        [score.value],
        [[score.value - score.low], [score.high - score.value]],
        [[point.accuracy - low], [high - point.accuracy]],
        fmt=marker,
        color=colour,
        markerfacecolor=colour if point.front else "white",
        capsize=2,
        label=f"{point.name} ({point.runs} runs)",
    )


def _arrow(axes: Any, found: Exploration) -> None:
    """From the baseline to the winner."""
    places = []
    for name in (found.baseline, found.winner):
        point = found.comparison.point(name)
        if point.score is None:
            return
        places.append((point.accuracy, point.score.value))
    axes.annotate(
        "", places[1], places[0], arrowprops={"arrowstyle": "->", "color": "grey", "shrinkA": 8}
    )


if __name__ == "__main__":
    raise SystemExit("This is a part of explore_adult.py and explore_cifar10.py.")
