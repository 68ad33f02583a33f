"""How a report was made: counts, shares and digests by hand."""

import numpy as np
import pytest
from scipy.stats import beta

from tacit.audits.steps import provenance as steps
from tacit.audits.steps.provenance import accuracy, arrays_of, digest, environment, utility
from tacit.core import InvalidInput, Membership, Outputs


def answered(right):
    """Two classes; `right` says which records are answered rightly."""
    label = np.zeros(len(right), int)
    probs = np.where(np.asarray(right, bool)[:, None], [0.9, 0.1], [0.1, 0.9])
    return Outputs(probs=probs, label=label)


def ends(k, n, level):
    tail = (1 - level) / 2
    low = beta.ppf(tail, k, n - k + 1) if k else 0.0
    high = beta.ppf(1 - tail, k + 1, n - k) if k < n else 1.0
    return pytest.approx((low, high))


def test_accuracy_is_the_share_of_right_answers_of_each_side_with_exact_ends():
    """9 of 10 members, 4 of 8 non-members."""
    right = np.r_[np.arange(10) < 9, np.arange(8) < 4]
    found = accuracy(answered(right), Membership(np.arange(18) < 10), level=0.9)
    assert (found["member"], found["nonmember"]) == (0.9, 0.5)
    assert (found["member_low"], found["member_high"]) == ends(9, 10, 0.9)
    assert (found["nonmember_low"], found["nonmember_high"]) == ends(4, 8, 0.9)
    assert accuracy(Outputs(probs=np.full((18, 2), 0.5)), Membership(np.arange(18) < 10)) == {}
    assert set(accuracy(answered(right), Membership(np.ones(18, bool)))) == {
        "member",
        "member_low",
        "member_high",
    }


def test_clusters_count_as_what_they_are_worth(monkeypatch):
    """Right where the effective size is 4: 3 of 4. Below five clusters there are no ends."""
    seen = []

    def size(hit, cluster):
        seen.append((hit.tolist(), cluster.tolist()))
        return 4.0

    monkeypatch.setattr(steps, "effective_size", size)
    right = np.tile([True, True, True, False], 5)
    member = np.arange(20) < 12
    cluster = np.r_[np.arange(12) % 5, 7 + np.arange(8) % 4]
    found = accuracy(answered(right), Membership(member, cluster), level=0.9)
    assert found["member"] == found["nonmember"] == 0.75
    assert (found["member_low"], found["member_high"]) == ends(3, 4, 0.9)
    assert "nonmember_low" not in found
    assert seen == [(right[:12].tolist(), (np.arange(12) % 5).tolist())]


def test_utility_is_the_share_of_right_answers_elsewhere():
    found = utility(answered([True, True, False, True]), level=0.9)
    assert found["utility"] == 0.75
    assert (found["utility_low"], found["utility_high"]) == ends(3, 4, 0.9)
    with pytest.raises(InvalidInput, match="answers with labels"):
        utility(Outputs(probs=np.full((4, 2), 0.5)))


def test_sides_and_clusters_are_counted():
    truth = Membership(np.arange(7) < 3, cluster=np.array([0, 0, 1, 2, 3, 3, 3]))
    found = environment({}, truth, task="loss", seed=3, level=0.9, command="c", n_shadows=5)
    assert (found["n_members"], found["n_nonmembers"], found["n_clusters"]) == (3, 4, 4)
    assert (found["seed"], found["level"], found["command"]) == (3, 0.9, "c")
    assert (found["task"], found["n_shadows"]) == ("loss", 5)
    alone = Membership(np.arange(7) < 3)
    plain = environment({}, alone, task="loss", seed=3, level=0.9, command="c")
    assert plain["n_clusters"] is None
    assert plain["digest"] != found["digest"]
    assert plain["digest"] == digest({"member": alone.member})


