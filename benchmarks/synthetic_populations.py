"""Eight populations of made-up people, and generators that leak nothing or something of them.

python benchmarks/synthetic_populations.py null --seeds 5 --log populations_null.jsonl
python benchmarks/synthetic_populations.py leak --seeds 1 --rows 1000 --log populations_leak.jsonl
python benchmarks/synthetic_populations.py null --shift 5 --seeds 5 --log shift_null.jsonl

Mixed types, heavy tails, rare categories, people who are alike in every column, whole numbers,
many columns, missing cells and dates, yes/no answers, a single column. With `--shift` members come
from another population than non-members and reference: rows high in the first column. Each audit is
a line of the log, and a run goes on where it was stopped. Results:
`benchmarks/results/synthetic.md`.
"""

import argparse
import json
import time
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import tacit
from tacit.core.frame import Frame
from tacit.metrics.intervals import clopper_pearson
from tacit.signals.embedding import Embedding
from tacit.signals.synthetic import nearest_rows
from tacit.testing.generators import Cart, GaussianCopula, Marginals

Random = np.random.Generator
Table = dict[str, NDArray[Any]]
Sample = Callable[[Random, int], Table]
# members, reference, a sampler of the population, rows to release
Release = Callable[[Random, Table, Table, Sample, int], Table]


def mixed(rng: Random, n: int) -> Table:
    """Numbers, amounts with heavy tails, categories of which some are rare."""
    z = rng.normal(size=n)
    return {
        "age": np.clip(np.round(40 + 12 * z + 3 * rng.normal(size=n)), 18, 90),
        "income": np.exp(8 + 0.8 * z + 0.7 * rng.normal(size=n)),
        "balance": rng.standard_cauchy(n),
        "city": rng.choice(list("abcdefgh"), n, p=[0.4, 0.2, 0.15, 0.1, 0.06, 0.05, 0.03, 0.01]),
        "product": np.array([f"r{i}" for i in rng.zipf(1.6, n) % 400]),
        "flag": rng.random(n) < 1 / (1 + np.exp(-z)),
        "count": rng.poisson(2, n),
    }


def heavy(rng: Random, n: int) -> Table:
    """Six numbers without a variance."""
    x = rng.standard_t(1.2, size=(n, 6)) * np.exp(rng.normal(size=(n, 1)))
    return {f"x{i}": x[:, i] for i in range(6)}


def repeated(rng: Random, n: int) -> Table:
    """Only 150 different rows, some of them common."""
    fixed = np.random.default_rng(7)
    rows = {
        "a": fixed.integers(0, 9, 150),
        "b": fixed.choice(list("uvwxyz"), 150),
        "c": np.round(fixed.normal(size=150), 1),
    }
    chosen = rng.choice(150, n, p=fixed.dirichlet(np.full(150, 0.5)))
    return {name: values[chosen] for name, values in rows.items()}


def ordered(rng: Random, n: int) -> Table:
    """Eight answers from 1 to 5, and a year."""
    answer = rng.integers(1, 6, size=(n, 1)) + rng.integers(-1, 2, size=(n, 8))
    columns = {f"q{i}": np.clip(answer[:, i], 1, 5) for i in range(8)}
    return columns | {"year": rng.integers(1940, 2005, n)}


def wide(rng: Random, n: int) -> Table:
    """Twenty numbers of three factors."""
    weight = np.random.default_rng(3).normal(size=(3, 20))
    x = rng.normal(size=(n, 3)) @ weight + 0.5 * rng.normal(size=(n, 20))
    return {f"x{i}": x[:, i] for i in range(20)}


def missing(rng: Random, n: int) -> Table:
    """As `mixed`, with a date, and every fifth cell of some columns missing."""
    columns = mixed(rng, n)
    for name in ("age", "income", "balance"):
        columns[name] = np.where(rng.random(n) < 0.2, np.nan, columns[name])
    columns["city"] = np.where(rng.random(n) < 0.1, None, columns["city"].astype(object))
    day = np.datetime64("2020-01-01") + rng.integers(0, 900, n).astype("timedelta64[D]")
    return columns | {"day": np.where(rng.random(n) < 0.05, np.datetime64("NaT"), day)}


