"""`tacit.audit_attribute`: a model and its data in; what it tells about a secret column out."""

from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike

from tacit.audits.attribute import ATTRIBUTE_POLICY, attribute_audit
from tacit.core import InvalidInput, Outputs, Policy, Report


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
