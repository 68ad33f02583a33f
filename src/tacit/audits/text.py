"""The audit of a language model from its Tokens: gates, scores, fine-tunes, extraction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from tacit.attacks import ShadowStack
from tacit.attacks.reference.families import families
from tacit.audits.one_model import ASSUMES
from tacit.audits.shadow import shadow_attacks, shadow_audit
from tacit.audits.steps.blind_baseline import backwards_warning
from tacit.audits.steps.conclusion import concluded, figures, results_of
from tacit.audits.steps.differences import records_of
from tacit.audits.steps.joint_finding import joint_finding
from tacit.audits.steps.pooled_order import pooled_order
from tacit.audits.steps.provenance import environment
from tacit.audits.steps.scoring import Progress, Scored, result_of
from tacit.audits.steps.slice_values import coded, slice_columns, with_slices
from tacit.audits.steps.slices import slice_looks, slice_results
from tacit.audits.steps.small_cells import hidden_notes, hidden_values
from tacit.audits.steps.text_columns import TokenColumns
from tacit.audits.steps.text_extraction import PlantedTexts, canary_results, extraction_results
from tacit.audits.steps.text_game import Shadows, Suffixes, TextGame
from tacit.audits.steps.text_gates import (
    Overlap,
    blind_results,
    gate_warning,
    overlap_of,
    reference_results,
    require_apart,
)
from tacit.audits.steps.text_scores import Score, scored, scores_of, signals_of
from tacit.audits.steps.verdict import headline_of, require_known
from tacit.core import (
    DEFAULT_POLICY,
    Attack,
    InvalidInput,
    Membership,
    Note,
    NotEnoughData,
    Policy,
    PolicyLike,
    Report,
    Signals,
    Tokens,
    overall,
)
from tacit.core.checking import MIN_CELL, confidence, require_cell
from tacit.core.dates import today
from tacit.signals.language import mean_logprob
from tacit.signals.reference import all_right

OnOverlap = Literal["refuse", "drop", "keep"]
FINE_TUNED = "what does an attacker with fine-tuned references find?"
BASE_ONLY = (
    "Only models that were not fine-tuned like this one served as references: what was found is a "
    "lower bound on what leaks."
)


@dataclass(frozen=True, eq=False)
class _Plan:
    """What all parts of one audit share."""

    policy: Policy
    level: float
    seed: int
    title: str
    command: str
    records: bool
    tell: Progress
    min_cell: int = MIN_CELL
    canaries: PlantedTexts | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def text_audit(
    tokens: Tokens,
    membership: Membership,
    *,
    texts: Sequence[str] | None = None,
    references: Mapping[str, Tokens] | None = None,
    shadows: Shadows | None = None,
    suffixes: Suffixes | None = None,
    canaries: PlantedTexts | None = None,
    overlap: OnOverlap = "refuse",
    slices: Mapping[str, ArrayLike] | None = None,
    min_cell: int = MIN_CELL,
    policy: PolicyLike = DEFAULT_POLICY,
    level: float = 0.95,
    seed: int = 0,
    title: str = "language model",
    command: str = "",
    records: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Audit a language model from what it says of texts, token by token.

    In this order: the gates (a guesser that sees the texts and no model, a model that cannot have
    seen the texts, texts that stand on both sides); scores of the model alone; scores beside the
    references; the shadow stack where there are fine-tunes; extraction beside its control. Where a
    gate is shut nothing is found and nothing passes. The attack is chosen on the
    fine-tunes; without them one test looks at all scores on all texts, and pays for that.

    Parameters
    ----------
    tokens : Tokens
        Of the audited model, n texts.
    membership : Membership
        Which texts it was trained on; clusters are users or documents.
    texts : n texts or None
        For the guesser that never sees the model; without them it cannot be tried.
    references : name to Tokens, or None
        The same texts under models that were not trained on them.
    shadows : Shadows or None
        Models that were fine-tuned like the audited one on random halves of the texts.
    suffixes : Suffixes or None
        For extraction; None takes 50 tokens after the first 50 of each text that is long enough.
    canaries : PlantedTexts or None
        Scores of planted secrets and their coins.
    overlap : ``"refuse"``, ``"drop"`` or ``"keep"``
        What to do where more than 1 % of a side's texts share 32 tokens in a row with the other.
    slices : name to values (n,)
        Columns to slice by; numbers with many values are cut at their quantiles, and a column
        that names nearly every text is left out.
    min_cell : int
        A slice with fewer members or non-members than this is not shown.
    policy, level, seed, title, command, progress
        As of `tacit.audit`.
    records : bool
        Keep each text's score. They say what was trained on: do not publish them.

    Raises
    ------
    InvalidInput
        Lengths or tokenizers differ, or the sides overlap.
    """
    if overlap not in get_args(OnOverlap):
        raise InvalidInput(f"`overlap` needs 'refuse', 'drop' or 'keep', got {overlap!r}.")
    tell = progress or (lambda what, done, of: None)
    policy = Policy.of(policy)
    require_known(policy)
    least = require_cell(min_cell)
    share = confidence(level)
    plan = _Plan(policy, share, seed, title, command, records, tell, least, canaries)
    game = TextGame(
        tokens, membership, texts, dict(references or {}), shadows, suffixes, slices or {}
    )
    game.require_whole()
    found = overlap_of(tokens, membership, texts)
    if overlap == "refuse":
        require_apart(found)
    plan.facts.update(_facts(game, found, dropped=overlap == "drop"))
    if overlap == "drop" and found is not None and found.shared.any():
        game = game.take(found.kept())
    try:
        return _audited(game, plan)
    except NotEnoughData as error:
        return _empty(error, game, plan)


