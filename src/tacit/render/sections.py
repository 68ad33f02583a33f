"""What a report says, once, for every format."""

import re
from collections import Counter
from collections.abc import Mapping

from tacit.core import CheckResult, Estimate, InvalidInput, Note, Report, Verdict
from tacit.plots import SlicesDisplay
from tacit.render import claims
from tacit.render.advice import how_to_lower
from tacit.render.bibliography import references
from tacit.render.blocks import (
    Block,
    Cell,
    Chart,
    Document,
    Fact,
    Facts,
    Interval,
    Items,
    Section,
    Table,
    Text,
)
from tacit.render.charts import charts_of
from tacit.render.claims import claim_facts, shown_epsilon
from tacit.render.clean import clean, sentence
from tacit.render.meaning import meaning, tail_rate
from tacit.render.words import (
    SPACE,
    amount,
    both_of,
    count,
    metric_name,
    number,
    p_value,
    plural,
    rule_name,
    share,
    short_metric_name,
    span_of,
    upper_first,
    value_of,
)

VERDICTS = {"pass": "Pass", "fail": "Fail", "inconclusive": "Inconclusive", "skipped": "Skipped"}
FINDINGS = {
    "leak": "leak found",
    "no leak found": "no leak found",
    "inconclusive": "finding inconclusive",
}
STANDING = {
    ("leak", "fail"): "The model leaks, and by more than the policy allows.",
    ("leak", "pass"): "The model leaks, by less than the limits that the policy sets.",
    (
        "leak",
        "inconclusive",
    ): "The model leaks. Whether by more than the policy allows, these records cannot tell.",
    (
        "no leak found",
        "pass",
    ): (
        "The policy's limits are kept. No leak found is not proof that there is none: it is what "
        "these attacks could show with these records."
    ),
    (
        "no leak found",
        "fail",
    ): (
        "A limit of the policy is exceeded, although the audit as a whole shows no leak: read the"
        " rules."
    ),
    (
        "no leak found",
        "inconclusive",
    ): "No leak was found, but too little is known to say that the policy's limits are kept.",
    (
        "inconclusive",
        "pass",
    ): "The policy's limits are kept, but these records cannot tell whether the model leaks.",
    (
        "inconclusive",
        "fail",
    ): (
        "A limit of the policy is exceeded, although the audit as a whole settles nothing: read the"
        " rules."
    ),
    (
        "inconclusive",
        "inconclusive",
    ): "These records can tell neither whether the model leaks nor whether the limits are kept.",
}
ATTACK_COLUMNS = (
    "advantage",
    "tpr@fpr=0.01",
    "tpr@fpr=0.001",
    "auc",
    "tpr@fpr=0.1",
    "tpr@fpr=0.0001",
)
MADE = {
    "seed": "Seed",
    "digest": "Digest of the inputs",
    "command": "Command",
    "n_members": "Members given",
    "n_nonmembers": "Non-members given",
    "n_clusters": "Clusters",
    "level": "Confidence",
}
MAX_COLUMNS = 5
MAX_ROWS = 40
MAX_SHOWN_PACKAGES = 12
WIDE = 400
MORE = "Pictures, methods, what lowers a leak, references: save this as .html or .md."


def document_of(report: Report) -> Document:
    """The whole report as a document, every text from outside cleaned."""
    return Document(
        kind="privacy report",
        title=clean(report.title),
        created=clean(report.created),
        tone=report.verdict,
        verdict=VERDICTS[report.verdict],
        finding=(FINDINGS if shown_epsilon(report) is None else claims.FINDINGS)[report.finding],
        headline=re.sub(r"(?<=\d) %", f"{SPACE}%", sentence(report.headline)),
        caution=tuple(map(sentence, report.warnings)),
        facts=_facts(report),
        sections=tuple(section for section in _sections(report) if section.blocks),
        charts=charts_of(report),
        more=MORE,
    )


