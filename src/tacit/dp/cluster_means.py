"""Scores that belong together (copies of a canary, canaries of a run) as one score: their mean."""

import numpy as np

from tacit.core import Evidence


def cluster_means(evidence: Evidence) -> Evidence | None:
    """One row a cluster, its score the mean of the cluster's scores.

    Parameters
    ----------
    evidence : with clusters, or without (then it is returned as it is).

    Returns
    -------
    Evidence without clusters; None where a cluster holds members and non-members, so that it has no
    membership of its own.
    """
    if evidence.cluster is None:
        return evidence
    _, first, code, size = np.unique(
        evidence.cluster, return_index=True, return_inverse=True, return_counts=True
    )
    n_members = np.bincount(code, weights=evidence.member)
    if not np.all((n_members == 0) | (n_members == size)):
        return None
    mean = np.bincount(code, weights=evidence.score.astype(np.float64)) / size
    return Evidence(
        mean,
        n_members > 0,
        None,
        evidence.assignment,
        evidence.attack,
        evidence.row[first],
    )