def _audited(game: TextGame, plan: _Plan) -> Report:
    plan.tell("gates", 0, 4)
    level, seed = plan.level, plan.seed
    blind = (
        ()
        if game.texts is None
        else blind_results(game.texts, game.membership, level=level, seed=seed)
    )
    models = reference_results(game.references, game.membership, level=level)
    warning = gate_warning(blind, models)
    plan.tell("scores", 1, 4)
    scores = [*scores_of(game.tokens, game.references), *_of_a_pair(game.shadows, game.tokens)]
    items = scored(scores, game.membership)
    plan.tell("fine-tunes", 2, 4)
    report = _by_fine_tunes(game, plan)
    if report is None:
        report = _by_one_test(game, scores, items, plan, warning)
    else:
        beside = (result_of(item, level=level, every=False, policy=plan.policy) for item in items)
        report = replace(report, checks=(*report.checks, *beside))
    plan.tell("extraction", 3, 4)
    extraction, missing = extraction_results(game, level=level)
    planted = () if plan.canaries is None else canary_results(plan.canaries, level=level)
    report = replace(
        report,
        checks=(*report.checks, *blind, *models, *extraction, *planted),
        unknown=(*report.unknown, *_unknown(game), *missing),
        assumes=_assumed(report, game),
    )
    plan.tell("report", 4, 4)
    return _withheld(report, plan.policy, warning) if warning else report


def _by_one_test(
    game: TextGame,
    scores: Sequence[Score],
    items: tuple[Scored, ...],
    plan: _Plan,
    warning: str,
) -> Report:
    """The finding without fine-tunes: one test looks at all scores and slices on all texts."""
    membership = game.membership
    given = slice_columns(game.slices, membership.member, plan.min_cell)
    columns = coded(given)
    found = joint_finding(
        items,
        slice_looks(columns, items, membership.member),
        membership.member,
        cluster=membership.cluster,
        order=pooled_order([signals_of(score) for score in scores], membership.member),
        level=plan.level,
    )
    shown = found.shown
    results = results_of(found, policy=plan.policy, shown=shown)
    least = plan.min_cell
    parts = slice_results(found.test, columns, shown.evidence, level=plan.level, min_cell=least)
    hidden = hidden_values(columns, shown.evidence.row, shown.evidence.member, least)
    warned = warning
    if found.p_value > found.alpha:
        warned = warning or backwards_warning(items[0].evidence)
    report = concluded(found, results, parts, (), shown=shown, policy=plan.policy, warning=warned)
    report = with_slices(report, given)
    return replace(
        report,
        unknown=(*report.unknown, *results[shown.name].notes, *hidden_notes(hidden, least)),
        figures={**report.figures, **figures(found.scored, shown, level=found.shown_level)},
        environment=_made(game, plan),
        created=today(),
        title=plan.title,
        records=records_of(shown.evidence, shown.name) if plan.records else None,
    )


def _by_fine_tunes(game: TextGame, plan: _Plan) -> Report | None:
    """The finding of the shadow stack, or None where there are too few fine-tunes to choose on."""
    shadows = game.shadows
    if shadows is None or len(families(shadows.member)) < 2:
        return None
    signals = _shadow_signals(shadows, game.tokens)
    report = shadow_audit(
        signals,
        game.membership,
        attacks=_attacks(shadows, game.tokens),
        slices=game.slices,
        min_cell=plan.min_cell,
        policy=plan.policy,
        level=plan.level,
        title=plan.title,
        command=plan.command,
        records=plan.records,
    )
    return replace(report, environment=_made(game, plan))


def _attacks(shadows: Shadows, tokens: Tokens) -> tuple[Attack, ...]:
    """Those of any audit with shadow models; the stack sees the tokens where they are known."""
    _, *others = shadow_attacks("log-likelihood")
    beside = TokenColumns(tokens, mean_logprob(tokens), shadows) if shadows.tokens else None
    return (ShadowStack(beside=beside), *others)