def _sections(report: Report) -> list[Section]:
    return [
        Section(
            "rules", f"Against the policy “{clean(report.policy)}”", _rules(report), brief=True
        ),
        Section("meaning", "What it means", meaning(report), brief=True),
        Section("attacks", "Which attack did it", _attacks(report), brief=True),
        Section("slices", "Who is most exposed", _slices(report), brief=True),
        Section("trend", "Over the epochs", _trend(report)),
        Section("baselines", "Could it be the split, and not the model?", _baselines(report)),
        Section("controls", "Controls", _controls(report)),
        Section("assumed", "What was assumed", _assumed(report), brief=True),
        Section("unknown", "What could not be known", _unknown(report), brief=True),
        Section("lower", "How to lower it", how_to_lower(report)),
        Section("methods", "How each number was found", _methods(report)),
        Section("made", "How this report was made", _made(report)),
        Section("references", "References", (Items(references(report), ordered=True),)),
    ]


def _facts(report: Report) -> tuple[Fact, ...]:
    if (bound := shown_epsilon(report)) is not None:
        return claim_facts(bound)
    facts = []
    if report.score is not None:
        facts.append(
            Fact(
                "Vulnerability score",
                value_of(report.score),
                span_of(report.score),
                "0 guessing, 1 all told apart",
            )
        )
    if (rate := tail_rate(report)) is not None:
        facts.append(
            Fact(metric_name(rate.name), value_of(rate), span_of(rate), "of the training records")
        )
    if report.detectable is not None:
        facts.append(
            Fact("Smallest score it would show", number(report.detectable), "", "in 4 audits of 5")
        )
    if "nonmember" in report.accuracy:
        seen = report.accuracy.get("member")
        note = "" if seen is None else f"{share(seen)} on training records"
        facts.append(
            Fact("Accuracy on other records", share(report.accuracy["nonmember"]), "", note)
        )
    return tuple(facts)


def _rules(report: Report) -> tuple[Block, ...]:
    claim = shown_epsilon(report) is not None
    standing = Text(
        claims.STANDING[report.verdict] if claim else STANDING[report.finding, report.verdict]
    )
    rows: list[tuple[Cell, ...]] = [
        (rule_name(verdict), VERDICTS.get(verdict.outcome, "?"), _reason(verdict))
        for verdict in report.verdicts
    ]
    if not rows:
        return (standing, Text("The policy sets no rule, so nothing could pass or fail."))
    caption = "One line a rule. A rule passes only if the whole interval is inside the limit."
    return (standing, Table(caption, ("Rule", "Verdict", "Why"), tuple(rows)))


def _reason(verdict: Verdict) -> str:
    """Why, in the units of the table; a gate of another kind speaks for itself."""
    if verdict.note is not None or verdict.estimate is None or verdict.relation != "at most":
        return upper_first(sentence(verdict.reason))
    words = {"pass": "lies at or below", "fail": "lies above"}
    found = words.get(verdict.outcome, "reaches across")
    return f"{both_of(verdict.estimate)} {found} the limit"


def _attacks(report: Report) -> tuple[Block, ...]:
    checks = [check for check in report.checks if check.role == "attack"]
    if not checks:
        return ()
    columns = _columns(checks)
    checks.sort(key=lambda check: (check.name != report.chosen, -_first(check, columns)))
    rows = tuple(
        (_attack_name(check, report), *(_cell(check, name) for name in columns))
        for check in checks[:MAX_ROWS]
    )
    head, short = (
        ("Attack", *map(metric_name, columns)),
        ("Attack", *map(short_metric_name, columns)),
    )
    marked, left_out = 0 if report.chosen else None, max(0, len(checks) - MAX_ROWS)
    table = Table(
        f"Every attack that was run. In brackets the {share(report_level(report))} interval of each"
        " number.",
        head,
        rows,
        marked,
        left_out,
        short,
    )
    return (*_choice(report), *_pictures(report), table)


def _columns(checks: list[CheckResult]) -> list[str]:
    """The metrics that at least half of the attacks have, in the order that matters."""
    names = Counter(estimate.name for check in checks for estimate in check.estimates)
    shared = [name for name, found in names.items() if 2 * found >= len(checks)]
    usual = [name for name in ATTACK_COLUMNS if name in shared]
    return (usual or sorted(shared))[:MAX_COLUMNS]


def _first(check: CheckResult, columns: list[str]) -> float:
    found = check.estimate(columns[0]) if columns else None
    return found.value if found is not None else float("-inf")


def _attack_name(check: CheckResult, report: Report) -> str:
    return f"{clean(check.name)} (chosen)" if check.name == report.chosen else clean(check.name)