def test_the_digest_tells_names_types_shapes_and_values_apart():
    a = np.arange(12, dtype=np.float64)
    known = [
        digest({"a": a}),
        digest({"b": a}),
        digest({"a": a.astype(np.float32)}),
        digest({"a": a.reshape(2, 6)}),
        digest({"a": a.reshape(2, 3, 2)}),
        digest({"a": np.r_[a[:-1], 0]}),
        digest({"a": a.reshape(2, 3, 2)[::-1]}),
    ]
    assert len(set(known)) == 7
    assert all(len(name) == 32 for name in known)
    assert digest({"a": a, "b": None}) == known[0]
    assert digest({"a": np.stack([a, a], axis=1)[:, 0]}) == known[0]


def test_arrays_of_outputs_are_named():
    found = arrays_of(Outputs(loss=np.array([1.0, 2.0]), label=[0, 1]))
    assert {name for name, value in found.items() if value is not None} == {"loss", "label"}


@pytest.mark.parametrize(
    ("name", "value", "known"),
    [
        ("GITHUB_SHA", "a" * 7, True),
        ("GITHUB_SHA", "a" * 6, False),
        ("GIT_COMMIT", "0" * 64, True),
        ("GIT_COMMIT", "0" * 65, False),
        ("TACIT_COMMIT", "not a commit", False),
    ],
)
def test_a_commit_has_seven_to_sixty_four_digits(monkeypatch, name, value, known):
    for other in steps.COMMITS:
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, value)
    assert steps.commit() == ({"commit": value} if known else {})


def test_a_package_that_is_not_there_has_an_unknown_version():
    assert steps._version("no-package-of-this-name") == "unknown"
    assert steps._version("numpy") == np.__version__


def test_both_shares_have_limits_at_95_percent_unless_told_otherwise():
    right = np.r_[np.arange(10) < 9, np.arange(8) < 4]
    found = accuracy(answered(right), Membership(np.arange(18) < 10))
    assert (found["member_low"], found["member_high"]) == ends(9, 10, 0.95)
    found = utility(answered([True, True, False, True]))
    assert (found["utility_low"], found["utility_high"]) == ends(3, 4, 0.95)


@pytest.mark.parametrize(("units", "worth"), [(4, 0.0), (5, 7.0)])
def test_five_clusters_of_a_side_tell_what_its_records_are_worth(monkeypatch, units, worth):
    """Half of a record's labels are not most of them."""
    seen = []
    monkeypatch.setattr(steps, "effective_size", lambda hit, unit: seen.append(hit.tolist()) or 7.0)
    right, inside = np.array([0.5, 0.51, 0.0, 1.0, 0.5, 1.0]), np.arange(9) < 6
    cluster = np.r_[9 - np.arange(6) % units, 0, 0, 0]
    assert steps._worth(right, cluster, inside) == worth
    assert seen == ([[False, True, False, True, False, True]] if worth else [])
    assert steps._worth(right, None, inside) == 6


def test_another_cluster_or_side_is_another_digest():
    sides = np.arange(4) < 2
    known = [
        environment({}, key, task="t", seed=0, level=0.9, command="c")["digest"]
        for key in (
            Membership(sides),
            Membership(~sides),
            Membership(sides, np.array([0, 0, 1, 1])),
            Membership(sides, np.array([0, 1, 1, 1])),
        )
    ]
    assert len(set(known)) == 4


def test_arrays_of_three_dimensions_are_read_a_part_at_a_time(monkeypatch):
    """They may be memory maps larger than the memory; others are read at once."""
    sizes = []

    class Total:
        def update(self, part):
            sizes.append(len(bytes(part)))

        def hexdigest(self):
            return "x"

    monkeypatch.setattr(steps.hashlib, "blake2b", lambda digest_size: Total())
    known = {"a": np.zeros((4, 3, 2)), "b": np.zeros((4, 3)), "c": np.zeros((4, 3, 1, 2))}
    assert digest(known) == "x"
    names = [len(f"{name} float64 {value.shape}") for name, value in known.items()]
    assert sizes == [names[0], *[48] * 4, names[1], 96, names[2], 192]
