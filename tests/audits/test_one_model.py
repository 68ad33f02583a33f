"""The membership audit: what it finds, what it refuses to say, and that it keeps its promises."""

import json

import numpy as np
import pytest

import tacit
from tacit.attacks import Threshold
from tacit.audits.one_model import membership_audit
from tacit.core import Membership, NotEnoughData, Policy


def classifier(n, *, gain, classes=4, seed=0):
    """Outputs of a made-up classifier whose confidence in the true class is `gain` higher for
    members.
    """
    rng = np.random.default_rng(seed)
    label = rng.integers(0, classes, 2 * n)
    logits = rng.normal(size=(2 * n, classes))
    logits[np.arange(2 * n), label] += 1.5 + gain * (np.arange(2 * n) < n)
    return tacit.Outputs(logits=logits[:n], label=label[:n]), tacit.Outputs(
        logits=logits[n:], label=label[n:]
    )


def audited(n=600, *, gain=1.5, **options):
    member, nonmember = classifier(n, gain=gain, seed=options.pop("world", 0))
    return tacit.audit(member=member, nonmember=nonmember, **({"effort": "quick"} | options))


def test_a_leaking_model_is_found_and_fails_the_default_policy():
    report = audited()
    assert report.finding == "leak"
    assert report.verdict == "fail"
    assert report.exit_code == 1
    assert report.score.low > 0.1
    assert "leaks" in report.headline


def test_a_model_without_a_leak_is_not_accused_and_never_called_safe():
    report = audited(3000, gain=0.0, world=1)
    assert report.finding == "no leak found"
    assert "not ruled out" in report.headline
    assert report.detectable <= 0.1


def test_few_records_are_inconclusive_and_never_pass():
    report = audited(40, gain=0.0)
    assert report.finding == "inconclusive"
    assert report.verdict == "inconclusive"
    assert report.exit_code == 2
    assert report.unknown


def test_hardly_any_records_still_give_a_report_that_says_how_many_are_needed():
    report = audited(3)
    assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
    assert report.unknown[0].needed == 4
    assert report.score.low == 0


def test_all_records_are_graded_and_each_once():
    report = audited(500, records=True)
    rows = np.array(report.records["row"])
    assert sorted(rows) == list(range(1000))
    chosen = report.check(report.chosen)
    assert chosen.n_members + chosen.n_nonmembers == 1000
    assert report.score.n == 1000


NUMBERS = ("finding", "p_value", "detectable", "headline", "chosen")


@pytest.mark.parametrize("effort", ["quick", "full"])
def test_the_same_records_in_another_order_give_the_same_report(effort):
    member, nonmember = classifier(150, gain=0.4)
    rng = np.random.default_rng(0)
    group = rng.integers(0, 3, 150), rng.integers(0, 3, 150)
    order = rng.permutation(150), rng.permutation(150)
    mixed = [
        tacit.Outputs(logits=part.logits[rows], label=part.label[rows])
        for part, rows in zip((member, nonmember), order)
    ]
    first = tacit.audit(member=member, nonmember=nonmember, effort=effort, slices={"g": group})
    moved = tuple(values[rows] for values, rows in zip(group, order))
    again = tacit.audit(member=mixed[0], nonmember=mixed[1], effort=effort, slices={"g": moved})
    for name in NUMBERS:
        one, other = getattr(first, name), getattr(again, name)
        same = one == pytest.approx(other, rel=1e-9) if isinstance(one, float) else one == other
        assert same, (name, one, other)
    for name in ("value", "low", "high"):
        assert getattr(first.score, name) == pytest.approx(getattr(again.score, name), rel=1e-9)
    for one, other in zip(first.checks, again.checks):
        assert (one.p_adjusted is None) == (other.p_adjusted is None)
        assert (one.p_adjusted or 0) == pytest.approx(other.p_adjusted or 0, rel=1e-9)


