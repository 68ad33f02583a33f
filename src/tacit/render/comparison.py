"""What a comparison says, once, for every format."""

from tacit.core import Comparison
from tacit.core.comparison import Difference, Point
from tacit.render.blocks import Block, Cell, Chart, Document, Interval, Items, Section, Table, Text
from tacit.render.charts import pareto_of
from tacit.render.clean import clean, sentence
from tacit.render.sections import VERDICTS, interval
from tacit.render.words import SPACE, both_of, count, p_value, plural

METRICS = {"auc difference": "difference in AUC", "advantage difference": "difference in score"}
MAX_PAIRS = 20
MORE = "The picture and every pair: save this as .html or .json."
MAX_POINTS = 60


def document_of_comparison(comparison: Comparison) -> Document:
    """The whole comparison as a document, every text from outside cleaned."""
    return Document(
        kind="comparison",
        title=clean(comparison.title),
        created=clean(comparison.created),
        tone="neutral",
        verdict="",
        finding="",
        headline=sentence(comparison.recommendation),
        sections=tuple(section for section in _sections(comparison) if section.blocks),
        charts=pareto_of(comparison),
        more=MORE,
    )


def _sections(comparison: Comparison) -> list[Section]:
    return [
        Section("points", "Privacy against accuracy", _points(comparison), brief=True),
        Section("differences", "Which differences are real", _differences(comparison), brief=True),
        Section(
            "notes",
            "What to know",
            (Items(tuple(map(sentence, comparison.notes))),) if comparison.notes else (),
            brief=True,
        ),
    ]


def _points(comparison: Comparison) -> tuple[Block, ...]:
    picture = Chart(
        "pareto",
        "Privacy against accuracy",
        "One line a model, one dot an epoch; right is more accurate, lower is more private. Filled"
        " dots are on the Pareto front: no other is better in one without being worse in the other."
        " The ring is the recommendation.",
    )
    shown = sorted(
        comparison.points, key=lambda point: (point.name != comparison.recommended, not point.front)
    )[:MAX_POINTS]
    rows = tuple(_point_row(point, comparison) for point in shown)
    marked = 0 if comparison.recommended else None
    head = ("Model", "Vulnerability score", "Accuracy", "Pareto front", "Verdict")
    left_out = max(0, len(comparison.points) - MAX_POINTS)
    return (
        picture,
        Table("The recommended one in bold, then the Pareto front.", head, rows, marked, left_out),
    )


def _point_row(point: Point, comparison: Comparison) -> tuple[Cell, ...]:
    score = "not known" if point.score is None else interval(point.score)
    accuracy = "not known" if point.accuracy is None else f"{100 * point.accuracy:.1f}{SPACE}%"
    return (
        clean(point.name),
        score,
        accuracy,
        "yes" if point.front else "no",
        VERDICTS.get(point.verdict, "–"),
    )


def _differences(comparison: Comparison) -> tuple[Block, ...]:
    known = [item for item in comparison.differences if item.estimate is not None]
    if not known:
        return (Text("No two of them could be compared."),) if len(comparison.points) > 1 else ()
    real = sum(item.real for item in known)
    said = (
        f"{count(real)} of {plural(len(known), 'difference')} {'is' if real == 1 else 'are'} larger"
        " than chance explains, corrected for looking at all of them (Holm); the intervals are not"
        f" corrected.{_methods(known)}"
    )
    known.sort(
        key=lambda item: (
            comparison.recommended not in (item.first, item.second),
            item.p_adjusted or 0.0,
        )
    )
    rows = tuple(_difference_row(item) for item in known[:MAX_PAIRS])
    table = Table(
        "Differences in vulnerability; those with the recommended one first.",
        ("Pair", "Real", "Difference", "p, corrected", "How"),
        rows,
        None,
        max(0, len(known) - MAX_PAIRS),
    )
    return (Text(said), table)


def _methods(known: list[Difference]) -> str:
    """How the differences were tested, in words."""
    text = ""
    for paired, words in ((True, "On the same records"), (False, "From the two intervals alone")):
        group = [item for item in known if item.paired == paired]
        found = [item.estimate for item in group if item.estimate is not None]
        methods = dict.fromkeys(
            f"{METRICS.get(item.name, item.name)}, {item.method}" for item in found
        )
        text += f" {words}: {count(len(group))} ({sentence('; '.join(methods))})." if group else ""
    return text


def _difference_row(item: Difference) -> tuple[Cell, ...]:
    found = item.estimate
    name = f"{clean(item.first, limit=28)} − {clean(item.second, limit=28)}"
    shown = "–" if found is None else Interval(found.value, found.low, found.high, both_of(found))
    how = "same records" if item.paired else "two intervals"
    return (name, "yes" if item.real else "no", shown, p_value(item.p_adjusted), how)
