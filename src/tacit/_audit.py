"""`tacit.audit`: arrays, or a model with its data, in; a Report out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from inspect import isroutine
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from tacit.adapters.answers import Kind
from tacit.adapters.both_sides import answers_of_both
from tacit.adapters.description import describe
from tacit.adapters.records import SeenRecords, seen_features, seen_records
from tacit.audits.attribute import ATTRIBUTE_POLICY, attribute_audit
from tacit.audits.one_model import membership_audit
from tacit.audits.steps.default_checks import Effort
from tacit.audits.steps.named_attacks import checks_of
from tacit.audits.steps.scoring import Progress
from tacit.audits.steps.sides import (
    blind_to,
    compared,
    constant,
    require_two_sides,
    told,
    without_records,
)
from tacit.audits.steps.verdict import require_known
from tacit.core import (
    DEFAULT_POLICY,
    Assignment,
    Attack,
    Check,
    InvalidInput,
    Membership,
    Outputs,
    Policy,
    PolicyLike,
    Report,
    concatenate,
)
from tacit.core.checking import MIN_CELL, confidence

Pair = tuple[ArrayLike, ArrayLike]


def audit(
    model: Any = None,
    *,
    member: Outputs | None = None,
    nonmember: Outputs | None = None,
    train: Any = None,
    test: Any = None,
    kind: Kind = "auto",
    features: Pair | None = None,
    slices: Mapping[str, Pair] | Sequence[str] | None = None,
    min_cell: int = MIN_CELL,
    cluster: Pair | None = None,
    assignment: Assignment = "observed",
    checks: Sequence[Check] | None = None,
    attacks: Sequence[str | Attack] | None = None,
    effort: Effort = "full",
    shadows: int = 0,
    train_fn: Any = None,
    store: Any = None,
    pool: Any = None,
    policy: PolicyLike = DEFAULT_POLICY,
    level: float = 0.95,
    seed: int = 0,
    title: str = "",
    command: str = "",
    records: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Audit a model: what does it tell about its training data, and how sure is that?

    Give the model's outputs (`member`, `nonmember`), or the model with its data (`train`, `test`).

    Parameters
    ----------
    model : a scikit-learn, PyTorch, Keras, JAX or transformers model, or any function from records
        to outputs.
    member, nonmember : outputs on records that the model was trained on, and on others from the
        same population.
    train, test : ``(X, y)`` of the same two groups, when `model` is given; a data loader where the
        framework has one.
    features : the records' own columns for members and non-members, for the blind guesser that
        never sees the model: an array (n, d) or a data frame each, with texts, dates and missing
        values. `X` of `train` and `test` is used where this is not given, whatever holds it.
    slices : further columns to slice by, for example ``{"region": (region_of_members,
        region_of_nonmembers)}``, or names of columns of the data frames in `train` and `test`.
        Numbers with many values are cut at their quantiles; a column that names nearly every
        record is left out.
    min_cell : a slice with fewer members or non-members than this is not shown by itself: it would
        say of single people who was a member.
    kind : what the model's answers are: ``"logits"``, ``"probs"``, ``"prediction"`` or ``"loss"``;
        "auto" decides where the numbers leave no doubt.
    cluster : the unit of independence of each record (a user, a document), for members and
        non-members.
    assignment : who decided membership: ``"observed"``, ``"fixed_size"`` or ``"coin"``.
    attacks : names or attacks to run in place of the default ones: names of default checks, of
        tacit's attacks, or of plug-ins (entry points ``tacit.attacks``).
    checks, effort : which attacks; by default all that the outputs allow (``effort="quick"`` leaves
        out those that learn).
    shadows : number of shadow models to train for the strongest attacks, 8 for example; 0 attacks
        without. A scikit-learn estimator is cloned. What attacks with and without them find stands
        side by side in the report.
    train_fn : how the model was trained, for `shadows`: a `TorchRecipe`, a `KerasRecipe`, or
        ``train_fn(indices, seed) -> observe``, where `indices` count the records of `train` first
        and then those of `test`.
    store, pool : where the shadow models' numbers are kept (a killed audit goes on there), and
        where they are trained; see `tacit.training.shadow`.
    policy : the gates of the verdict: a Policy, limits such as ``{"advantage": 0.1}``, or the path
        of a policy file.
    level : confidence.
    seed : the same seed, the same report, bit for bit.
    title : the model's name in the report.
    command : how it was made.
    records : keep per-record scores (they say who was a member).
    progress : called with (what, done, of).

    Raises
    ------
    InvalidInput : says which argument, what was needed and what came.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> trained = Outputs(loss=rng.exponential(0.5, 500))
    >>> fresh = Outputs(loss=rng.exponential(1.0, 500))
    >>> audit(member=trained, nonmember=fresh).finding
    'leak'
    """
    gates = Policy.of(policy)
    require_known(gates, checks or ())
    confidence(level)
    if shadows:
        report = _with_shadows(
            model,
            train,
            test,
            given=(member, nonmember),
            shadows=shadows,
            train_fn=train_fn,
            store=store,
            pool=pool,
            kind=kind,
            features=features,
            slices=_sliced(slices, train, test),
            min_cell=min_cell,
            cluster=cluster,
            assignment=assignment,
            checks=checks,
            attacks=attacks,
            effort=effort,
            policy=gates,
            level=level,
            seed=seed,
            title=title,
            command=command,
            records=records,
            progress=progress,
        )
        return _described(report, model)
    if train_fn is not None or store is not None or pool is not None:
        raise InvalidInput(
            "`train_fn`, `store` and `pool` are for shadow models: say how many, with `shadows=8`."
        )
    seen, assumed = SeenRecords(), ""
    if model is not None:
        given = member is not None or nonmember is not None
        _require_model_and_data(model, train, test, given)
        (member, nonmember), assumed = answers_of_both(model, train, test, kind=kind)
        seen = seen_records(train, test)
    if not isinstance(member, Outputs) or not isinstance(nonmember, Outputs):
        came = f"`member` {type(member).__name__}, `nonmember` {type(nonmember).__name__}"
        raise InvalidInput(
            "`audit` needs `member` and `nonmember` as tacit.Outputs, or a model with `train` and"
            f" `test`, got {came}."
        )
    sizes = (member.n, nonmember.n)
    outputs = concatenate(member, nonmember)
    if attacks is not None:
        if checks is not None:
            raise InvalidInput("`audit` takes `attacks` or `checks`, not both.")
        checks = checks_of(attacks, outputs)
    truth = np.concatenate([np.ones(member.n, bool), np.zeros(nonmember.n, bool)])
    units = None if cluster is None else np.asarray(_joined(cluster, "cluster", sizes))
    columns = {
        name: _joined(pair, f"slices[{name!r}]", sizes)
        for name, pair in _sliced(slices, train, test).items()
    }
    if features is not None:
        _joined(features, "features", sizes)
        seen = seen_features(*features, seen)
    if not constant(member):
        # outputs without any information are inconclusive, whichever side they stand on
        require_two_sides(member, nonmember, "`member` and `nonmember`")
    sides = compared(
        outputs,
        truth,
        digest=_of_length(seen.digest, sizes),
        chance=seen.chance,
        cluster=units,
    )
    report = membership_audit(
        outputs,
        Membership(truth, sides.cluster if units is None else units, assignment),
        checks=checks,
        effort=effort,
        features=_of_length(seen.columns, sizes),
        slices=columns,
        min_cell=min_cell,
        policy=gates,
        level=level,
        seed=seed,
        title=title or (type(model).__name__ if model is not None else "model"),
        command=command,
        records=records,
        progress=progress,
    )
    report = _described(told(report, sides, gates), model)
    if assumed:
        report = replace(report, assumes=(*report.assumes, assumed))
    return _unlooked(report, seen, assignment)


