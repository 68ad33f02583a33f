"""Non-members that are nearly members are named, with what the attack finds without them."""

import numpy as np
import pytest

import tacit
from tacit.audits.steps.near_copies import near_copies
from tacit.core import Evidence

N = 600


def game(*, share=0.0, columns=8, seed=0, noise=0.01):
    """Records of one population, of whose non-members a share are noisy copies of members."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(2 * N, columns))
    member = np.arange(2 * N) < N
    score = rng.normal(size=2 * N) + member
    copies = int(share * N)
    table[N : N + copies] = table[:copies] + noise * rng.normal(size=(copies, columns))
    score[N : N + copies] += 1
    return table.astype(np.float32), Evidence.of(score, member)


@pytest.mark.parametrize("columns", [3, 8, 200])
def test_near_duplicates_are_counted_and_taken_out(columns):
    table, evidence = game(share=0.1, columns=columns)
    check, text = near_copies(table, evidence, level=0.95)
    share, area = check.estimates
    assert share.low <= 0.115 <= share.high + 0.01
    assert share.value == pytest.approx(0.11, abs=0.02)
    # the scores without copies are one standard deviation apart
    assert area.low < 0.760 < area.high
    assert "near-duplicate" in text


@pytest.mark.parametrize("kind", ["normal", "grid", "one column", "sparse"])
def test_a_fair_split_has_none(kind):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        table = {
            "normal": rng.normal(size=(2 * N, 5)),
            "grid": rng.integers(0, 4, (2 * N, 5)),
            "one column": rng.normal(size=(2 * N, 1)),
            "sparse": rng.random((2 * N, 40)) < 0.02,
        }[kind]
        paper = Evidence.of(rng.normal(size=2 * N), rng.permutation(2 * N) < N)
        assert near_copies(table.astype(np.float32), paper, level=0.95) is None


def test_copies_that_come_in_families_are_as_near_within_a_side_as_across():
    rng = np.random.default_rng(0)
    table = np.repeat(rng.normal(size=(N, 6)), 2, axis=0) + 0.01 * rng.normal(size=(2 * N, 6))
    paper = Evidence.of(rng.normal(size=2 * N), rng.permutation(2 * N) < N)
    found = near_copies(table.astype(np.float32), paper, level=0.95)
    assert found is None


@pytest.mark.parametrize("value", [1e38, -1e38, 0.0])
def test_numbers_of_any_size_are_compared_without_a_warning(value):
    table, evidence = game(share=0.2)
    table[:3, 0] = value
    assert near_copies(table, evidence, level=0.95) is not None
    assert near_copies(table[:, :0], evidence, level=0.95) is None


def test_the_report_names_them_in_every_format(tmp_path):
    table, evidence = game(share=0.15)
    score = np.exp(-evidence.score)
    report = tacit.audit(
        member=tacit.Outputs(loss=score[:N]),
        nonmember=tacit.Outputs(loss=score[N:]),
        features=(table[:N], table[N:]),
        effort="quick",
    )
    assert any("near-duplicate" in text for text in report.warnings)
    for name in ("r.html", "r.md", "r.txt", "r.json", "r.sarif", "r.xml", "r.card.md"):
        report.save(tmp_path / name)
    assert "near-duplicate" in (tmp_path / "r.txt").read_text()
    assert "near-duplicate" in (tmp_path / "r.html").read_text()
