"""The errors that tacit raises, all under one tree.

::

    TacitError
    ├── InvalidInput (ValueError)        what came in cannot be used; says what was needed
    │   └── NotFinite                    NaN or infinite numbers, as of a model that diverged
    ├── NotEnoughData                    fair question, too few records; says how many it takes
    ├── AssumptionError                  the number would need an assumption that does not hold
    └── MissingDependency (ImportError)  an optional package is absent; says what to type
"""


class TacitError(Exception):
    """Base of every error that tacit raises on purpose."""


class InvalidInput(TacitError, ValueError):
    """An argument cannot be used as it is."""


class NotFinite(InvalidInput):
    """Numbers are NaN or infinite, as those of a model that diverged."""


class NotEnoughData(TacitError):
    """The data cannot answer the question.

    Parameters
    ----------
    message : what was asked and what came.
    needed : the number of records (or models, or canaries) that would be enough, where it is known.
    got : the number that came.
    unit : what is counted, for example ``"non-members"``.
    """

    def __init__(
        self,
        message: str,
        *,
        needed: int | None = None,
        got: int | None = None,
        unit: str = "records",
    ) -> None:
        super().__init__(message)
        self.needed = needed
        self.got = got
        self.unit = unit


class AssumptionError(TacitError):
    """A number was asked for whose assumption is known not to hold."""


class MissingDependency(TacitError, ImportError):
    """An optional dependency is not installed."""
