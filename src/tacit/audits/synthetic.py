"""The audit of a synthetic table: what does a release tell of the people it was made from?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacit.attacks import EBLiRA, LiRA, ShadowStack
from tacit.audits.steps.closeness import (
    copied,
    nearest_counts,
)
from tacit.audits.steps.relabelling import joint_test
from tacit.audits.steps.release_report import LABELS, MOST_SECRETS, Found, Release, released_report
from tacit.audits.steps.release_slices import isolation, release_slices
from tacit.audits.steps.slice_values import coded, slice_columns, with_slices
from tacit.audits.steps.small_cells import hidden_notes, hidden_values
from tacit.audits.steps.table_game import TableGame
from tacit.audits.steps.table_risks import table_risks
from tacit.audits.steps.tables import Tables, column_names, require_enough, tables_of
from tacit.core import (
    DEFAULT_POLICY,
    Assignment,
    InvalidInput,
    Note,
    NotEnoughData,
    Policy,
    PolicyLike,
    Report,
    collect,
)
from tacit.core.checking import MIN_CELL, whole
from tacit.core.options import require_options
from tacit.core.plugins import did_you_mean
from tacit.signals.embedding import Embedding
from tacit.signals.synthetic import SCORES, synthetic_scores
from tacit.training.generators import Generator, shadow_releases

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]

DEFAULT_SHADOWS = 12
# Two with each row and two without it: fewer give no variance within a row.
FEWEST_SHADOWS = 4
# A category with more values has too few rows in each to say anything.
MOST_SLICES = 12
OF_TRAINING = ("pool", "store", "kind", "share", "fixed", "version", "on_change", "keep", "name")
STEPS = ("scores", "shadow generators", "one test", "slices", "risks", "report")


def audit_synthetic(
    synthetic: Any,
    *,
    member: Any,
    nonmember: Any,
    reference: Any,
    generator: Generator | None = None,
    shadows: int | None = None,
    secrets: Sequence[str] | None = None,
    slices: Sequence[str] | None = None,
    min_cell: int = MIN_CELL,
    ignore: Sequence[str] = (),
    cluster: tuple[ArrayLike, ArrayLike] | None = None,
    assignment: Assignment = "observed",
    policy: PolicyLike = DEFAULT_POLICY,
    level: float = 0.95,
    seed: int = 0,
    title: str = "synthetic table",
    command: str = "",
    records: bool = False,
    progress: Progress | None = None,
    **training: Any,
) -> Report:
    """Audit a synthetic table: what does it tell of the rows that it was made from?

    Five scores look at every real row in the release. One test on all rows decides whether members
    score higher in any of them; it is exact where membership was drawn by coins or a random split,
    however the scores depend on one another. The score that shows most is reported, with intervals
    that hold for all of them at once and a value that is graded by rows that did not choose it.
    Where the split was found and not drawn, or shows in the rows, a leak is called only if a score
    goes with membership beyond what the row itself explains of both.

    Tables are pandas or polars frames, or dicts of columns, of numbers, dates, text and true/false,
    with missing cells where there are some.

    Parameters
    ----------
    synthetic : the release.
    member : the rows that the generator was fitted on, or a random sample of them.
    nonmember : rows of the same population that it was not fitted on.
    reference : further rows of the population, neither members nor non-members: the measure of what
        the population tells anyway.
    generator : ``fit_and_release(rows, seed) -> frame``, the recipe of the audited generator; then
        shadow generators are fitted on halves of the real rows, and attacks that learn from them
        join the five scores.
    shadows : number of shadow generators; 12 by default where there is a generator.
    secrets : columns for the inference risk; by default all (at most 20).
    slices : columns to slice by; by default categories of at most 12 values. How isolated a row
        is, is always one. Numbers with many values are cut at their quantiles, and a column that
        names nearly every row is left out.
    min_cell : a slice with fewer members or non-members than this is not shown.
    ignore : columns that are not compared.
    cluster : the unit of independence (a person) of each row: labels of the members' rows, and of
        the non-members' rows. Whole clusters are members, or not.
    assignment : who decided membership: ``"observed"``, ``"fixed_size"`` or ``"coin"``.
    policy : the gates of the verdict.
    level : confidence.
    seed : the same seed, the same report.
    title : what the report calls the release.
    command : how it was made.
    records : keep per-row scores; they say who was a member.
    progress : called with (what, done, of).
    **training : `pool`, `store`, `kind` of the shadow generators; see `tacit.training.shadow`.

    Returns
    -------
    Report : with one check a score (role ``"attack"``), a slice, a risk; too few rows make it
        inconclusive.

    Raises
    ------
    InvalidInput : the tables cannot be compared; says which column and what to do.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows = [{"x": rng.normal(size=200), "y": rng.normal(size=200)} for _ in range(3)]
    >>> audit_synthetic(rows[0], member=rows[0], nonmember=rows[1], reference=rows[2]).finding
    'leak'
    """
    policy = Policy.of(policy)
    require_options(level, seed, min_cell=min_cell, records=records, progress=progress)
    n_shadows = _number_of_shadows(generator, shadows, training)

    def tell(done: int) -> None:
        if progress is not None:
            progress(STEPS[min(done, len(STEPS) - 1)], done, len(STEPS))

    tables = tables_of(
        synthetic,
        member,
        nonmember,
        reference,
        ignore=ignore,
        cluster=cluster,
        assignment=assignment,
    )
    wanted = _known_columns(tables, secrets, "secrets", tables.rows.names)[:MOST_SECRETS]
    sliced = _known_columns(tables, slices, "slices", _categories(tables))
    made = Release(tables, policy, level, seed, title, command)
    try:
        require_enough(tables)
    except NotEnoughData as error:
        return made.empty(error)
    tell(0)
    scores = synthetic_scores(tables.rows, tables.synthetic, tables.reference, seed=made.seed)
    tell(1)
    attacks = {LABELS[name]: score for name, score in scores.items()}
    if generator is not None and n_shadows:
        pool = _pooled(member, nonmember)
        attacks |= _shadow_attacks(made, scores, generator, pool, n=n_shadows, **training)
    tell(2)
    counts = _counts(tables)
    joint = joint_test(attacks, tables.membership, counts=counts)
    tell(3)
    chosen = min(attacks, key=lambda name: (joint.adjusted[name], -joint.strength[name]))
    to_reference = scores["calibrated_distance"] - scores["distance"]
    given = slice_columns(
        {name: tables.rows.columns[name] for name in sliced}, tables.membership.member, min_cell
    )
    columns = coded(given) | {"isolation": isolation(to_reference)}
    parts = release_slices(
        made.evidence(attacks[chosen], "chosen score"),
        columns,
        n_scores=len(attacks),
        level=level,
        min_cell=min_cell,
    )
    tell(4)
    game = TableGame.drawn(
        tables.rows, tables.membership, tables.synthetic, tables.reference, seed=made.seed
    )
    risks = table_risks(game, wanted, seed=made.seed, level=level)
    tell(5)
    found = Found(attacks, counts, joint, chosen, parts, risks, to_reference)
    report = released_report(made, found, records=records)
    tell(len(STEPS))
    report = with_slices(report, given)
    hidden = _hidden(made, columns, min_cell)
    return replace(report, unknown=(*report.unknown, *hidden))


def _hidden(
    made: Release, columns: Mapping[str, tuple[NDArray[np.int64], list[str]]], min_cell: int
) -> tuple[Note, ...]:
    """What the report says of slices that it does not show."""
    member = made.tables.membership.member
    return hidden_notes(hidden_values(columns, np.arange(len(member)), member, min_cell), min_cell)


def _shadow_attacks(
    made: Release,
    scores: Mapping[str, Floats],
    generator: Generator,
    pool: Any,
    *,
    n: int,
    **training: Any,
) -> dict[str, Floats]:
    """Scores of the attacks that learn from shadow generators."""
    tables = made.tables
    key = tables.membership
    run = shadow_releases(
        generator,
        pool,
        tables.reference,
        n=n,
        columns=tables.rows.names,
        seed=made.seed,
        cluster=key.cluster,
        **training,
    )
    target = np.stack([scores[name] for name in SCORES], axis=1).astype(np.float32)
    signals = run.signals(target)
    found = {}
    for attack in (ShadowStack(), EBLiRA(), LiRA()):
        score = collect(attack, signals, key).score
        found[f"{type(attack).__name__} on {n} shadow generators"] = np.asarray(score, np.float64)
    return found


def _number_of_shadows(
    generator: Generator | None, shadows: int | None, training: Mapping[str, Any]
) -> int:
    strange = [name for name in training if name not in OF_TRAINING]
    if strange:
        raise InvalidInput(
            f"`audit_synthetic` has no argument `{strange[0]}`."
            f"{did_you_mean(strange[0], signature(audit_synthetic).parameters)}"
        )
    if generator is None:
        if shadows or training:
            given = "shadows" if shadows else next(iter(training))
            raise InvalidInput(
                f"`{given}` needs `generator=`, a function fit_and_release(rows, seed) -> frame."
            )
        return 0
    if not callable(generator):
        raise InvalidInput(
            "`generator` needs a function fit_and_release(rows, seed) -> frame, "
            f"got {type(generator).__name__}."
        )
    n = DEFAULT_SHADOWS if shadows is None else shadows
    return whole(n, "shadows", least=FEWEST_SHADOWS)


def _pooled(member: Any, nonmember: Any) -> Any:
    """Members, then non-members, in the container that they came in."""
    if isinstance(member, Mapping):
        return {
            k: np.concatenate([np.asarray(member[k]), np.asarray(nonmember[k])]) for k in member
        }
    package = type(member).__module__.partition(".")[0]
    if package == "pandas":
        import pandas as pd

        return pd.concat([member, nonmember], ignore_index=True)
    if package == "polars":
        import polars as pl

        return pl.concat([member, nonmember])
    raise InvalidInput(
        "Shadow generators need `member` and `nonmember` as pandas or polars frames, or dicts of "
        f"columns, got {type(member).__name__}."
    )


def _known_columns(
    tables: Tables, given: Sequence[str] | None, argument: str, default: Sequence[str]
) -> list[str]:
    if given is None:
        return list(default)
    names = list(dict.fromkeys(column_names(given, argument)))
    for name in names:
        if name not in tables.rows.columns:
            why = tables.left_out.get(name, "it is not among the columns")
            raise InvalidInput(
                f"`{argument}` needs columns that are compared, got {name!r}: {why}."
            )
    return names


def _categories(tables: Tables) -> list[str]:
    kinds = tables.rows.kinds
    return [
        name
        for name, values in tables.rows.columns.items()
        if kinds[name] == "category" and 1 < len(np.unique(values)) <= MOST_SLICES
    ]


def _counts(tables: Tables) -> dict[str, Floats]:
    """What is added up over the members as it is: nearness, whole copies, copied identifiers."""
    embed = Embedding.fitted(tables.reference, tables.rows, tables.synthetic)
    counts = {"nearest": nearest_counts(embed(tables.rows), embed(tables.synthetic))}
    whole = copied(tables.rows, tables.synthetic)
    if whole.any():
        counts["rows copied"] = whole.astype(np.float64)
    for name, (own, released) in tables.identifier.items():
        told = np.isin(own, released)
        if told.any():
            counts[f"{name} copied"] = told.astype(np.float64)
    return counts