def binary(rng: Random, n: int) -> Table:
    """Ten yes/no answers that go together."""
    p = rng.beta(0.5, 0.5, n)
    return {f"b{i}": (rng.random(n) < p).astype(int) for i in range(10)}


def single(rng: Random, n: int) -> Table:
    """One number."""
    return {"x": rng.lognormal(size=n)}


POPULATIONS = (mixed, heavy, repeated, ordered, wide, missing, binary, single)


def taken(table: Table, rows: Any) -> Table:
    """Some rows of a table."""
    return {name: values[rows] for name, values in table.items()}


def length(table: Table) -> int:
    """Number of rows."""
    return len(next(iter(table.values())))


def seed_of(rng: Random) -> int:
    """A seed for a generator of `tacit.testing`."""
    return int(rng.integers(1 << 30))


def copies(share: float, *, noise: float = 0.0, decimals: int | None = None) -> Release:
    """Copies of members among rows of the population, with noise or rounded numbers."""

    def release(rng: Random, member: Table, _: Table, sample: Sample, n: int) -> Table:
        k = round(share * n)
        rows = taken(member, rng.choice(length(member), k, replace=k > length(member)))
        own = {name: _blurred(rng, values, noise, decimals) for name, values in rows.items()}
        rest = sample(rng, n - k)
        order = rng.permutation(n)
        return {name: np.concatenate([own[name], rest[name]])[order] for name in own}

    return release


def _blurred(rng: Random, values: NDArray[Any], noise: float, decimals: int | None) -> NDArray[Any]:
    if values.dtype.kind == "f":
        width = np.subtract(*np.nanquantile(values, [0.75, 0.25])) if noise else 0.0
        values = values + noise * width * rng.normal(size=len(values))
        return values if decimals is None else np.round(values, decimals)
    if not noise or values.dtype.kind not in "OUb":
        return values
    other = values[rng.integers(0, len(values), len(values))]
    return np.where(rng.random(len(values)) < noise, other, values)


def interpolated(rng: Random, member: Table, _: Table, __: Sample, n: int) -> Table:
    """Between a member and one of its five nearest (SMOTE)."""
    frame = Frame.of(member)
    points = Embedding.fitted(frame)(frame)
    near = nearest_rows(points, points, 6)
    first, way = rng.integers(0, frame.n, n), rng.random(n)
    second = near[first, rng.integers(1, 6, n)]
    made = {}
    for name, values in frame.columns.items():
        one, other = values[first], values[second]
        number = values.dtype.kind == "f"
        made[name] = one + way * (other - one) if number else np.where(way < 0.5, one, other)
    return made


NULL: dict[str, Release] = {
    "bootstrap of the reference": lambda rng, m, r, s, n: taken(r, rng.integers(0, length(r), n)),
    "the population": lambda rng, m, r, s, n: s(rng, n),
    "marginals of the reference": lambda rng, m, r, s, n: Marginals(n)(r, seed_of(rng)),
    "copula of the reference": lambda rng, m, r, s, n: GaussianCopula(n)(r, seed_of(rng)),
    "CART of other rows": lambda rng, m, r, s, n: Cart(5, n)(s(rng, length(m)), seed_of(rng)),
    "30 other rows, again and again": lambda rng, m, r, s, n: taken(
        s(rng, 30), rng.integers(0, 30, n)
    ),
}
LEAK: dict[str, Release] = {
    "copy 1 %": copies(0.01),
    "copy 5 %": copies(0.05),
    "copy 10 %": copies(0.1),
    "copy 50 %": copies(0.5),
    "copy 50 %, noise .1": copies(0.5, noise=0.1),
    "copy all, noise .2": copies(1.0, noise=0.2),
    "copy 50 %, rounded": copies(0.5, decimals=1),
    "between neighbours (SMOTE)": interpolated,
    "CART, leaves of 1": lambda rng, m, r, s, n: Cart(1, n)(m, seed_of(rng)),
    "CART, leaves of 5": lambda rng, m, r, s, n: Cart(5, n)(m, seed_of(rng)),
    "marginals of the members": lambda rng, m, r, s, n: Marginals(n)(m, seed_of(rng)),
}


