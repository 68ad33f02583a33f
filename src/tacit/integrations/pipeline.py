"""One privacy test for every pipeline: a model or its outputs in, a verdict and report files out.

The shells for Kubeflow Pipelines, TFX and MLflow call `privacy_test`; a step of Airflow, Dagster,
Prefect, ZenML or Flyte is a function that calls it.
"""

import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tacit.core import DEFAULT_POLICY, InvalidInput, Outputs, Policy, Report, concatenate
from tacit.core.files import write_whole

PathLike = str | Path
Side = Outputs | PathLike | Sequence[PathLike]
Pair = tuple[NDArray[Any], NDArray[Any]]

# how a file that a pipeline handed on without a suffix begins
BEGINNINGS = {b"PK\x03\x04": ".npz", b"PAR1": ".parquet", b"\x1f\x8b": ".csv.gz"}
SUFFIXES = (".npz", ".parquet", ".pq", ".csv", ".csv.gz")


@dataclass(frozen=True, eq=False)
class PrivacyTest:
    """What a pipeline needs to know of a privacy test.

    Parameters
    ----------
    verdict : ``"pass"``, ``"fail"`` or ``"inconclusive"``; too little data never passes.
    report : the whole report.
    files : where it was written, by format.
    """

    verdict: Literal["pass", "fail", "inconclusive"]
    report: Report
    files: Mapping[str, Path]

    @property
    def passed(self) -> bool:
        """Whether the model may be released under the policy."""
        return self.verdict == "pass"

    def metrics(self) -> dict[str, float]:
        """The numbers of the report under flat names, with both ends of their intervals.

        ``vulnerability``, ``vulnerability_low``, ``vulnerability_high``, ``p_value`` and
        ``detectable``; what could not be known is left out.
        """
        report = self.report
        found = {"p_value": report.p_value, "detectable": report.detectable}
        if report.score is not None:
            ends = (report.score.value, report.score.low, report.score.high)
            names = ("vulnerability", "vulnerability_low", "vulnerability_high")
            found |= dict(zip(names, ends))
        return {
            name: float(value)
            for name, value in found.items()
            if value is not None and math.isfinite(value)
        }


def privacy_test(
    subject: Any,
    train: Any = None,
    test: Any = None,
    policy: Policy | PathLike | Mapping[str, Any] | None = None,
    *,
    write: Mapping[str, PathLike] | None = None,
    reduce: bool = False,
    title: str = "",
    **options: Any,
) -> PrivacyTest:
    """Audit a model, judge it under a policy, and write the report.

    Parameters
    ----------
    subject : a fitted model (then `train` and `test` are its data); or None, and `train` and `test`
        are its outputs; or the path of one file of outputs with a column ``member``.
    train, test : ``(X, y)`` with a model. Without one, what it answered on training records and on
        others: `Outputs`, a file (.npz, .parquet, .csv; where a pipeline hands on a path without a
        suffix, its first bytes say what it is), or several files of shards.
    policy : whatever `Policy.of` takes, such as a TOML file or ``{"advantage": 0.1}``; the built-in
        one where there is none.
    write : from a format (``"html"``, ``"json"``, ``"markdown"``, ``"text"``, ``"junit"``,
        ``"sarif"``, ``"gitlab"``, ``"model-card"``) to the file to write, whatever its suffix.
    reduce : keep of every shard only losses and classes, so that no process holds all outputs. The
        attacks that look at more than the loss are then left out.
    title : the model's name.
    options : further arguments of `tacit.audit`, such as ``effort``, ``level``, ``seed``,
        ``features``, ``slices``, ``cluster`` or ``assignment``.

    Raises
    ------
    InvalidInput : arguments or files do not fit; says which. That the data are too few is no error
        but a verdict, ``"inconclusive"``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> inside, outside = (Outputs(loss=rng.exponential(s, 900)) for s in (0.3, 1.0))
    >>> privacy_test(None, inside, outside, {"at_most": {"advantage": 0.2}}).verdict
    'fail'
    """
    from tacit._audit import audit
    from tacit.render import FORMATS, rendered

    files = {name: Path(path) for name, path in (write or {}).items()}
    unknown = sorted(set(files) - set(FORMATS))
    if unknown:
        raise InvalidInput(f"`write` has no format {unknown[0]!r}; there are {', '.join(FORMATS)}.")
    rules = _policy(policy)
    given = _given(subject, train, test, reduce=reduce)
    report = audit(**(given | options), policy=rules, title=title)
    for name, path in files.items():
        write_whole(path, rendered(report, suffix=FORMATS[name]).encode("utf8"))
    return PrivacyTest(report.verdict, report, files)


