"""The axes that a picture is drawn on, and the one palette."""

from typing import Any, cast

from tacit.core.optional import require

# Okabe and Ito's colours, which readers with any kind of colour vision tell apart; the first two
# are member and non-member
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#5b5b5b")
MEMBER, NONMEMBER = PALETTE[1], PALETTE[0]
QUIET = "#8a8a8a"
FIGURE_SIZE = (5.2, 4.0)


def axes(ax: Any = None) -> Any:
    """`ax`, or new matplotlib axes where it is None.

    Raises
    ------
    MissingDependency : matplotlib is not installed.
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
    return "\u200b" + text.replace("$", r"\$") if text.startswith("_") else text.replace("$", r"\$")
