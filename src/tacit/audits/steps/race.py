"""A race of variants: who is measured, who leaves it, and who wins."""

import math
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NoReturn

import numpy as np

from tacit.audits.steps.bench import Bench, Failed, Params, require_variants
from tacit.audits.steps.trials import Trials
from tacit.core import InvalidInput

# an interval needs two runs, and a run two others to be attacked well
FEWEST_RUNS = 3


def raced(
    bench: Bench, params: Mapping[str, Params], baseline: str, *, runs: int, tolerance: float
) -> tuple[dict[str, Trials], tuple[str, ...]]:
    """Every variant with 3 runs, then those that are still in the race with one more at a time.

    Parameters
    ----------
    bench : where they are trained.
    params : name to parameters.
    baseline : is trained first and never dropped; where it fails there is nothing to compare with.
    runs : trainings a variant.
    tolerance : accuracy that may be given up.

    Returns
    -------
    What was measured of each variant that did not fail, in the order of `params`, and those that
    left the race.
    """
    measured: dict[str, Trials] = {}
    dropped: list[str] = []
    order = [baseline, *(name for name in params if name != baseline)]
    for number in range(FEWEST_RUNS, runs + 1):
        for name in order:
            if name in dropped or name in bench.failed:
                continue
            if bench.late and name != baseline:
                bench.untried += [name] if name not in measured else []
                continue
            try:
                measured[name] = bench.raced(name, params[name], runs=number)
            except Failed as error:
                if name == baseline:
                    _give_up(error, f"The baseline {name!r} failed: nothing can be compared.")
                bench.fails(name, error)
                measured.pop(name, None)
        if bench.late:
            break
        leader = leading(measured, tolerance)
        dropped += [
            name
            for name, item in measured.items()
            if name not in (*dropped, baseline) and item.score.low > leader.score.high
        ]
    return {name: measured[name] for name in params if name in measured}, tuple(dropped)


def asked(
    bench: Bench, study: Any, space: Callable[[Any], Params] | None, *, runs: int, trials: int
) -> tuple[dict[str, dict[str, Any]], dict[str, Trials]]:
    """Variants that a study proposes, each told what it came to.

    Parameters
    ----------
    bench : where they are trained.
    study : has ``ask()`` and ``tell(trial, value)``.
    space : from a trial to parameters.
    runs : trainings a variant.
    trials : how many are asked for.

    Raises
    ------
    InvalidInput : the study or its parameters cannot be used.
    Exception : every trial failed; it is the last one's.
    """
    if not callable(getattr(study, "ask", None)) or not callable(getattr(study, "tell", None)):
        raise InvalidInput(
            "`variants` needs a mapping of names to parameters, or a study with `ask` and `tell`,"
            f" got {type(study).__name__}."
        )
    if not callable(space):
        raise InvalidInput("A study needs `space`: a function from its trials to parameters.")
    two = len(getattr(study, "directions", ("minimize",))) == 2
    params: dict[str, dict[str, Any]] = {}
    measured: dict[str, Trials] = {}
    for number in range(trials):
        if bench.late and measured:
            break
        trial = study.ask()
        given = space(trial)
        if not isinstance(given, Mapping):
            raise InvalidInput(
                f"`space` needs to return a dict of parameters, got {type(given).__name__}."
            )
        given = dict(given)
        name = f"trial {number}: " + ", ".join(f"{key}={_short(v)}" for key, v in given.items())
        require_variants(bench.train_fn, {name: given})
        params[name] = given
        try:
            measured[name] = bench.raced(name, given, runs=runs)
        except Failed as error:
            bench.fails(name, error)
            _tell_failure(study, trial, two=two)
            if number + 1 == trials and not measured:
                _give_up(error, f"All {trials} trials failed, this one last.")
            continue
        score, accuracy = measured[name].score.value, measured[name].accuracy
        study.tell(trial, [score, 0.0 if accuracy is None else accuracy.value] if two else score)
    return params, measured


def leading(measured: Mapping[str, Trials], tolerance: float) -> Trials:
    """The variant with the lowest upper limit of its vulnerability among those that are accurate
    enough.

    Run-to-run spread is pooled over the variants: of three runs alone it is so uncertain that a
    ranking by it would rank by luck.

    Parameters
    ----------
    measured : of every variant.
    tolerance : accuracy that may be given up.
    """
    from scipy.special import stdtrit

    items = list(measured.values())
    freedom = sum(len(item.scores) - 1 for item in items)
    far = float(stdtrit(freedom, (1 + items[0].level) / 2))
    far *= _spread([item.scores for item in items])
    return min(
        accurate(measured, tolerance),
        key=lambda item: item.score.value + far / math.sqrt(len(item.scores)),
    )


def accurate(measured: Mapping[str, Trials], tolerance: float) -> list[Trials]:
    """Those whose accuracy is within `tolerance` of the best, give or take one standard error of a
    difference; all where no accuracy is known.

    The most accurate of many looks better than it is, and with three runs the error is as large as
    a point: without the allowance chance would decide who may win.

    Parameters
    ----------
    measured : of every variant.
    tolerance : accuracy that may be given up.

    References
    ----------
    .. [1] Breiman, Friedman, Olshen and Stone, Classification and Regression Trees, 1984, sec.
       3.4.3 (the one-standard-error rule).
    """
    known = [item for item in measured.values() if item.accuracy is not None]
    if not known:
        return list(measured.values())
    best = max(known, key=lambda item: np.mean(item.accuracies))
    spread = _spread([item.accuracies for item in known])
    found = []
    for item in known:
        error = spread * math.sqrt(1 / len(item.accuracies) + 1 / len(best.accuracies))
        if np.mean(item.accuracies) >= np.mean(best.accuracies) - tolerance - error:
            found.append(item)
    return found


def winner_of(measured: Mapping[str, Trials], baseline: str, tolerance: float) -> str:
    """The leader, or the baseline where it is no more vulnerable on average.

    Parameters
    ----------
    measured : of every variant.
    baseline : name of what is done today.
    tolerance : accuracy that may be given up.
    """
    best = leading(measured, tolerance)
    return baseline if best.score.value >= measured[baseline].score.value else best.name


def _spread(groups: list[tuple[float, ...]]) -> float:
    """How far runs of one variant lie apart: the median over variants, which a few that are
    unstable do not move.
    """
    return math.sqrt(np.median([np.var(group, ddof=1) for group in groups]))


def _give_up(error: Failed, note: str) -> NoReturn:
    """Raise what the training raised, and say what it ends."""
    cause = error.__cause__
    assert cause is not None
    cause.add_note(note)
    raise cause


def _tell_failure(study: Any, trial: Any, *, two: bool) -> None:
    """Optuna knows failed trials; to others the trial is as bad as can be."""
    if type(study).__module__.partition(".")[0] == "optuna":
        study.tell(trial, state=import_module("optuna.trial").TrialState.FAIL)
    else:
        study.tell(trial, [1.0, 0.0] if two else 1.0)


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
