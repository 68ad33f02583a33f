"""One plain recommendation from many points."""

from collections.abc import Sequence

from tacit.core.comparison import Difference, Point

FLAT = 0.002
FRACTIONS = (
    (0.22, 0.28, "a quarter of"),
    (0.30, 0.37, "a third of"),
    (0.46, 0.54, "half"),
    (0.63, 0.70, "two thirds of"),
)


def advice(
    points: Sequence[Point], differences: Sequence[Difference], *, tolerance: float
) -> tuple[str, str]:
    """Name of the recommended point and the reason in plain words.

    Of the points whose accuracy is within `tolerance` of the best, the least vulnerable whose
    difference from the most accurate one is real; the most accurate one where no difference is.

    Parameters
    ----------
    points : with `front` set.
    differences : of all pairs, corrected.
    tolerance : how much accuracy may be given up, as a share.
    """
    known = [point for point in points if point.accuracy is not None and point.score is not None]
    if not known:
        return (
            "",
            "Nothing can be recommended: no audit has both an accuracy and a vulnerability score.",
        )
    best = max(known, key=lambda point: (_accuracy(point), -_score(point)))
    close = [
        point
        for point in known
        if _accuracy(point) >= _accuracy(best) - tolerance and _score(point) < _score(best)
    ]
    real = _really_less(close, best, differences)
    if not real:
        return best.name, _stay(best, close, known, tolerance)
    chosen = min(real, key=lambda point: (_score(point), -_accuracy(point)))
    return chosen.name, f"{_change(chosen, best)}{_beyond(chosen, known)}. {_still(chosen)}".strip()


def _really_less(
    close: Sequence[Point], best: Point, differences: Sequence[Difference]
) -> list[Point]:
    pairs = {frozenset((item.first, item.second)) for item in differences if item.real}
    return [point for point in close if frozenset((point.name, best.name)) in pairs]


def _stay(best: Point, close: Sequence[Point], known: Sequence[Point], tolerance: float) -> str:
    said = f"{best.name} is the most accurate ({100 * _accuracy(best):.1f} %)"
    within = f"within {100 * tolerance:g} points of its accuracy"
    if close:
        said += (
            f", and no model {within} is less vulnerable by more than chance explains; more records"
            " might show one."
        )
    elif any(_score(point) < _score(best) for point in known):
        said += f", and no model {within} is less vulnerable; those that are cost more accuracy."
    else:
        said += ", and none of the others is less vulnerable."
    return f"{said} {_still(best)}".strip()


def _change(chosen: Point, best: Point) -> str:
    lost = 100 * (_accuracy(best) - _accuracy(chosen))
    cost = f"gives up {lost:.1f} points of accuracy" if lost >= 0.05 else "gives up no accuracy"
    before, after = _score(best), _score(chosen)
    numbers = f"({after:.2g} against {before:.2g} for {best.name})"
    share = after / before if before > 0 else 0.0
    words = next((words for low, high, words in FRACTIONS if low <= share <= high), "")
    if words:
        return f"{chosen.name} {cost} for {words} the vulnerability {numbers}"
    if share < 0.02:
        return f"{chosen.name} {cost} for a vulnerability near none {numbers}"
    return f"{chosen.name} {cost} for {100 * (1 - share):.0f} % less vulnerability {numbers}"


def _beyond(chosen: Point, known: Sequence[Point]) -> str:
    if chosen.epoch is None:
        return ""
    later = [
        point
        for point in known
        if point.model == chosen.model and (point.epoch or 0.0) > chosen.epoch
    ]
    if not later:
        return ""
    gain = max(_accuracy(point) for point in later) - _accuracy(chosen)
    return (
        "; beyond it accuracy no longer rises"
        if gain <= FLAT
        else f"; beyond it accuracy rises by {100 * gain:.1f} points"
    )


def _still(chosen: Point) -> str:
    return "It still leaks: read its own report." if chosen.finding == "leak" else ""


def _accuracy(point: Point) -> float:
    assert point.accuracy is not None
    return point.accuracy


def _score(point: Point) -> float:
    assert point.score is not None
    return point.score.value
