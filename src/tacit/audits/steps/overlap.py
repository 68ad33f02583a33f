"""Records that stand on two sides at once: what that invalidates, and what it can only hide."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc

from tacit.audits.steps.closeness import share_result
from tacit.audits.steps.tables import Tables
from tacit.core.frame import stacked
from tacit.metrics.intervals import fisher_p_value

Codes = NDArray[np.int64]

# Each of these looks raises an alarm in 1 audit of 1,000 where nothing is mixed up.
OVERLAP_P = 0.001
# How much more often than the rows' own twins explain they may be in the reference.
OVERLAP_FACTOR, OVERLAP_SLACK = 3, 0.05
# Where most non-members equal a member and hardly any equals its like, they are the same records.
MOST, HARDLY = 0.5, 0.05


def reference_warning(tables: Tables) -> str:
    """What the reader must know where the reference holds audited rows; empty where it does not.

    Rows have twins by chance; so members are compared with non-members, and both with how often a
    member equals a non-member.
    """
    member, nonmember, reference, _ = _codes(tables)
    k1, k0 = (int(np.isin(side, reference).sum()) for side in (member, nonmember))
    n1, n0 = len(member), len(nonmember)
    p = 2 * min(fisher_p_value((k1, k0), (n1, n0)), fisher_p_value((k0, k1), (n0, n1)))
    natural = float(np.isin(member, nonmember).mean())
    expected = natural * max(1.0, len(reference) / n0)
    both = (k1 + k0) / (n1 + n0) > OVERLAP_FACTOR * expected + OVERLAP_SLACK
    if p > OVERLAP_P and not both:
        return ""
    return (
        f"the reference holds audited rows: {100 * k1 / n1:.1f} % of the members and"
        f" {100 * k0 / n0:.1f} % of the non-members are in it cell by cell, more than rows of one"
        " population that are alike by chance. Scores that compare with it are then wrong. Take"
        " reference rows that are neither members nor non-members."
    )


def hiding(tables: Tables, nearest: NDArray[np.float64]) -> tuple[str, ...]:
    """What can hide a leak, though it cannot make one up; empty where nothing does.

    Parameters
    ----------
    tables : all sides.
    nearest : rows of the release nearest to each real row, as `nearest_counts` gives them.
    """
    member, nonmember, reference, release = _codes(tables)
    said = [same_records(member, nonmember, reference, ("members", "non-members"))]
    k, _, p = copies(release, reference, nonmember)
    if p < OVERLAP_P:
        said.append(
            f"the release repeats {k} reference rows cell by cell, far more than it has of the "
            "non-members: the generator saw the reference. Its rows are then members, and scores "
            "that compare with it show less than there is. Take a reference it never saw."
        )
    share = share_result(nearest, tables.membership, level=1 - 2 * OVERLAP_P, p_adjusted=None)
    found, expected = share.estimates[0], float(tables.membership.member.mean())
    if found.high < expected:
        said.append(
            f"the release lies nearer to the non-members: {100 * found.value:.1f} % of it is"
            f" nearest to a member, where {100 * expected:.1f} % was to be expected. Are `member`"
            " and `nonmember` exchanged?"
        )
    return tuple(text for text in said if text)


def same_records(member: Codes, nonmember: Codes, reference: Codes, names: tuple[str, str]) -> str:
    """What the reader must know where members stand among the non-members; empty otherwise.

    The reference tells how many twins chance makes.

    Parameters
    ----------
    member, nonmember, reference : equal where two records are.
    names : what the two sides are called.
    """
    inside = np.isin(nonmember, member)
    _, _, p = copies(nonmember, member, reference)
    alike = max(_repeated(member), _repeated(nonmember))
    if p >= OVERLAP_P and not (inside.mean() > MOST and alike < HARDLY):
        return ""
    return (
        f"{100 * inside.mean():.1f} % of the {names[1]} equal one of the {names[0]} in every"
        " column, more than chance makes alike: the same records stand on both sides, so that a"
        f" leak cannot show. Take the {names[0]} out of the {names[1]}."
    )


def copies(asked: Codes, here: Codes, there: Codes) -> tuple[int, int, float]:
    """Of the records `asked` that occur once in two tables, those in each; chance of the first.

    If neither table has to do with `asked`, each such record is as likely to be in one as in the
    other, but for the sizes of the tables: the count in the first is binomial.

    Examples
    --------
    >>> copies(np.array([1, 2, 3]), np.array([1, 2, 9]), np.array([3, 8, 7]))[:2]
    (2, 1)
    """
    code, count = np.unique(np.concatenate([here, there]), return_counts=True)
    single = np.intersect1d(code[count == 1], asked)
    k = int(np.isin(single, here).sum())
    rate = len(here) / (len(here) + len(there))
    p = float(bdtrc(k - 1, len(single), rate)) if k else 1.0
    return k, len(single) - k, p


def _repeated(side: Codes) -> float:
    """Share of a side's records that equal another one of it."""
    _, place, count = np.unique(side, return_inverse=True, return_counts=True)
    return float((count[place] > 1).mean())


def _codes(tables: Tables) -> tuple[Codes, Codes, Codes, Codes]:
    """Of members, non-members, reference and release."""
    rows, reference = tables.rows.n, tables.reference.n
    code = stacked([tables.rows, tables.reference, tables.synthetic]).codes()
    member = tables.membership.member
    audited = code[:rows]
    return (
        audited[member],
        audited[~member],
        code[rows : rows + reference],
        code[rows + reference :],
    )