def _cell(check: CheckResult, name: str) -> Cell:
    found = check.estimate(name)
    return (
        interval(found)
        if found is not None
        else "not known"
        if check.reason or check.notes or check.remarks
        else "–"
    )


def interval(estimate: Estimate) -> Interval:
    """A cell that shows the estimate."""
    return Interval(estimate.value, estimate.low, estimate.high, both_of(estimate))


def _choice(report: Report) -> tuple[Block, ...]:
    chosen = report.chosen_check
    if chosen is None:
        return ()
    how = (
        f" ({clean(chosen.attack, limit=WIDE)} on the signal “{clean(chosen.statistic)}”)"
        if chosen.attack
        else ""
    )
    records = (
        f"{plural(chosen.n_members, 'member')} and {plural(chosen.n_nonmembers, 'non-member')}"
    )
    if report.score is None:
        return (Text(f"Measured: {clean(chosen.name)}{how}, {records}.", brief=False),)
    said = (
        f"Chosen: {clean(chosen.name)}{how}. It was chosen on other data than the {records} that"
        " grade it, so the headline is not the best of many."
    )
    return (Text(said, brief=False),)


def _pictures(report: Report) -> tuple[Block, ...]:
    band = (
        f"The shaded band holds the truth in {share(report_level(report))} of audits, at each"
        " point."
    )
    roc = (
        "Each line is an attack. The far left matters most: few outsiders accused, records named"
        f" with confidence. On the dashed line an attacker does no better than chance. {band}"
    )
    scores = (
        "Where the two shapes lie on each other, the attacker cannot tell. A tail of training"
        " records to the right is a group that is told with confidence."
    )
    charts: list[Block] = []
    if report.figures.get("roc"):
        charts.append(Chart("roc", "Members found against outsiders wrongly accused", roc))
    if report.figures.get("scores"):
        charts.append(Chart("scores", "How the attack scores members and non-members", scores))
    return tuple(charts)


def _slices(report: Report) -> tuple[Block, ...]:
    try:
        display = SlicesDisplay.from_report(report, max_slices=MAX_ROWS)
    except InvalidInput:
        return ()
    rows = tuple(
        (
            clean(row.name),
            interval(row.estimate),
            p_value(row.p_adjusted),
            f"{count(row.n_members)} / {count(row.n_nonmembers)}",
        )
        for row in display.rows
    )
    total = plural(len(rows) + display.left_out, "slice")
    said = (
        f"{count(display.n_significant)} of {total} leak beyond chance (rank test, Holm-corrected)."
        " Sorted by the lower end of the interval: first comes what is most surely exposed. The"
        " intervals hold for all slices at once; they are for one threshold, the test looks at all"
        " of them, so near the edge the two may disagree."
    )
    head = ("Slice", metric_name(display.metric), "p, corrected", "Members / others")
    short = ("Slice", short_metric_name(display.metric), "p, corrected", "Members / others")
    picture = (
        "A dot is the estimate, the bar its interval; coloured where it leaks beyond chance. Full"
        " line: all records. Dashes: no leak."
    )
    table = Table("The most exposed slices.", head, rows, None, display.left_out, short)
    return (Text(said, brief=False), Chart("slices", "Vulnerability by slice", picture), table)


def report_level(report: Report) -> float:
    """The confidence of the headline."""
    return report.score.level if report.score is not None else 0.95


def _trend(report: Report) -> tuple[Block, ...]:
    if not report.figures.get("trend"):
        return ()
    return (
        Chart(
            "trend",
            "Vulnerability by epoch",
            "A dot is an epoch, the bar its interval. Rising lines mean that training on makes the"
            " model tell more.",
        ),
    )


def _baselines(report: Report) -> tuple[Block, ...]:
    checks = [check for check in report.checks if check.role == "blind"]
    if not checks:
        return ()
    said = Text(
        "A guesser that never sees the model should do no better than chance. Where it does better,"
        " members and non-members differ by themselves, and the attacks may have measured that"
        " difference and not the model."
    )
    return (said, _first_numbers("Guessers without the model.", checks))


