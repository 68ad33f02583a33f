"""``(X, y)`` of one side, however it was wrapped; and X and y that name their rows differently."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tacit.adapters.arrays import is_a
from tacit.core import InvalidInput

# what people call the two parts in a dict
INPUTS = ("X", "x", "data", "inputs", "features")
TARGETS = ("y", "Y", "target", "targets", "label", "labels")


def paired(part: Any, name: str) -> Any:
    """`part` as a pair where it is one in another wrapping: a list of the two, as
    ``sklearn.utils.resample`` gives, or a dict called X and y. All else stays as it is.

    Parameters
    ----------
    part : Any
        What was given as `name`.
    name : str
        ``"train"`` or ``"test"``, for errors.

    Raises
    ------
    InvalidInput
        It holds something else or nothing, can be read once only or is masked; or X and y are
        tables with the same row names in another order.

    Examples
    --------
    >>> import numpy as np
    >>> paired([np.zeros((3, 2)), np.zeros(3)], "train")[1].shape
    (3,)
    """
    if isinstance(part, list) and len(part) == 2 and _x_and_y(*part):
        part = tuple(part)
    elif isinstance(part, Mapping) and len(part) == 2:
        part = _from_dict(part)
    if isinstance(part, tuple) and len(part) not in (1, 2):
        raise InvalidInput(
            f"`{name}` needs (X, y), got {len(part)} things. Several inputs of a record go"
            f" together: {name}=((a, b), y); weights are not used."
        )
    if isinstance(part, tuple) and _shape(part[0])[:1] == (0,):
        raise InvalidInput(
            f"`{name}` needs at least one record, got none. Look at the filter or file that they"
            " come from."
        )
    for piece in part if isinstance(part, tuple) else (part,):
        _require_again(piece, name)
    if isinstance(part, tuple) and len(part) > 1:
        _require_one_order(part[0], part[1], name)
    return part


def require_uncrossed(train: Any, test: Any) -> None:
    """Refuse what ``sklearn.model_selection.train_test_split`` returns, taken two by two.

    Parameters
    ----------
    train, test : Any
        What was given for the two sides.

    Raises
    ------
    InvalidInput
        Both tables are in `train` and both columns of labels in `test`.
    """
    sides = (train, test)
    if not all(isinstance(side, tuple) and len(side) == 2 for side in sides):
        return
    tables, labels = ([_shape(value) for value in side] for side in sides)
    two_tables = all(len(shape) == 2 for shape in tables) and tables[0][1:] == tables[1][1:]
    if two_tables and all(len(shape) == 1 for shape in labels) and tables[0][1] > 1:
        raise InvalidInput(
            "`train` holds two tables and `test` two columns of labels, as train_test_split returns"
            " them: X_train, X_test, y_train, y_test. Give train=(X_train, y_train) and"
            " test=(X_test, y_test)."
        )


def _x_and_y(x: Any, y: Any) -> bool:
    """Are these the records and one label each, and not two records?"""
    shapes = [_shape(value) for value in (x, y)]
    if not all(shapes) or shapes[0][0] != shapes[1][0]:
        return False
    return len(shapes[1]) == 1 and (len(shapes[0]) > 1 or shapes[0][0] > 2)


def _shape(value: Any) -> tuple[int, ...]:
    if hasattr(value, "shape"):
        return tuple(value.shape)
    return (len(value),) if isinstance(value, list) else ()


def _from_dict(part: Mapping[Any, Any]) -> Any:
    x = [key for key in part if key in INPUTS]
    y = [key for key in part if key in TARGETS]
    if len(x) != 1 or len(y) != 1 or not _x_and_y(part[x[0]], part[y[0]]):
        return part
    return part[x[0]], part[y[0]]


def _require_again(piece: Any, name: str) -> None:
    if isinstance(piece, np.ma.MaskedArray) and np.ma.is_masked(piece):
        raise InvalidInput(
            f"`{name}` holds a masked array with {int(np.ma.getmaskarray(piece).sum())} masked"
            " entries, which nothing would leave out. Drop or fill them first."
        )
    if isinstance(piece, Iterator) and not is_a(piece, "torch.DataLoader"):
        raise InvalidInput(
            f"`{name}` holds a {type(piece).__name__}, which can be read only once. Make arrays of"
            f" it: {name}=(X, y)."
        )


def _require_one_order(x: Any, y: Any, name: str) -> None:
    """Raise where X and y of pandas have the same row names in another order."""
    if not all(hasattr(value, "iloc") and hasattr(value, "index") for value in (x, y)):
        return
    if len(x) != len(y) or x.index.equals(y.index):
        return
    unique = x.index.is_unique and y.index.is_unique
    if unique and x.index.isin(y.index).all():
        raise InvalidInput(
            f"X and y of `{name}` have the same row names (index) in another order, and rows are"
            " taken by their place. Give y.loc[X.index]; or, where the places are right,"
            " y.reset_index(drop=True) and X.reset_index(drop=True)."
        )
