"""A run decided in advance: who is in which model, every seed, and a key made of all that the
numbers depend on.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacit.core import AssumptionError, checking
from tacit.design import Design
from tacit.training.digest import digest_of, versions_of
from tacit.training.stores import Store, get_note, kept_whole

FORMAT = "1"
# what differs of a run whose plan cannot be read
DAMAGED = "plan.json"


@dataclass(frozen=True, eq=False)
class Plan:
    """What will be trained. Equal plans have equal keys; a longer run of the same plan too.

    Parameters
    ----------
    design : who is in which model.
    seeds : int (m,), one a model.
    parts : what the numbers depend on (data, train_fn, statistic, library versions, ...), name to
        fingerprint.
    name : of the experiment; the first part of every key in the store.
    """

    design: Design
    seeds: NDArray[np.int64]
    parts: Mapping[str, str]
    name: str = "run"

    @property
    def key(self) -> str:
        """The place of this run in a store."""
        return f"{self.name}/{digest_of(dict(sorted(self.parts.items())))[:16]}"

    def entry(self, model: int) -> str:
        """The place of one model's numbers."""
        return f"{self.key}/model-{model:05d}"

    @property
    def n_models(self) -> int:
        """Number of models."""
        return len(self.seeds)

    def stored(self, store: Store) -> dict[int, dict[str, Any]]:
        """Models whose numbers are in the store, whole: model to what was noted beside them."""
        notes = {model: get_note(store, self.entry(model)) for model in range(self.n_models)}
        return {
            model: note
            for model, note in notes.items()
            if note is not None and kept_whole(store, self.entry(model), note)
        }

    def write(self, store: Store) -> None:
        """Put the plan itself into the store, once."""
        place = f"{self.key}/plan.json"
        if _parts(store, place) is None:
            store[place] = json.dumps(
                {"parts": dict(self.parts)}, sort_keys=True, indent=1
            ).encode()


def make_plan(
    train: object,
    data: object,
    design: Design,
    *,
    seed: int,
    measured: Mapping[str, object],
    version: str,
    name: str,
) -> Plan:
    """The plan of a run: seeds are spawned per model, and everything that matters is
    fingerprinted.
    """
    identity = getattr(train, "identity", train)
    seeds = model_seeds(seed, design.n_models)
    parts = {
        "data": digest_of(data),
        "train_fn": digest_of(identity),
        "design": _of_design(design),
        "seed": str(seed),
        "version": version,
        "format": FORMAT,
        **{what: digest_of(value) for what, value in measured.items()},
        **{
            f"version of {library}": number
            for library, number in versions_of(identity, *measured.values()).items()
        },
    }
    return Plan(design, checking.frozen(np.array(seeds, np.int64)), parts, name)


def model_seeds(seed: int, n: int) -> list[int]:
    """The seeds of `n` models of a run; a longer run begins with the same ones."""
    return [
        int(np.random.SeedSequence(seed, spawn_key=(1, model)).generate_state(1)[0] >> 1)
        for model in range(n)
    ]


def _of_design(design: Design) -> str:
    return digest_of(
        [design.assignment, design.member[0], bool(design.partner[0] >= 0), design.cluster]
    )


def _parts(store: Store, place: str) -> dict[str, str] | None:
    """What a stored plan depends on; None where it is absent or damaged."""
    try:
        parts = json.loads(store[place])["parts"]
        return {str(name): str(value) for name, value in parts.items()}
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return None


def other_runs(store: Store, plan: Plan) -> dict[str, dict[str, tuple[str, str]]]:
    """Runs of the same name in the store with another key: what differs, as (stored, now)."""
    runs = {}
    for place in store:
        if (
            place.startswith(f"{plan.name}/")
            and place.endswith("/plan.json")
            and place != f"{plan.key}/plan.json"
        ):
            parts = _parts(store, place)
            if parts is None:
                runs[place.removesuffix("/plan.json")] = {DAMAGED: ("cut or edited", "whole")}
                continue
            names = sorted({*parts, *plan.parts})
            pairs = {
                name: (parts.get(name, "absent"), plan.parts.get(name, "absent")) for name in names
            }
            runs[place.removesuffix("/plan.json")] = {
                name: pair for name, pair in pairs.items() if pair[0] != pair[1]
            }
    return runs


def require_same(store: Store, plan: Plan) -> None:
    """Raise where the store holds runs of this name that were made with something else.

    Raises
    ------
    AssumptionError : names what has changed since.
    """
    others = {
        run: changed for run, changed in other_runs(store, plan).items() if DAMAGED not in changed
    }
    if others and f"{plan.key}/plan.json" not in store:
        nearest = min(others, key=lambda run: len(others[run]))
        changed = "; ".join(
            f"{name} (was {old}, is {new})" for name, (old, new) in others[nearest].items()
        )
        raise AssumptionError(
            f"The store holds the run {nearest}, made with another {changed}. Numbers from both are"
            " never mixed: restore what has changed, or pass on_change='retrain' to begin a new"
            " run beside it."
        )
