"""A policy file says what may ship; one that could not fail is refused."""

import pytest

import tacit
from tacit.core import Estimate, Policy
from tacit.core.policy import DEFAULT_POLICY


def written(tmp_path, text):
    path = tmp_path / "tacit.toml"
    path.write_text(text, encoding="utf8")
    return Policy.from_toml(path)


def test_limits_and_a_claim_become_gates(tmp_path):
    policy = written(
        tmp_path,
        '[policy]\nname = "release"\nclaimed_epsilon = 8\n[policy.at_most]\nauc ='
        ' 0.6\n"tpr@fpr=0.001" = 0.01\n',
    )
    assert policy.name == "release"
    assert policy.gates == (
        tacit.AtMost("auc", 0.6),
        tacit.AtMost("tpr@fpr=0.001", 0.01),
        tacit.NotRefuted(8.0),
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no \\[policy\\] table"),
        ("policy = 3", "needs to be a table"),
        ("[policy]\nname = 'x'\n", "sets no limit"),
        ("[policy]\nat_mots = {auc = 0.6}\n", "at_mots"),
        ("[policy]\nat_most = 0.6\n", "table from metric to number"),
        ("[policy.at_most]\nauc = 'low'\n", "finite number, got 'low'"),
        ("[policy.at_most]\nauc = true\n", "finite number, got 'True'"),
        ("[policy.at_most]\nauc = " + "9" * 400, "finite number"),
        ("[policy.at_most]\nadvantage = 10\n", "for 10 % write 0.1; you may mean 0.1"),
        ("[policy.at_most]\nauc = 1\n", "nothing can exceed"),
        ("[policy.at_most]\n'tpr@fpr=0.01' = 5\n", "you may mean 0.05"),
        ("[policy.at_most]\nauc = .9\n[at_most]\nadvantage = 0.1\n", "cannot be read"),
        ("[policy.at_most]\nauc = 0.9\n[at_most]\nadvantage = 0.1\n", "unknown table `at_most`"),
        ("[polcy.at_most]\nauc = 0.9\n", "Did you mean 'policy'"),
        ("[policy]\nname = 3\n[policy.at_most]\nauc = 0.9\n", "`name`.*needs text"),
        ("[policy]\nclaimed_epsilon = inf\n", "finite number"),
        ("[policy.at_most]\nauc = nan\n", "finite"),
        ("[policy]\nclaimed_epsilon = 'eight'\n", "needs a finite number"),
        ("[policy\n", "cannot be read"),
    ],
)
def test_a_policy_that_could_not_work_is_refused(tmp_path, text, says):
    with pytest.raises(tacit.InvalidInput, match=says):
        written(tmp_path, text)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(tacit.InvalidInput, match="nowhere"):
        Policy.from_toml(tmp_path / "nowhere.toml")


def test_every_gate_gets_a_verdict_even_without_its_estimate():
    policy = Policy("p", (tacit.AtMost("auc", 0.6), tacit.NotRefuted(8.0)))
    verdicts = policy.judge((Estimate("auc", 0.55, 0.5, 0.59, 0.95, 10, "x"),), {})
    assert [verdict.outcome for verdict in verdicts] == ["pass", "inconclusive"]


@pytest.mark.parametrize(
    "limits",
    [
        {"auc": 0.6, "claimed_epsilon": 8},
        {"name": "limits", "at_most": {"auc": 0.6}, "claimed_epsilon": 8},
        Policy("limits", (tacit.AtMost("auc", 0.6), tacit.NotRefuted(8))),
    ],
)
def test_a_policy_comes_as_whatever_a_user_holds(limits):
    assert Policy.of(limits).gates == (tacit.AtMost("auc", 0.6), tacit.NotRefuted(8.0))


def test_what_is_no_policy_is_refused():
    with pytest.raises(tacit.InvalidInput, match=r"needs a tacit\.Policy"):
        Policy.of(0.1)
    with pytest.raises(tacit.InvalidInput, match="nothing can exceed"):
        Policy.of({"advantage": 10})


def test_the_default_limits_an_advantage_and_a_rate():
    assert DEFAULT_POLICY.name == "default"
    assert DEFAULT_POLICY.gates == (
        tacit.AtMost("advantage", 0.1),
        tacit.AtMost("tpr@fpr=0.01", 0.05),
    )


@pytest.mark.parametrize(
    ("given", "meant"),
    [("0.1", "Write 0.1 without"), ("0,05", "Write 0.05 without"), ("10 %", "Write 0.1 without")],
)
def test_a_number_in_quotes_is_told_as_it_is_to_be_written(given, meant):
    with pytest.raises(tacit.InvalidInput, match=meant):
        Policy.of({"auc": given})