def _unlooked(report: Report, seen: SeenRecords, assignment: Assignment) -> Report:
    """The report, which says where nobody looked at the records themselves."""
    if seen.reason:
        return blind_to(report, seen.reason)
    drawn = assignment != "observed"
    return report if drawn or seen.columns is not None else without_records(report)


def _described(report: Report, model: Any) -> Report:
    """The report with the model's architecture and size, as far as an adapter knows them."""
    # a function that asks a model is not the model
    if model is None or isroutine(model) or isinstance(model, partial):
        return report
    return replace(report, environment={**report.environment, **describe(model)})


def _of_length(array: Any, sizes: tuple[int, int]) -> Any:
    """`array` if it holds one row a record: a loader may repeat or leave out records."""
    return array if array is not None and len(array) == sum(sizes) else None


def audit_attribute(
    model: Any,
    *,
    secret: str | int | Sequence[str | int],
    train: tuple[Any, ArrayLike],
    test: tuple[Any, ArrayLike],
    reference: tuple[Any, ArrayLike],
    kind: Literal["auto", "class", "number"] = "auto",
    tolerance: float | None = None,
    sensitive: Any = None,
    cluster: tuple[ArrayLike, ArrayLike] | None = None,
    policy: PolicyLike = ATTRIBUTE_POLICY,
    level: float = 0.95,
    title: str = "",
    command: str = "",
) -> Report:
    """Does a model tell a secret column of the records that it was trained on?

    The attacker knows all other columns of a record and its label, and asks the model with every
    value in the secret's place. Three guesses are marked: by an imputation that never saw the
    model, by the model alone, and by both together. The model tells only where its guesses about
    members are right more often than its guesses about non-members *and* than the imputation's; a
    model that teaches what is true of everybody passes neither.

    Parameters
    ----------
    model : Any
        A model of any framework that tacit reads, or a function from records to answers.
    secret : str | int | Sequence[str | int]
        The secret column of X (a name for a data frame, a number for an array), or the columns that
        hold it together (one-hot).
    train, test : tuple[Any, ArrayLike]
        ``(X, y)`` of the training records, and of others from the same population.
    reference : tuple[Any, ArrayLike]
        ``(X, y)`` of further records of the population, none of them a training record. The
        imputation learns from them.
    kind : Literal["auto", "class", "number"]
        Whether the secret is a category or a quantity; "auto" takes numbers with more than 20
        distinct values for a quantity.
    tolerance : float | None
        How far from the truth a guessed quantity may be and count as right, in its own unit; None
        takes a tenth of the interquartile range of `reference`. Never relative to the guess.
    sensitive : Any
        One value of the secret; then the precision among the 10, 50 and 100 records that look most
        like they have it is compared too.
    cluster : tuple[ArrayLike, ArrayLike] | None
        The unit of independence of each record (a person), for `train` and `test`.
    policy : Policy
        The gates; they judge "attribute advantage", the smaller of the two differences.
    level : float
        Confidence of the intervals, and of the finding (Holm over all guessers).
    title, command : str
        What the report says of the model and of how it was made.

    Raises
    ------
    InvalidInput
        There is no such column, the sides have other columns, or `reference` holds training
        records.

    References
    ----------
    .. [1] Jayaraman, Evans, Are Attribute Inference Attacks Just Imputation?, 2022.
    .. [2] Yeom et al., Privacy Risk in Machine Learning, 2018, sec. 4.
    """
    from tacit.adapters import outputs_of

    if isinstance(model, Outputs):
        raise InvalidInput("`model` needs a model that can be asked again, got Outputs.")
    return attribute_audit(
        lambda x, y: outputs_of(model, x, y),
        secret=secret,
        train=train,
        test=test,
        reference=reference,
        kind=kind,
        tolerance=tolerance,
        sensitive=sensitive,
        cluster=cluster,
        policy=policy,
        level=level,
        title=title or type(model).__name__,
        command=command,
    )


