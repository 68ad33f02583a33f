"""The axes that a picture is drawn on."""

from typing import Any, cast

from tacit.core.optional import require

# inches; a column of a paper is 5 to 6 wide
FIGURE_SIZE = (5.2, 4.0)


def axes(ax: Any = None) -> Any:
    """`ax`, or new matplotlib axes where it is None.

    Raises
    ------
    MissingDependency
        Matplotlib is not installed.
    """
    if ax is not None:
        return ax
    pyplot = cast(Any, require("matplotlib.pyplot", extra="plots", purpose="Plotting"))
    return pyplot.subplots(figsize=FIGURE_SIZE, layout="constrained")[1]


def finish(ax: Any, *, title: str, x: str, y: str) -> None:
    """Labels, and no frame where it says nothing."""
    ax.set(xlabel=x, ylabel=y)
    ax.set_title(title, loc="left", fontsize="medium", fontweight="bold")
    ax.spines[["top", "right"]].set_visible(False)


def literal(text: str) -> str:
    """Text that matplotlib draws as it is, dollar signs and leading underscores included."""
    plain = text.replace("$", r"\$")
    return f"\u200b{plain}" if text.startswith("_") else plain
