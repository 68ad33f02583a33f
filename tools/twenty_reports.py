"""Twenty fixed inputs that cover every kind of audit: write their reports, or compare two sets.

    python tools/twenty_reports.py before/          # at one commit
    python tools/twenty_reports.py after/           # at another
    python tools/twenty_reports.py --compare before/ after/

Numbers are compared to ten digits; versions, dates and digests are left out. What only one side
has is listed, not judged.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

LEFT_OUT = {"versions", "created", "digest", "schema", "environment"}
DIGITS = 1e-10


def logits(n: int, shift: float, classes: int = 4, seed: int = 0) -> tuple[Any, Any]:
    """Two sides of a classifier that fits its members by `shift` better."""
    import tacit

    rng = np.random.default_rng(seed)

    def side(gain: float) -> Any:
        label = rng.integers(0, classes, n)
        answer = rng.normal(size=(n, classes))
        answer[np.arange(n), label] += 1.0 + gain * rng.random(n)
        return tacit.Outputs(logits=answer, label=label)

    return side(shift), side(0.0)


def one_model(n: int = 400, shift: float = 1.5, **options: Any) -> Any:
    import tacit

    member, nonmember = logits(n, shift)
    return tacit.audit(member=member, nonmember=nonmember, **options)


def of_losses(kind: str) -> Any:
    import tacit

    rng = np.random.default_rng(3)
    member, nonmember = rng.exponential(0.7, 500), rng.exponential(1.0, 500)
    if kind == "regression":
        truth = rng.normal(size=1000)
        guess = truth + np.concatenate([0.7 * rng.normal(size=500), rng.normal(size=500)])
        sides = [
            tacit.Outputs(prediction=guess[part], truth=truth[part])
            for part in (slice(500), slice(500, None))
        ]
    elif kind == "binary":
        score = rng.normal(size=1000) + np.repeat([0.8, 0.0], 500)
        sides = [
            tacit.Outputs(logits=score[part], label=np.ones(500, int))
            for part in (slice(500), slice(500, None))
        ]
    elif kind == "multilabel":
        label = rng.integers(0, 2, (1000, 3))
        score = (2 * label - 1) * (0.5 + rng.random((1000, 3)))
        score[:500] *= 1.8
        sides = [
            tacit.Outputs(logits=score[part], label=label[part])
            for part in (slice(500), slice(500, None))
        ]
    else:
        sides = [tacit.Outputs(loss=member), tacit.Outputs(loss=nonmember)]
    return tacit.audit(member=sides[0], nonmember=sides[1])


def with_features(giveaway: float) -> Any:
    rng = np.random.default_rng(5)
    features = (rng.normal(size=(400, 3)) + giveaway, rng.normal(size=(400, 3)))
    return one_model(shift=0.8, features=features)


def shadow(**options: Any) -> Any:
    from tacit.testing import ShadowGaussian

    try:
        from tacit.audits import shadow_audit
    except ImportError:
        from tacit.suites.shadow import shadow_audit

    game = ShadowGaussian(n_shadows=8, shift=1.0).draw(300, seed=0)
    return shadow_audit(game.signals, game.membership, **options)


def claim(delta: float, claimed: float | None, runs: str = "one") -> Any:
    from tacit.core import Membership

    try:
        from tacit.audits import dp_audit
    except ImportError:
        from tacit.suites.dp import dp_audit

    rng = np.random.default_rng(7)
    member = rng.random(600) < 0.5
    score = rng.normal(size=600) + 2.0 * member
    key = Membership(member, assignment="coin")
    return dp_audit(score, key, delta=delta, claimed_epsilon=claimed, runs=runs)


def recipe() -> Any:
    import tacit
    from tacit.attacks import Threshold

    rng = np.random.default_rng(9)
    signals = tacit.Signals.of(rng.normal(size=800) + np.repeat([0.5, 0.0], 400), statistic="loss")
    gates = (tacit.AtMost("auc", 0.6),)
    check = tacit.Check("loss", "loss", Threshold(), ("auc", "tpr@fpr=0.01"), gates)
    return tacit.run([check], signals, tacit.Membership(np.arange(800) < 400))


def comparison() -> Any:
    import tacit

    reports = [
        one_model(shift=shift, title=f"model {shift}", effort="quick", records=True)
        for shift in (0.3, 1.0, 2.0)
    ]
    return tacit.compare(reports)


CASES: dict[str, Callable[[], Any]] = {
    "leak": one_model,
    "no leak": lambda: one_model(shift=0.0),
    "quick": lambda: one_model(effort="quick"),
    "tiny": lambda: one_model(n=3),
    "few": lambda: one_model(n=60),
    "clusters": lambda: one_model(cluster=(np.arange(400) // 5, 80 + np.arange(400) // 5)),
    "slices": lambda: one_model(slices={"part": (np.arange(400) % 3, np.arange(400) % 3)}),
    "records": lambda: one_model(effort="quick", records=True),
    "coin": lambda: one_model(effort="quick", assignment="coin"),
    "losses": lambda: of_losses("loss"),
    "regression": lambda: of_losses("regression"),
    "binary": lambda: of_losses("binary"),
    "multilabel": lambda: of_losses("multilabel"),
    "features": lambda: with_features(0.0),
    "giveaway": lambda: with_features(1.0),
    "shadow": shadow,
    "claim refuted": lambda: claim(1e-5, 0.5),
    "claim not refuted": lambda: claim(1e-5, 4.0),
    "claim, many runs": lambda: claim(1e-5, 1.0, "many"),
    "recipe": recipe,
    "comparison": comparison,
}


def write(folder: Path) -> None:
    """The reports of all cases, as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in CASES.items():
        (folder / f"{name}.json").write_text(make().to_json(), encoding="utf8")
        print(f"wrote {name}", file=sys.stderr)


def differences(before: Any, after: Any, place: str = "") -> Iterator[str]:
    """What differs between two pieces of plain data."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after} - LEFT_OUT):
            if key in before and key in after:
                yield from differences(before[key], after[key], f"{place}.{key}")
            else:
                yield f"{place}.{key}: only {'before' if key in before else 'after'}"
    elif isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            yield f"{place}: {len(before)} items, then {len(after)}"
        for index, (one, other) in enumerate(zip(before, after)):
            yield from differences(one, other, f"{place}[{index}]")
    elif isinstance(before, float) and isinstance(after, float):
        if abs(before - after) > DIGITS * max(1.0, abs(before)):
            yield f"{place}: {before!r}, then {after!r}"
    elif before != after:
        yield f"{place}: {str(before)[:60]!r}, then {str(after)[:60]!r}"


def compare(before: Path, after: Path) -> int:
    """Print what differs, report by report; 1 where something does."""
    found = 0
    for path in sorted(before.glob("*.json")):
        pair = [json.loads((side / path.name).read_text("utf8")) for side in (before, after)]
        told = list(differences(*pair))
        found += bool(told)
        print(f"{path.stem}: {'equal' if not told else ''}")
        for line in told:
            print(f"    {line}")
    return int(found > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("folders", nargs="+", type=Path)
    given = parser.parse_args()
    sys.exit(compare(*given.folders) if given.compare else write(given.folders[0]))