def _with_shadows(
    model: Any,
    train: Any,
    test: Any,
    *,
    given: tuple[Any, Any],
    features: Pair | None,
    checks: Sequence[Check] | None,
    attacks: Sequence[str | Attack] | None,
    title: str,
    **options: Any,
) -> Report:
    from tacit._strong import strong

    if model is None or given != (None, None):
        raise InvalidInput(
            "`shadows` needs the model with `train=(X, y)` and `test=(X, y)`: what it answered is"
            " not enough to train others like it. With shadow models of your own, see"
            " `tacit.shadow_audit`."
        )
    if attacks is not None:
        raise InvalidInput(
            "`attacks` names attacks without shadow models; with `shadows` all that fit are tried."
        )
    _require_model_and_data(model, train, test, False)
    seen = seen_records(train, test)
    if features is not None:
        seen = seen_features(*features, seen)
    report = strong(
        model,
        train,
        test,
        features=seen.columns,
        digest=seen.digest,
        chance=seen.chance,
        checks=checks,
        title=title or type(model).__name__,
        **options,
    )
    return blind_to(report, seen.reason) if seen.reason else report


def _require_model_and_data(model: Any, train: Any, test: Any, given: bool) -> None:
    if isinstance(model, Outputs):
        raise InvalidInput("`audit` takes Outputs as `member=` and `nonmember=`, not as the model.")
    if train is None or test is None or given:
        raise InvalidInput(
            "With a model, `audit` needs `train=(X, y)` and `test=(X, y)`, and neither `member` nor"
            " `nonmember`."
        )
    require_two_sides(train, test, "`train` and `test`")
    if isinstance(train, tuple) and isinstance(test, tuple) and train and test:
        require_two_sides(train[0], test[0], "The records of `train` and `test`")


def _sliced(
    slices: Mapping[str, Pair] | Sequence[str] | None, train: Any, test: Any
) -> dict[str, Pair]:
    """Slices by name; names alone are columns of the frames that the model was asked about."""
    if slices is None or isinstance(slices, Mapping):
        return dict(slices or {})
    names = [slices] if isinstance(slices, str) else list(slices)
    frames = [part[0] if isinstance(part, tuple) and part else part for part in (train, test)]
    for name in names:
        if any(not hasattr(frame, "columns") or name not in frame.columns for frame in frames):
            raise InvalidInput(
                f"`slices` names {name!r}, which is no column of X on both sides. Give"
                " {name: (of members, of non-members)}."
            )
    return {str(name): (frames[0][name], frames[1][name]) for name in names}


def _joined(pair: Pair, name: str, sizes: tuple[int, int]) -> ArrayLike:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise InvalidInput(
            f"`{name}` needs a pair (for members, for non-members), got {type(pair).__name__}."
        )
    parts = [_cells(part) for part in pair]
    for part, size, side in zip(parts, sizes, ("members", "non-members")):
        if part.ndim == 0 or len(part) != size:
            raise InvalidInput(
                f"`{name}` needs {size} rows for the {side}, got shape {part.shape}."
            )
    if parts[0].dtype.kind != parts[1].dtype.kind and "O" in (
        parts[0].dtype.kind + parts[1].dtype.kind
    ):
        parts = [part.astype(object) for part in parts]
    return np.concatenate(parts)


def _cells(part: Any) -> Any:
    """A column or table as an array; a series of categories or dates keeps its values."""
    if hasattr(part, "iloc") and str(getattr(part, "dtype", "")) in ("category", "Int64"):
        return np.asarray(part.astype(object))
    return np.asarray(part)
