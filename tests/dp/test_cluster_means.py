import numpy as np

from tacit.core import Evidence
from tacit.dp.cluster_means import cluster_means


def evidence(score, member, cluster):
    score = np.asarray(score, np.float64)
    return Evidence(
        score,
        np.asarray(member, bool),
        None if cluster is None else np.asarray(cluster),
        "coin",
        "by hand",
        np.arange(len(score)) + 10,
    )


def test_each_cluster_becomes_the_mean_of_its_scores():
    found = cluster_means(evidence([1, 2, 6, 10, 20], [1, 0, 1, 0, 1], [5, 3, 5, 3, 9]))
    assert found.score.tolist() == [6.0, 3.5, 20.0]
    assert found.member.tolist() == [False, True, True]
    assert found.row.tolist() == [11, 10, 14]
    assert found.cluster is None
    assert found.assignment == "coin"


def test_without_clusters_nothing_changes():
    single = evidence([1, 2], [1, 0], None)
    assert cluster_means(single) is single


def test_a_cluster_with_both_has_no_mean():
    assert cluster_means(evidence([1, 2, 3], [1, 0, 1], [0, 0, 1])) is None
    assert cluster_means(evidence([1, 2, 3], [0, 1, 1], [0, 1, 1])) is not None
