"""How long many numbers take to be put in order, by their bytes and as packed keys:
`OMP_NUM_THREADS=1 python benchmarks/sorting.py`.

CPU milliseconds of the places in ascending order, the least of several in one process, beside
`np.sort` of the same numbers, which tells no places. With
`NPY_DISABLE_CPU_FEATURES="X86_V4 AVX512_ICL"` NumPy sorts without AVX-512.
"""

import time

import numpy as np

from tacit.core import by_bytes, sorting

SIZES = (131_072, 1_000_000, 3_000_000, 10_000_000)
TRIES, MANY = 9, 2_000_000


def least(work, n):
    found = []
    for _ in range(TRIES if n <= MANY else 3):
        start = time.process_time()
        work()
        found.append(1000 * (time.process_time() - start))
    return min(found)


def by(way, values):
    sorting.MANY, sorting.MOST_BY_BYTES = 1, len(values)
    sorting.bytes_are_faster = lambda: way == "bytes"
    return least(lambda: sorting.sorted_once(values), len(values))


def row(values):
    times = by("packed", values), by("bytes", values), least(lambda: np.sort(values), len(values))
    shown = " | ".join(f"{milliseconds:.1f}" for milliseconds in times)
    return f"| {len(values):,} | {values.dtype} | {shown} |"


def main():
    print(f"bytes are faster here: {by_bytes.bytes_are_faster()}\n")
    print("| n | type | packed keys, ms | bytes, ms | `np.sort`, ms |")
    print("|---|---|---|---|---|")
    rng = np.random.default_rng(0)
    for n in SIZES:
        for dtype in (np.float32, np.float64):
            print(row(rng.normal(size=n).astype(dtype)))


if __name__ == "__main__":
    main()
