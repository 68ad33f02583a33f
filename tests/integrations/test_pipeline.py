"""One privacy test for every pipeline: what it takes, writes, and says of too little data."""

import json

import numpy as np
import pytest

from tacit import InvalidInput, Outputs, Policy, Report
from tacit.integrations.pipeline import privacy_test

LOOSE = {"at_most": {"advantage": 0.2}}


def sides(scale, n=1500, seed=0):
    rng = np.random.default_rng(seed)
    return rng.exponential(scale, n), rng.exponential(1.0, n)


def outputs(scale, n=1500):
    return tuple(Outputs(loss=loss) for loss in sides(scale, n))


def logits(n, gain, seed):
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 3, n)
    found = rng.normal(size=(n, 3))
    found[np.arange(n), label] += gain
    return {"logits": found, "label": label, "slice_region": np.array(["n", "s"])[label % 2]}


@pytest.mark.parametrize(("scale", "verdict"), [(1.0, "pass"), (0.3, "fail")])
def test_a_model_passes_or_fails_under_the_policy(scale, verdict):
    found = privacy_test(None, *outputs(scale), LOOSE, effort="quick", title="m")
    assert found.verdict == verdict
    assert found.passed == (verdict == "pass")
    assert found.report.title == "m"
    numbers = found.metrics()
    assert numbers["vulnerability_low"] <= numbers["vulnerability"] <= numbers["vulnerability_high"]
    assert all(np.isfinite(list(numbers.values())))


def test_too_little_data_is_a_verdict_and_no_error():
    found = privacy_test(None, *outputs(0.1, n=3), LOOSE)
    assert found.verdict == "inconclusive"
    assert not found.passed
    assert found.metrics()["vulnerability_high"] > 0.5


def test_files_are_written_in_the_format_asked_for_whatever_their_names(tmp_path):
    paths = {name: tmp_path / f"artifact_{name}" for name in ("json", "html", "markdown", "sarif")}
    found = privacy_test(None, *outputs(0.3), LOOSE, write=paths, effort="quick")
    assert Report.from_json(paths["json"].read_text(encoding="utf8")).headline == (
        found.report.headline
    )
    assert paths["html"].read_text(encoding="utf8").startswith("<!doctype html>")
    assert json.loads(paths["sarif"].read_text(encoding="utf8"))["version"] == "2.1.0"
    assert dict(found.files) == paths
    with pytest.raises(InvalidInput, match="no format 'pdf'; there are text"):
        privacy_test(None, *outputs(0.3), LOOSE, write={"pdf": "x"})


def test_a_model_is_audited_on_its_data():
    from sklearn.tree import DecisionTreeClassifier

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(800, 3)), rng.integers(0, 2, 800)
    model = DecisionTreeClassifier(random_state=0).fit(x[:400], y[:400])
    found = privacy_test(model, (x[:400], y[:400]), (x[400:], y[400:]), LOOSE, effort="quick")
    assert found.verdict == "fail"
    assert found.report.title == "DecisionTreeClassifier"


@pytest.mark.parametrize("kind", ["npz", "csv"])
def test_files_without_a_suffix_are_told_by_their_first_bytes(kind, tmp_path):
    paths = []
    for side, loss in zip(("members", "others"), sides(0.3)):
        path = tmp_path / side
        if kind == "npz":
            with open(path, "wb") as file:
                np.savez(file, loss=loss)
        else:
            path.write_text("loss\n" + "\n".join(map(str, loss)) + "\n", encoding="utf8")
        paths.append(path)
    assert privacy_test(None, *paths, LOOSE, effort="quick").verdict == "fail"


def test_one_file_with_a_member_column(tmp_path):
    inside, outside = sides(0.3)
    member = np.repeat([1, 0], len(inside))
    np.savez(tmp_path / "all.npz", loss=np.r_[inside, outside], member=member)
    assert privacy_test(tmp_path / "all.npz", policy=LOOSE, effort="quick").verdict == "fail"


def test_shards_are_read_one_after_the_other(tmp_path):
    whole = {"m": logits(900, 2.0, 0), "n": logits(600, 1.0, 1)}
    shards = {}
    for name, parts in (("m", 3), ("n", 2)):
        shards[name] = []
        for place in range(parts):
            rows = slice(place * 300, (place + 1) * 300)
            path = tmp_path / f"{name}-{place}.npz"
            np.savez(path, **{key: value[rows] for key, value in whole[name].items()})
            shards[name].append(path)
        np.savez(tmp_path / f"{name}.npz", **whole[name])
    apart = privacy_test(None, shards["m"], shards["n"], LOOSE, effort="quick").report
    together = privacy_test(None, tmp_path / "m.npz", tmp_path / "n.npz", LOOSE, effort="quick")
    assert apart.to_json() == together.report.to_json()
    assert any("region" in check.name for check in apart.checks)
    reduced = privacy_test(None, shards["m"], shards["n"], LOOSE, effort="quick", reduce=True)
    assert reduced.report.score is not None
    assert any("region" in check.name for check in reduced.report.checks)
    assert len(reduced.report.checks) < len(apart.checks)


def test_a_policy_comes_as_a_value_a_file_or_a_mapping(tmp_path):
    pair = outputs(0.8)
    path = tmp_path / "p.toml"
    path.write_text("[policy]\nname = 'p'\n[policy.at_most]\nadvantage = 0.2\n", encoding="utf8")
    value = Policy.from_toml(path)
    named = [
        privacy_test(None, *pair, policy, effort="quick").report.verdicts
        for policy in (value, path, str(path), LOOSE)
    ]
    assert len({str(verdicts) for verdicts in named}) == 1
    assert privacy_test(None, *pair, {}, effort="quick").report.policy == "default"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((None, None, None), "`train` needs Outputs or files"),
        ((None, (1, 2), (1, 2)), "Pass the model first"),
        (("one.npz", "two.npz", None), "leave out `train` and `test`"),
        ((None, "missing.npz", "missing.npz"), "does not exist"),
        ((None, [], ["x.npz"]), "at least one file each"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, says):
    with pytest.raises(InvalidInput, match=says):
        privacy_test(*arguments)


def test_the_report_files_tell_nobodys_membership(tmp_path):
    found = privacy_test(None, *outputs(0.3), LOOSE, write={"json": tmp_path / "r"}, effort="quick")
    assert found.report.records is None
    assert json.loads((tmp_path / "r").read_text(encoding="utf8"))["records"] is None
