"""`tacit.audit`: arrays, or a model with its data, in; a Report out."""

from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike

from tacit._given import Given, Pair, Slices
from tacit.adapters.answers import Kind
from tacit.adapters.pairs import paired
from tacit.audits.attribute import ATTRIBUTE_POLICY, attribute_audit
from tacit.audits.one_model import membership_audit
from tacit.audits.steps.default_checks import (
    SINGLE_SIGNALS,
    Effort,
    checks_given,
    require_effort,
)
from tacit.audits.steps.named_attacks import checks_of
from tacit.audits.steps.scoring import Progress
from tacit.audits.steps.side_warnings import told
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
)
from tacit.core.checking import MIN_CELL
from tacit.core.membership import require_assignment
from tacit.core.options import require_options


def audit(
    model: Any = None,
    *,
    member: Outputs | None = None,
    nonmember: Outputs | None = None,
    train: Any = None,
    test: Any = None,
    kind: Kind = "auto",
    features: Pair | None = None,
    slices: Slices = None,
    min_cell: int = MIN_CELL,
    cluster: Pair | None = None,
    utility: Any = None,
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
    utility : records of neither side, ``(X, y)`` with a model or its Outputs: the accuracy on them,
        with its interval, is what `tacit.compare` weighs the vulnerability against.
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
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> trained = Outputs(loss=rng.exponential(0.5, 500))
    >>> fresh = Outputs(loss=rng.exponential(1.0, 500))
    >>> audit(member=trained, nonmember=fresh).finding
    'leak'
    """
    gates = Policy.of(policy)
    require_known(gates, () if checks is None else checks_given(checks))
    require_options(level, seed, min_cell=min_cell, records=records, progress=progress)
    require_assignment(assignment)
    require_effort(effort)
    if shadows:
        return _with_shadows(
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
            slices=slices,
            min_cell=min_cell,
            cluster=cluster,
            utility=utility,
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
    if train_fn is not None or store is not None or pool is not None:
        raise InvalidInput(
            "`train_fn`, `store` and `pool` are for shadow models: say how many, with `shadows=8`."
        )
    given = Given.of(
        model,
        member=member,
        nonmember=nonmember,
        train=train,
        test=test,
        kind=kind,
        features=features,
        slices=slices,
        cluster=cluster,
        utility=utility,
        level=level,
        statistics=tuple(SINGLE_SIGNALS) if checks is None and attacks is None else (),
    )
    if attacks is not None:
        if checks is not None:
            raise InvalidInput("`audit` takes `attacks` or `checks`, not both.")
        checks = checks_of(attacks, given.outputs)
    # handed over, so that the audit may let go of what it has sorted
    answers, papers = [given.outputs], [given.sides.paper]
    keys = [Membership(given.member, given.cluster, assignment)]
    given = given.without_answers()
    report = membership_audit(
        answers.pop(),
        keys.pop(),
        checks=checks,
        effort=effort,
        features=given.features,
        slices=given.slices,
        min_cell=min_cell,
        policy=gates,
        level=level,
        seed=seed,
        title=title or (type(model).__name__ if model is not None else "model"),
        command=command,
        records=records,
        progress=progress,
        paper=papers.pop(),
    )
    return given.finished(told(report, given.sides, gates), assignment)


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
        ``(X, y)`` of further records of the population, none of them a training or a test
        record. The imputation learns from them.
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
        There is no such column, the sides have other columns, or `reference` holds records
        of one of them.

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
        train=paired(train, "train"),
        test=paired(test, "test"),
        reference=paired(reference, "reference"),
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
    return strong(model, train, test, title=title or type(model).__name__, **options)
