"""The audit with shadow models: chosen on shadow targets, intervals between models, and a warning
where they do not fit.
"""

from dataclasses import replace

import numpy as np
import pytest

from tacit.attacks import BASE, EBLiRA, LiRA
from tacit.audits.shadow import played_by, shadow_audit
from tacit.audits.steps.resemblance import ks_distance, resemblance
from tacit.audits.steps.shadow_targets import between_models, shadow_evidence, vulnerability
from tacit.core import InvalidInput, Membership, NotEnoughData, Report, Signals
from tacit.testing import ShadowGaussian

CHEAP = (BASE(), EBLiRA(), LiRA())


@pytest.fixture(scope="module")
def game():
    return ShadowGaussian(n_shadows=8, shift=1.5).draw(1500, seed=1)


@pytest.fixture(scope="module")
def report(game):
    return shadow_audit(game.signals, game.membership, attacks=CHEAP, level=0.95)


def test_a_leak_is_found_and_the_report_travels_as_json(report):
    assert report.finding == "leak"
    assert report.chosen in {"BASE", "EBLiRA", "LiRA"}
    assert report.check(report.chosen).estimate("auc").low > 0.6
    assert Report.from_json(report.to_json()).to_json() == report.to_json()
    assert report.records is None


def test_the_report_says_how_many_shadow_models_and_what_fewer_would_say(report):
    control = report.check("shadow models as targets")
    assert control.role == "control"
    assert "8 shadow models were used (4 independent draws of records)" in control.remarks
    assert any(
        "the finding is the same from" in note or "fewer would have changed" in note
        for note in control.remarks
    )
    assert report.environment["n_shadows"] == 8


def test_the_attack_is_chosen_on_shadow_targets_whatever_the_truth_of_the_audited_model(game):
    wrong = Membership(~game.membership.member, assignment="coin")
    names = [
        max(
            played_by(CHEAP, game.signals, truth, level=0.95, tell=lambda *_: None),
            key=lambda item: item.promise,
        ).name
        for truth in (game.membership, wrong)
    ]
    assert names[0] == names[1]


def test_no_leak_is_not_called_one():
    findings = []
    for seed in range(8):
        silent = ShadowGaussian(n_shadows=4, shift=1e-9).draw(400, seed=seed)
        findings.append(
            shadow_audit(silent.signals, silent.membership, attacks=(BASE(), LiRA())).finding
        )
    assert findings.count("leak") <= 2


def test_the_interval_between_models_holds_the_mean_of_new_models():
    """Each world: 10 targets with coins; the truth is the mean AUC over many other worlds of the
    same game.
    """
    held, values = [], []
    for seed in range(40):
        world = ShadowGaussian(n_shadows=10, shift=1.0, antithetic=False).draw(200, seed=seed)
        estimate = between_models(shadow_evidence(BASE(), world.signals), "auc")
        held.append((estimate.low, estimate.high))
        values.append(estimate.value)
    truth = np.mean(values)
    inside = np.mean([low <= truth <= high for low, high in held])
    assert inside > 0.75, f"only {inside:.2f}"


def test_one_target_has_no_interval(game):
    evidence = shadow_evidence(BASE(), game.signals)
    with pytest.raises(NotEnoughData, match="needs 2 targets that are not mates, got 1"):
        between_models(evidence[:2], "auc")
    assert between_models(evidence, "auc").n == 4, "mates count once"


def test_vulnerable_records_are_those_that_move_most(game):
    gain = np.zeros(game.signals.n)
    shadow, member = game.signals.shadow[:, :, 0], game.signals.shadow_member
    for i in range(game.signals.n):
        gain[i] = shadow[member[:, i], i].mean() - shadow[~member[:, i], i].mean()
    exposed = vulnerability(shadow_evidence(EBLiRA(), game.signals))
    value = np.array(exposed["vulnerability"], float)
    assert (
        value[gain > np.quantile(gain, 0.9)].mean()
        > value[gain < np.quantile(gain, 0.5)].mean() + 0.15
    )
    assert (np.array(exposed["low"]) <= value).all()
    assert (np.array(exposed["high"]) >= value).all()


