"""Do members and non-members come from one population, as far as the secret goes?"""

import numpy as np
from numpy.typing import NDArray

from tacit.audits.steps.secret import Secret
from tacit.audits.steps.secret_guesses import Hits, Units
from tacit.metrics.excess import share_excess

Bools = NDArray[np.bool_]

# A split drawn at random is refused in 1 audit of 100: half for each of the two looks.
SPLIT_ALARM = 0.01


def unfair_split(
    base: Hits, codes: tuple[NDArray[np.int64], NDArray[np.int64]], secret: Secret, units: Units
) -> str:
    """Why the two sides cannot be compared; empty where they can.

    Guesses that never saw the model must be right as often on both sides, and each value of the
    secret must be as frequent; a difference in either direction makes up a leak or hides one.

    Parameters
    ----------
    base : Hits
        Where imputation was right.
    codes : tuple
        The candidate that is the truth of each member and of each non-member; -1 where none is.
    secret : Secret
        The candidates.
    units : Units
        The unit of independence of each record.
    """
    alarm = SPLIT_ALARM / 2
    if _two_sided(base.member, base.nonmember, units) <= alarm:
        gap = share_excess(base.member, base.nonmember, cluster=units)
        size = f"{abs(gap.value):.3g} ({gap.low:.3g} to {gap.high:.3g})"
        if gap.value > 0:
            return (
                "the split itself is a giveaway: guessing without the model is right more often"
                f" about members than about others, by {size}. They come from different"
                " populations. Draw both from one pool at random."
            )
        return (
            "the split itself is a giveaway: guessing without the model is right less often about"
            f" members than about others, by {size}. They come from different populations. Draw"
            " both from one pool at random."
        )
    found = np.intersect1d(np.unique(np.concatenate(codes)), np.arange(len(secret.values)))
    p_values = {int(code): _two_sided(codes[0] == code, codes[1] == code, units) for code in found}
    if not p_values or min(p_values.values()) * len(p_values) > alarm:
        return ""
    code = min(p_values, key=lambda item: p_values[item])
    shares = [float((side == code).mean()) for side in codes]
    value = repr(np.asarray(secret.values[code]).tolist())
    told = f"near {value}" if secret.kind == "number" else value
    return (
        f"the split itself is a giveaway: “{secret.name()}” is {told} for {100 * shares[0]:.1f} %"
        f" of the members and {100 * shares[1]:.1f} % of the others. They come from different"
        " populations. Draw both from one pool at random."
    )


def _two_sided(member: Bools, nonmember: Bools, units: Units) -> float:
    """P-value of "equal shares", in both directions."""
    turned = None if units is None else (units[1], units[0])
    ways = (
        share_excess(member, nonmember, cluster=units),
        share_excess(nonmember, member, cluster=turned),
    )
    return 2 * min(1.0 if way.p_value is None else way.p_value for way in ways)