def _policy(policy: Policy | PathLike | Mapping[str, Any] | None) -> Policy:
    # a pipeline's parameters are JSON: an empty mapping is one that nobody filled in
    return Policy.of(policy) if policy else DEFAULT_POLICY


def _given(subject: Any, train: Any, test: Any, *, reduce: bool) -> dict[str, Any]:
    """Arguments for `tacit.audit`."""
    if isinstance(subject, (str, Path)):
        if train is not None or test is not None:
            raise InvalidInput("With one file of outputs, leave out `train` and `test`.")
        return _read([[subject]], reduce=reduce)
    if subject is not None:
        return {"model": subject, "train": train, "test": test}
    sides = {"train": train, "test": test}
    for name, side in sides.items():
        if side is None or isinstance(side, tuple):
            raise InvalidInput(
                f"Without a model, `{name}` needs Outputs or files of them, got"
                f" {type(side).__name__}. Pass the model first to audit it on data."
            )
    if any(isinstance(side, Outputs) for side in sides.values()):
        return {"member": train, "nonmember": test}
    paths = [[side] if isinstance(side, (str, Path)) else list(side) for side in (train, test)]
    return _read(paths, reduce=reduce)


def _read(sides: list[list[PathLike]], *, reduce: bool) -> dict[str, Any]:
    """Outputs, columns to slice by and clusters from files; the i-th shards are read together."""
    from tacit.adapters.files import Records, read_outputs

    counts = [len(side) for side in sides]
    if min(counts) == 0:
        raise InvalidInput(f"`train` and `test` need at least one file each, got {counts}.")
    parts: list[Records] = []
    # read in pairs, so that columns are compared; the side with fewer shards repeats its last
    for place in range(max(counts)):
        chosen = [side[min(place, len(side) - 1)] for side in sides]
        with _named(chosen) as paths:
            part = read_outputs(paths)
        parts.append(_reduced(part) if reduce else part)
    pairs = [(part.member, part.nonmember) for part in parts]
    last = counts if len(counts) == 2 else [counts[0], counts[0]]
    member, nonmember = (
        concatenate(*(pair[side] for pair in pairs[: last[side]])) for side in range(2)
    )
    return {
        "member": member,
        "nonmember": nonmember,
        "features": _joined([part.features for part in parts], last),
        "cluster": _joined([part.cluster for part in parts], last),
        "slices": {
            name: _joined([part.slices.get(name) for part in parts], last)
            for name in parts[0].slices
        },
    }


def _joined(columns: Sequence[Pair | None], counts: Sequence[int]) -> Pair | None:
    found = [pair for pair in columns if pair is not None]
    if not found:
        return None
    if len(found) < len(columns):
        raise InvalidInput("A column is given in some shards and not in others: give it in all.")
    return (
        np.concatenate([pair[0] for pair in found[: counts[0]]]),
        np.concatenate([pair[1] for pair in found[: counts[1]]]),
    )


def _reduced(part: Any) -> Any:
    """The same records with losses (and one class a record) in place of outputs."""
    from dataclasses import replace

    from tacit.audits.steps.loss_trace import record_losses

    sides = {}
    for name in ("member", "nonmember"):
        outputs: Outputs = getattr(part, name)
        label = outputs.label if outputs.label is not None and outputs.label.ndim == 1 else None
        sides[name] = Outputs(loss=record_losses(outputs), label=label)
    return replace(part, **sides)


@contextmanager
def _named(paths: Sequence[PathLike]) -> Iterator[list[Path]]:
    """The same files under names with a suffix, which says the format of a file of outputs."""
    with tempfile.TemporaryDirectory() as folder:
        yield [_with_suffix(Path(path), Path(folder) / str(at)) for at, path in enumerate(paths)]


def _with_suffix(path: Path, link: Path) -> Path:
    if path.name.lower().endswith(SUFFIXES) or not path.is_file():
        return path
    with open(path, "rb") as file:
        first = file.read(4)
    suffix = next((s for begin, s in BEGINNINGS.items() if first.startswith(begin)), ".csv")
    named = link.with_name(link.name + suffix)
    named.symlink_to(path.resolve())
    return named
