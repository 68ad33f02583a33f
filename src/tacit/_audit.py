"""`tacit.audit`: arrays, or a model with its data, in; a Report out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from tacit.audits.attribute import ATTRIBUTE_POLICY, attribute_audit
from tacit.audits.one_model import membership_audit
from tacit.audits.steps.default_checks import Effort
from tacit.audits.steps.named_attacks import checks_of
from tacit.audits.steps.scoring import Progress
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
    Report,
    concatenate,
)
from tacit.core.checking import confidence

Pair = tuple[ArrayLike, ArrayLike]


def audit(
    model: Any = None,
    *,
    member: Outputs | None = None,
    nonmember: Outputs | None = None,
    train: Any = None,
    test: Any = None,
    features: Pair | None = None,
    slices: Mapping[str, Pair] | None = None,
    cluster: Pair | None = None,
    assignment: Assignment = "observed",
    checks: Sequence[Check] | None = None,
    attacks: Sequence[str | Attack] | None = None,
    effort: Effort = "full",
    policy: Policy | Mapping[str, Any] | str | Path = DEFAULT_POLICY,
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
    features : the records' own columns for members and non-members, float (n, d) each, for the
        blind guesser that never sees the model. Two-dimensional numeric `X` of `train` and `test`
        is used where this is not given.
    slices : further columns to slice by, for example ``{"region": (region_of_members,
        region_of_nonmembers)}``.
    cluster : the unit of independence of each record (a user, a document), for members and
        non-members.
    assignment : who decided membership: ``"observed"``, ``"fixed_size"`` or ``"coin"``.
    attacks : names or attacks to run in place of the default ones: names of default checks, of
        tacit's attacks, or of plug-ins (entry points ``tacit.attacks``).
    checks, effort : which attacks; by default all that the outputs allow (``effort="quick"`` leaves
        out those that learn).
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
    if model is not None:
        member, nonmember, seen = _answers(model, train, test, member, nonmember)
        features = seen if features is None else features
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
    return membership_audit(
        outputs,
        Membership(
            truth, None if cluster is None else _joined(cluster, "cluster", sizes), assignment
        ),
        checks=checks,
        effort=effort,
        features=None if features is None else _joined(features, "features", sizes),
        slices={
            name: _joined(pair, f"slices[{name!r}]", sizes) for name, pair in (slices or {}).items()
        },
        policy=gates,
        level=level,
        seed=seed,
        title=title or (type(model).__name__ if model is not None else "model"),
        command=command,
        records=records,
        progress=progress,
    )


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
    policy: Policy = ATTRIBUTE_POLICY,
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


def _answers(
    model: Any, train: Any, test: Any, member: Any, nonmember: Any
) -> tuple[Outputs, Outputs, Pair | None]:
    from tacit.adapters import outputs_of

    if isinstance(model, Outputs):
        raise InvalidInput("`audit` takes Outputs as `member=` and `nonmember=`, not as the model.")
    if train is None or test is None or member is not None or nonmember is not None:
        raise InvalidInput(
            "With a model, `audit` needs `train=(X, y)` and `test=(X, y)`, and neither `member` nor"
            " `nonmember`."
        )
    answers = [
        outputs_of(model, *(part if isinstance(part, tuple) else (part,))) for part in (train, test)
    ]
    return answers[0], answers[1], _table(train, test)


def _table(train: Any, test: Any) -> Pair | None:
    """Two-dimensional numeric records serve the blind guesser; anything else does not."""
    tables = []
    for part in (train, test):
        if not isinstance(part, tuple):
            return None
        try:
            table = np.asarray(part[0])
        except (TypeError, ValueError, RuntimeError):
            return None
        if table.ndim != 2 or table.dtype.kind not in "iuf" or not np.isfinite(table).all():
            return None
        tables.append(table)
    return (tables[0], tables[1]) if tables[0].shape[1] == tables[1].shape[1] else None


def _joined(pair: Pair, name: str, sizes: tuple[int, int]) -> ArrayLike:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise InvalidInput(
            f"`{name}` needs a pair (for members, for non-members), got {type(pair).__name__}."
        )
    parts = [np.asarray(part) for part in pair]
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