def _of_a_pair(shadows: Shadows | None, tokens: Tokens) -> list[Score]:
    """The stack against one antithetic pair, which cannot be targets of each other."""
    if shadows is None or shadows.n_models != 2 or len(families(shadows.member)) > 1:
        return []
    signals = _shadow_signals(shadows, tokens)
    name = f"shadow stack, {shadows.n_models} fine-tunes"
    return [Score(name, "mean_logprob", np.asarray(ShadowStack()(signals), np.float64))]


def _shadow_signals(shadows: Shadows, tokens: Tokens) -> Signals:
    return Signals.of(
        mean_logprob(tokens),
        shadow=shadows.logp,
        shadow_member=shadows.member,
        statistic="mean_logprob",
        scale="log-likelihood",
    )


def _unknown(game: TextGame) -> tuple[Note, ...]:
    found: list[Note] = []
    if game.texts is None:
        reason = "the texts were not given, so a guesser without the model could not be tried"
        found.append(Note("is the split itself a giveaway?", reason))
    if game.shadows is not None:
        return (*found, *_of_one_draw(game.shadows))
    if game.references:
        reason = (
            "references that were fine-tuned like the model on other texts find several times as "
            "many members; pass shadows=2 or more"
        )
        question = FINE_TUNED
    else:
        reason = "no reference model was given; every score that is strong needs one"
        question = "what does an attacker with references find?"
    return (*found, Note(question, reason))


def _of_one_draw(shadows: Shadows) -> tuple[Note, ...]:
    """What to know where fine-tunes were given and no attack can use them."""
    if shadows.n_models == 2 or len(families(shadows.member)) > 1:
        return ()
    reason = (
        "all fine-tunes come from one draw of the texts, of which two models are used, a half and "
        "the other half, and no other number; train each pair on halves of its own"
    )
    return (Note(FINE_TUNED, reason),)


def _assumed(report: Report, game: TextGame) -> tuple[str, ...]:
    unit = "Texts" if game.membership.cluster is None else "Clusters of texts"
    drawn = (
        f"{unit} are independent of one another, and members and non-members come from the same "
        "source."
    )
    own = [drawn, ASSUMES[game.membership.assignment], *report.assumes]
    if game.shadows is None:
        own.insert(1, BASE_ONLY)
    return tuple(dict.fromkeys(own))


def _facts(game: TextGame, overlap: Overlap | None, *, dropped: bool) -> dict[str, Any]:
    tokens = game.tokens
    facts: dict[str, Any] = {
        "n_tokens": tokens.n_tokens,
        "tokenizer": tokens.digest,
        "references": ", ".join(game.references) or "none",
        "n_shadows": 0 if game.shadows is None else game.shadows.n_models,
    }
    if tokens.context:
        facts |= {"context": tokens.context, "texts_in_windows": tokens.n_windowed}
    if tokens.top1 is not None:
        facts["texts_all_right"] = int(all_right(tokens).sum())
    if overlap is not None:
        facts[f"texts_sharing_{overlap.length}_{overlap.unit}"] = int(overlap.shared.sum())
        facts["overlaps_dropped"] = bool(dropped and overlap.shared.any())
    return facts


def _made(game: TextGame, plan: _Plan) -> dict[str, Any]:
    arrays: dict[str, Any] = {"logp": game.tokens.logp, "start": game.tokens.start}
    arrays |= {name: game.references[name].logp for name in sorted(game.references)}
    if game.shadows is not None:
        arrays |= {"shadow": game.shadows.logp, "shadow_member": game.shadows.member}
    return environment(
        arrays,
        game.membership,
        task="texts",
        seed=plan.seed,
        level=plan.level,
        command=plan.command,
        **plan.facts,
    )


def _withheld(report: Report, policy: Policy, warning: str) -> Report:
    """The report of a split that gives itself away: what was measured stays, nothing is found."""
    chosen = report.chosen_check
    estimates, notes = ((), ()) if chosen is None else (chosen.estimates, chosen.notes)
    verdicts = policy.judge(estimates, notes, attributable=False)
    return replace(
        report,
        finding="inconclusive",
        verdict=overall(verdicts),
        verdicts=verdicts,
        headline=headline_of("inconclusive", None, None, warning=warning),
        warnings=tuple(dict.fromkeys([warning, *report.warnings])),
        attributable=False,
    )


def _empty(error: NotEnoughData, game: TextGame, plan: _Plan) -> Report:
    everything = Note.of("everything", error)
    notes = [everything, *(Note.of(gate.metric, error) for gate in plan.policy.gates)]
    verdicts = plan.policy.judge((), notes)
    return Report(
        "inconclusive",
        overall(verdicts),
        headline_of("inconclusive", None, None),
        verdicts=verdicts,
        unknown=(everything,),
        policy=plan.policy.name,
        environment=_made(game, plan),
        created=today(),
        title=plan.title,
    )