def test_records_are_kept_only_when_asked_for(game):
    asked = shadow_audit(game.signals, game.membership, attacks=(BASE(),), records=True)
    assert len(asked.records["vulnerability"]) == game.signals.n


def test_shadow_models_that_do_not_fit_are_a_warning(game):
    assert resemblance(game.signals, game.membership.member).warnings == ()
    moved = replace(game.signals, target=game.signals.target + 3.0)
    text = resemblance(
        moved, game.membership.member, accuracy=0.7, shadow_accuracy=[0.9, 0.91, 0.9]
    ).warnings
    assert "do not resemble the audited model" in text[0]
    assert "accuracy on non-members is 0.700" in text[1]
    assert shadow_audit(moved, game.membership, attacks=(BASE(),)).warnings


def test_ks_distance_by_hand():
    assert ks_distance(np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.0, 4.0, 5.0, 6.0])) == 0.5
    assert ks_distance(np.array([1.0, 2.0]), np.array([1.0, 2.0])) == 0.0


def test_classes_are_slices(game):
    grouped = replace(game.signals, group=np.arange(game.signals.n) % 2)
    report = shadow_audit(
        grouped,
        game.membership,
        attacks=(BASE(),),
        slices={"half": np.arange(game.signals.n) < 700},
    )
    assert {check.slice for check in report.checks if check.role == "slice"} == {"class", "half"}


def test_signals_and_membership_of_different_length_are_refused(game):
    with pytest.raises(InvalidInput, match="same records"):
        shadow_audit(game.signals, game.membership.take(np.arange(5)))


def few(game, models=None, records=None, truth=None, cluster=None):
    """The game with fewer models or records, or another answer key."""
    rows = np.arange(game.signals.n if records is None else records)
    signals = game.signals.take(rows)
    if models is not None:
        signals = replace(
            signals,
            shadow=signals.shadow[:models],
            shadow_member=signals.shadow_member[:models],
        )
    member = game.membership.member[rows] if truth is None else np.full(len(rows), truth)
    return signals, Membership(member, None if cluster is None else np.zeros(len(rows)))


@pytest.mark.parametrize(
    ("less", "says"),
    [
        ({"models": 0}, "got 0 (0 models"),
        ({"models": 2}, "got 1 (2 models; a pair trained on opposite halves counts once)"),
        ({"records": 1}, "do not give each other away, got 1"),
        ({"records": 30, "truth": True}, "got no non-members (30 members)"),
        ({"records": 30, "truth": False}, "got no members (30 non-members)"),
        ({"cluster": 0}, "needs 5 clusters"),
    ],
    ids=["no model", "one pair", "one record", "members only", "others only", "one cluster"],
)
def test_too_little_for_shadow_models_is_an_inconclusive_report(game, less, says):
    report = shadow_audit(*few(game, **less), attacks=(BASE(),), title="small")
    assert report.verdict == report.finding == "inconclusive"
    assert report.headline.startswith("Inconclusive: ")
    assert says in report.headline
    assert report.unknown[0].needed > report.unknown[0].got
    assert {verdict.outcome for verdict in report.verdicts} == {"inconclusive"}
    assert (report.title, report.environment["level"]) == ("small", 0.95)


def test_few_records_are_no_reason_to_doubt_shadow_models_of_the_same_population():
    doubted = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        inside = np.repeat(rng.random((2, 300)) < 0.5, 2, axis=0)
        inside[1::2] = ~inside[1::2]
        z = rng.normal(size=300) + 0.5 * rng.normal(size=(5, 300))
        signals = Signals.of(z[0], shadow=z[1:] + inside, shadow_member=inside)
        member = rng.permutation(300) < 150
        doubted += bool(resemblance(signals, member).warnings)
    assert doubted <= 2