def _controls(report: Report) -> tuple[Block, ...]:
    checks = [check for check in report.checks if check.role == "control"]
    if not checks:
        return ()
    notes = tuple(upper_first(sentence(note)) for check in checks for note in check.remarks)
    said = Text(
        "The same measurements where the answer is known, to see that they work.", brief=False
    )
    return (
        said,
        _first_numbers("What the controls show.", checks),
        *((Items(notes),) if notes else ()),
    )


def _first_numbers(caption: str, checks: list[CheckResult]) -> Table:
    """One row a check, with its first number, or the reason why it has none."""
    rows: list[tuple[Cell, ...]] = []
    for check in checks:
        number_of = (
            interval(check.estimates[0]) if check.estimates else sentence(check.reason) or "–"
        )
        rows.append((clean(check.name), number_of, p_value(check.p_value)))
    names = dict.fromkeys(
        metric_name(check.estimates[0].name) for check in checks if check.estimates
    )
    return Table(caption, ("Guesser", " / ".join(names) or "Result", "p of “no leak”"), tuple(rows))


def _assumed(report: Report) -> tuple[Block, ...]:
    said = [*report.assumes, *(report.score.assumes if report.score is not None else ())]
    once = {
        text.lower().rstrip("."): upper_first(sentence(text).rstrip(".")) + "."
        for text in reversed(said)
    }
    kept = [
        text
        for key, text in reversed(once.items())
        if not any(key != other and key in other for other in once)
    ]
    return (Items(tuple(kept)),) if kept else ()


def _unknown(report: Report) -> tuple[Block, ...]:
    if not report.unknown:
        said = "Every question that this audit asks had enough records for an answer."
        return (Text(f"{said} That says nothing of attacks that were not run."),)
    rows: list[tuple[Cell, ...]] = [
        (_question(note.metric), upper_first(sentence(note.reason)), _needed(note))
        for note in report.unknown
    ]
    head: tuple[str, ...] = ("Question", "Why not", "Would need")
    if all(row[2] == "–" for row in rows):
        head, rows = head[:2], [row[:2] for row in rows]
    caption = "Not measured does not mean not there."
    return (Table(caption, head, tuple(rows[:MAX_ROWS]), None, max(0, len(rows) - MAX_ROWS)),)


def _question(text: object) -> str:
    return (
        metric_name(str(text))
        if metric_name(str(text)) != clean(text)
        else upper_first(sentence(text))
    )


def _needed(note: Note) -> str:
    if note.needed is None:
        return "–"
    had = "" if note.got is None else f", had {amount(note.got)}"
    return f"{amount(note.needed)}{SPACE}{clean(note.unit or 'records')}{had}"


def _methods(report: Report) -> tuple[Block, ...]:
    chosen = report.chosen_check
    estimates = [] if chosen is None else list(chosen.estimates)
    if report.score is not None and all(item.name != report.score.name for item in estimates):
        estimates.insert(0, report.score)
    if not estimates:
        return ()
    rows = tuple(
        (
            metric_name(item.name),
            interval(item),
            f"{share(item.level)}",
            count(item.n),
            sentence(item.method),
            p_value(item.p_value),
        )
        for item in estimates
    )
    head = ("Number", "Value", "Level", "n", "How the interval was made", "p of “no leak”")
    whole = Text(
        "p of “no leak” for the whole audit, all attacks and slices included:"
        f" {p_value(report.p_value)}."
    )
    return (whole, Table("The chosen attack, measured every way.", head, rows))


def _made(report: Report) -> tuple[Block, ...]:
    environment = dict(report.environment)
    versions = environment.pop("versions", {})
    pairs = [("Made on", clean(report.created)), ("Model", clean(report.title))]
    if isinstance(versions, Mapping):
        shown = list(versions.items())[:MAX_SHOWN_PACKAGES]
        pairs.append(
            ("Versions", ", ".join(f"{clean(name)} {clean(version)}" for name, version in shown))
        )
    keys = [key for key in MADE if key in environment] + [
        key for key in environment if key not in MADE
    ][:MAX_SHOWN_PACKAGES]
    for key in keys:
        value = environment[key]
        label = MADE.get(key) or upper_first(clean(key).replace("_", " "))
        pairs.append((label, "" if value is None else clean(value, limit=WIDE)))
    pairs.append(("Report format", f"schema {report.schema}"))
    return (Facts(tuple((name, value) for name, value in pairs if value)),)