def test_another_seed_gives_the_same_finding_and_the_same_numbers():
    first, again = audited(200, gain=0.4, seed=1), audited(200, gain=0.4, seed=2)
    for name in NUMBERS:
        assert getattr(first, name) == getattr(again, name)


def test_the_same_seed_gives_the_same_report_bit_for_bit():
    assert audited(seed=3).to_json() == audited(seed=3).to_json()
    assert audited(seed=3).to_json() != audited(seed=4).to_json()


def test_a_report_goes_to_json_and_back_unchanged():
    report = audited(records=True)
    again = tacit.Report.from_json(report.to_json())
    assert again.to_json() == report.to_json()
    assert again.score == report.score
    assert again.checks[0].estimates == report.checks[0].estimates


def test_no_record_stands_in_a_report_unless_asked_for():
    plain = json.loads(audited().to_json())
    assert plain["records"] is None
    assert "row" not in json.dumps(plain["figures"])


def drifted(n, *, seen, seed=0):
    """A model fitted elsewhere, judged on members of another population; or one that saw them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2 * n, 4))
    noise = np.where(np.arange(2 * n) < n, 0.05, 0.2)
    label = (x[:, 0] > 0) ^ (rng.random(2 * n) < noise)
    logit = 2 * x[:, 0] + 0.3 * rng.normal(size=2 * n)
    logits = np.stack([-logit, logit], axis=1) / 2
    logits[np.arange(2 * n), label.astype(int)] += seen * (np.arange(2 * n) < n)
    made = [
        tacit.Outputs(logits=logits[part], label=label[part].astype(int))
        for part in (slice(0, n), slice(n, 2 * n))
    ]
    return made, (x[:n], x[n:])


def test_a_leak_that_the_records_explain_is_not_called_one():
    (member, nonmember), features = drifted(600, seen=0.0)
    report = tacit.audit(member=member, nonmember=nonmember, features=features, effort="quick")
    assert report.p_value < 0.001
    assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
    assert "explain" in report.warnings[0]
    told = [check for check in report.checks if check.name.startswith("what the record tells")]
    assert told[0].role == "blind"
    assert told[0].p_value > 0.05


def test_a_split_that_was_drawn_needs_no_comparison_unless_the_blind_guesser_contradicts_it():
    rng = np.random.default_rng(2)
    hardness = rng.normal(size=1000)
    member = np.zeros(1000, bool)
    member[rng.permutation(1000)[:500]] = True
    loss = np.exp(hardness - 0.25 * member)
    sides = {
        "member": tacit.Outputs(loss=loss[member]),
        "nonmember": tacit.Outputs(loss=loss[~member]),
    }
    features = (hardness[member, None], hardness[~member, None])
    report = tacit.audit(**sides, features=features, assignment="fixed_size", effort="quick")
    assert report.p_value <= 0.05
    assert report.finding == "leak"
    (inside, outside), drift = drifted(600, seen=0.0)
    moved = (drift[0] + 1.0, drift[1])
    told = tacit.audit(
        member=inside, nonmember=outside, features=moved, assignment="fixed_size", effort="quick"
    )
    assert told.finding == "inconclusive"


def test_a_loud_leak_beside_the_same_drift_is_called():
    (member, nonmember), features = drifted(600, seen=1.0)
    report = tacit.audit(member=member, nonmember=nonmember, features=features, effort="quick")
    assert report.finding == "leak"


def test_a_leak_under_a_shift_that_the_attack_does_not_see_is_called_with_a_caution():
    member, nonmember = classifier(600, gain=1.5)
    rng = np.random.default_rng(1)
    features = (rng.normal(0.7, 1, (600, 3)), rng.normal(0, 1, (600, 3)))
    report = tacit.audit(member=member, nonmember=nonmember, features=features, effort="quick")
    assert report.finding == "leak"
    assert "giveaway" in report.warnings[0]
    assert next(check for check in report.checks if check.role == "blind").p_value < 0.001


def test_a_shifted_split_without_a_leak_is_no_clean_bill():
    member, nonmember = classifier(1500, gain=0.0)
    rng = np.random.default_rng(1)
    features = (rng.normal(0.7, 1, (1500, 3)), rng.normal(0, 1, (1500, 3)))
    report = tacit.audit(member=member, nonmember=nonmember, features=features, effort="quick")
    assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
    assert "giveaway" in report.warnings[0]


def test_columns_may_hold_texts_and_missing_values():
    member, nonmember = classifier(100, gain=1.5)
    rng = np.random.default_rng(1)
    tables = []
    for _ in range(2):
        table = np.empty((100, 2), object)
        table[:, 0] = rng.choice(["north", "south", None], 100)
        table[:, 1] = rng.normal(size=100)
        table[3, 1] = np.nan
        tables.append(table)
    report = tacit.audit(member=member, nonmember=nonmember, features=tuple(tables), effort="quick")
    assert report.finding == "leak"


@pytest.mark.parametrize("sizes", [(2, 2), (1, 3), (2, 60), (60, 2), (4, 4), (12, 12), (20, 20)])
@pytest.mark.parametrize("clusters", [False, True])
def test_few_records_give_a_report_and_never_an_exception(sizes, clusters):
    (member, _), (_, nonmember) = (classifier(size, gain=0.0) for size in sizes)
    unit = tuple(np.arange(size) // 2 + 100 * side for side, size in enumerate(sizes))
    options = {"cluster": unit} if clusters else {}
    report = tacit.audit(member=member, nonmember=nonmember, **options)
    assert report.finding == "inconclusive"
    assert report.verdict == "inconclusive"
    assert report.unknown
    if sum(sizes) < 6:
        assert any(unknown.needed for unknown in report.unknown)
    tacit.Report.from_json(report.to_json())


def test_a_class_and_a_side_of_its_own_are_no_exception():
    rng = np.random.default_rng(0)
    one = [
        tacit.Outputs(logits=rng.normal(size=(30, 2)), label=np.zeros(30, int)) for _ in range(2)
    ]
    assert tacit.audit(member=one[0], nonmember=one[1]).finding == "inconclusive"


def test_finding_interval_and_corrected_p_values_tell_one_story():
    for seed in range(12):
        report = audited(60, gain=0.5, world=seed)
        corrected = [c.p_adjusted for c in report.checks if c.p_adjusted is not None]
        assert (report.p_value <= 0.05) == (report.score.low > 0)
        assert report.finding == "leak" or report.p_value > 0.05 or report.warnings
        assert report.p_value == pytest.approx(min(corrected))


def test_labels_alone_can_give_the_split_away():
    rng = np.random.default_rng(0)
    parts = []
    for share in (0.8, 0.2):
        label = (rng.random(500) < share).astype(int)
        parts.append(tacit.Outputs(logits=rng.normal(size=(500, 2)), label=label))
    report = tacit.audit(member=parts[0], nonmember=parts[1], effort="quick")
    assert report.warnings
    assert report.finding == "inconclusive"


def test_members_and_others_swapped_by_mistake_are_noticed_and_not_passed():
    rng = np.random.default_rng(0)
    worse, better = (
        tacit.Outputs(loss=rng.exponential(2.0, 500)),
        tacit.Outputs(loss=rng.exponential(1.0, 500)),
    )
    report = tacit.audit(member=worse, nonmember=better)
    assert (report.finding, report.verdict) == ("inconclusive", "inconclusive")
    assert "swapped" in report.warnings[0]


@pytest.mark.slow
def test_a_null_world_is_called_a_leak_at_most_as_often_as_promised(monkeypatch):
    monkeypatch.setattr(
        "tacit.audits.steps.scoring.CHOSEN_METRICS", ()
    )  # they do not enter the p-value
    worlds = 100
    leaks = sum(
        audited(120, gain=0.0, world=seed, seed=seed).finding == "leak" for seed in range(worlds)
    )
    assert leaks <= 12  # P(Binomial(100, 0.05) > 12) = 0.002


def test_learned_attackers_run_and_are_graded_only_on_what_they_did_not_see():
    report = audited(300, gain=0.0, effort="full")
    attacks = [check for check in report.checks if check.role == "attack"]
    learned = [check for check in attacks if "Gradient" in check.attack or "Forest" in check.attack]
    assert len(learned) == 2
    for check in learned:
        assert check.estimate("auc").low < 0.5 < check.estimate("auc").high


def test_slices_that_are_too_small_stay_in_the_report_with_the_reason():
    group = np.array(["common"] * 590 + ["rare"] * 10)
    report = audited(600, slices={"region": (group, group)})
    rare = report.check("region = rare")
    assert "too few records" in rare.reason
    assert report.check("region = common").estimate("auc") is not None
    assert any("slices" in unknown.metric for unknown in report.unknown)


def test_a_leak_in_one_slice_is_found_and_named():
    member, nonmember = classifier(2000, gain=0.0)
    logits = member.logits.copy()
    exposed = np.arange(2000) < 120
    logits[exposed, member.label[exposed]] += 6
    group = np.where(exposed, "exposed", "other")
    other = np.where(np.arange(2000) < 300, "exposed", "other")
    report = tacit.audit(
        member=tacit.Outputs(logits=logits, label=member.label),
        nonmember=nonmember,
        slices={"unit": (group, other)},
        effort="quick",
    )
    worst = report.check("unit = exposed")
    assert worst.p_adjusted < 0.001
    assert report.finding == "leak"


def test_clusters_stay_whole_and_widen_the_interval():
    rng = np.random.default_rng(0)
    user = np.repeat(np.arange(60), 20)
    shared = np.repeat(rng.normal(size=60), 20)
    member = tacit.Outputs(loss=np.exp(-0.4 + shared + 0.2 * rng.normal(size=1200)))
    nonmember = tacit.Outputs(loss=np.exp(np.roll(shared, 20) + 0.2 * rng.normal(size=1200)))
    alone = tacit.audit(member=member, nonmember=nonmember)
    together = tacit.audit(member=member, nonmember=nonmember, cluster=(user, user + 60))
    width = {
        name: r.check(r.chosen).estimate("auc")
        for name, r in (("alone", alone), ("together", together))
    }
    assert width["together"].high - width["together"].low > 1.5 * (
        width["alone"].high - width["alone"].low
    )


def test_clusters_may_hold_members_and_others_and_stay_whole():
    rng = np.random.default_rng(0)
    member, nonmember = (
        tacit.Outputs(loss=rng.exponential(1, 600)),
        tacit.Outputs(loss=rng.exponential(2, 600)),
    )
    user = np.arange(600) % 60
    report = tacit.audit(member=member, nonmember=nonmember, cluster=(user, user), records=True)
    assert report.finding == "leak"
    assert len(report.records["row"]) == 1200


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"seed": -1}, "`seed` needs a whole number"),
        ({"level": 95}, "`level` is a confidence such as 0.95"),
        ({"checks": []}, "at least one Check"),
        (
            {
                "checks": [
                    tacit.Check("a", "loss", Threshold()),
                    tacit.Check("a", "loss", Threshold()),
                ]
            },
            "a name of its own",
        ),
        ({"checks": [tacit.Check("a", "no such signal", Threshold())]}, "no such signal"),
    ],
)
def test_options_that_cannot_be_used_are_named(options, says):
    with pytest.raises(tacit.InvalidInput, match=says):
        audited(50, **options)


def test_a_policy_with_an_unknown_metric_is_an_error_and_not_a_pass():
    policy = Policy("mine", (tacit.AtMost("auk", 0.6),))
    with pytest.raises(tacit.InvalidInput, match="auk"):
        audited(policy=policy)


def test_a_gate_on_what_this_data_cannot_show_is_inconclusive_with_the_reason():
    report = audited(300, policy=Policy("strict", (tacit.AtMost("tpr@fpr=0.0001", 0.01),)))
    assert report.verdict == "inconclusive"
    assert "10,000" in report.verdicts[0].reason


@pytest.mark.parametrize("kind", ["loss", "regression", "binary", "multilabel", "probs"])
def test_every_kind_of_model_can_be_audited(kind):
    rng = np.random.default_rng(0)
    report = tacit.audit(
        member=answers(kind, 3.0, rng), nonmember=answers(kind, 1.0, rng), effort="quick"
    )
    assert report.finding == "leak"


def answers(kind, gain, rng, n=400):
    """Outputs of a made-up model of that kind; a larger `gain` fits better."""
    truth, label, many = rng.normal(size=n), rng.integers(0, 2, n), rng.integers(0, 2, (n, 3))
    if kind == "loss":
        return tacit.Outputs(loss=rng.exponential(1 / gain, n))
    if kind == "regression":
        return tacit.Outputs(prediction=truth + rng.normal(0, 1 / gain, n), truth=truth)
    if kind == "binary":
        return tacit.Outputs(logits=(2 * label - 1) * gain + rng.normal(size=n), label=label)
    if kind == "multilabel":
        return tacit.Outputs(logits=(2 * many - 1) * gain + rng.normal(size=(n, 3)), label=many)
    return tacit.Outputs(probs=_softmax(rng.normal(size=(n, 2)), label, gain), label=label)


def _softmax(logits, label, gain):
    logits = logits.copy()
    logits[np.arange(len(label)), label] += gain
    share = np.exp(logits)
    return share / share.sum(axis=1, keepdims=True)


def test_lengths_that_differ_are_named():
    member, nonmember = classifier(100, gain=0.0)
    with pytest.raises(tacit.InvalidInput, match="`features` needs 100 rows for the non-members"):
        tacit.audit(
            member=member, nonmember=nonmember, features=(np.zeros((100, 2)), np.zeros((99, 2)))
        )
    with pytest.raises(tacit.InvalidInput, match="same records"):
        membership_audit(member, Membership(np.ones(3, bool)))


def test_one_sided_membership_is_not_enough_data():
    member, _ = classifier(50, gain=0.0)
    report = membership_audit(member, Membership(np.ones(50, bool)))
    assert report.finding == "inconclusive"
    assert "non-members" in report.unknown[0].reason
    with pytest.raises(NotEnoughData, match="no non-members"):
        tacit.collect(
            tacit.attacks.Threshold(), tacit.Signals.of(np.zeros(50)), Membership(np.ones(50, bool))
        )


def test_learned_attackers_alone_over_clusters_make_a_report():
    member, nonmember = classifier(150, gain=2.0)
    user = np.arange(150) // 3
    checks = [tacit.Check("learned", "scaled_logit", tacit.attacks.LogisticRegression())]
    report = tacit.audit(
        member=member, nonmember=nonmember, cluster=(user, user + 50), checks=checks
    )
    assert report.finding == "leak"
    assert report.score.low > 0
    assert report.check("learned").p_adjusted == pytest.approx(report.p_value)


@pytest.mark.parametrize("seed", range(6))
def test_a_few_records_pass_no_limit_that_they_could_not_have_shown(seed):
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 3, 120)
    logits = rng.normal(size=(120, 3))
    logits[np.arange(120), label] += 1
    sides = [tacit.Outputs(logits=logits[i : i + 60], label=label[i : i + 60]) for i in (0, 60)]
    report = tacit.audit(
        member=sides[0], nonmember=sides[1], policy={"advantage": 0.15}, effort="quick"
    )
    assert report.detectable > 0.15
    assert report.verdict == "inconclusive"