def high_rows(sample: Sample, steep: float) -> Sample:
    """The same population, but of three rows one is taken, the highest in the first column with
    e^steep times the weight of the lowest.
    """

    def draw(rng: Random, n: int) -> Table:
        rows = sample(rng, 3 * n)
        code = np.unique(next(iter(rows.values())), return_inverse=True)[1]
        height = steep * np.searchsorted(np.sort(code), code) / (3 * n)
        # the n largest of exponential clocks are a weighted sample without replacement
        return taken(rows, np.argsort(-(height + rng.gumbel(size=3 * n)))[:n])

    return draw


def audited(
    sample: Sample, name: str, release: Release, *, seed: int, rows: int, shift: float
) -> dict[str, Any]:
    """One world: what was found, and what it cost."""
    keys = [zlib.crc32(text.encode()) for text in (sample.__name__, name)]
    rng = np.random.default_rng([seed, *keys])
    pool, reference, coin = sample(rng, rows), sample(rng, rows), rng.random(rows) < 0.5
    member, nonmember = taken(pool, coin), taken(pool, ~coin)
    people = sample
    if shift:
        people = high_rows(sample, shift)
        member = people(rng, length(member))
    made = release(rng, member, reference, people, length(member))
    began = time.process_time()
    report = tacit.audit_synthetic(
        made,
        member=member,
        nonmember=nonmember,
        reference=reference,
        assignment="observed" if shift else "coin",
    )
    blind = next(check for check in report.checks if check.role == "blind")
    return {
        "population": sample.__name__,
        "generator": name,
        "seed": seed,
        "finding": report.finding,
        "p_value": report.p_value,
        "attributable": report.attributable,
        "giveaway": blind.p_value is not None and blind.p_value <= 0.01,
        "headline": report.headline,
        "seconds": round(time.process_time() - began, 2),
    }


def table(worlds: list[dict[str, Any]]) -> None:
    """Leaks found by population and generator, with exact limits of the total."""
    found = Counter((w["population"], w["generator"]) for w in worlds if w["finding"] == "leak")
    done = Counter((w["population"], w["generator"]) for w in worlds)
    names = list(dict.fromkeys(w["generator"] for w in worlds))
    columns = list(dict.fromkeys(w["population"] for w in worlds))
    print("| generator |", " | ".join(columns), "| all |\n|---|" + "---|" * (len(columns) + 1))
    for name in names:
        cells = [f"{found[c, name]} of {done[c, name]}" for c in columns]
        sums = [sum(count[c, name] for c in columns) for count in (found, done)]
        print(f"| {name} |", " | ".join(cells), f"| {sums[0]} of {sums[1]} |")
    k, n = sum(found.values()), len(worlds)
    low, high = clopper_pearson(k, n, level=0.95)
    small = sum(w["p_value"] is not None and w["p_value"] <= 0.05 for w in worlds)
    print(f"\nCalled a leak: {k} of {n} (95 % limits {low:.1%} to {high:.1%}); p <= .05: {small};")
    loud = sum(w.get("giveaway", False) for w in worlds)
    print(f"the split alone gives itself away in {loud};")
    print(f"mean {np.mean([w['seconds'] for w in worlds]):.2f} CPU s an audit.")


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("null", "leak"))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", help="one population, by name")
    parser.add_argument("--rows", type=int, default=400, help="members and non-members together")
    parser.add_argument("--shift", type=float, default=0.0, help="how unlike members are")
    parser.add_argument("--log", type=Path, help="worlds that are done; a run continues there")
    given = parser.parse_args()
    log, generators = given.log, NULL if given.part == "null" else LEAK
    lines = log.read_text(encoding="utf8").splitlines() if log and log.exists() else []
    worlds = [json.loads(line) for line in lines]
    known = {(w["population"], w["generator"], w["seed"]) for w in worlds}
    for seed in range(given.seeds):
        for sample in POPULATIONS:
            if given.only not in (None, sample.__name__):
                continue
            for name, release in generators.items():
                if (sample.__name__, name, seed) in known:
                    continue
                worlds.append(
                    audited(sample, name, release, seed=seed, rows=given.rows, shift=given.shift)
                )
                if log:
                    with log.open("a", encoding="utf8") as file:
                        file.write(json.dumps(worlds[-1]) + "\n")
    table(worlds)


if __name__ == "__main__":
    main()
