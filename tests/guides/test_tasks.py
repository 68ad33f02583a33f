"""Every road of the table of tasks runs as it stands, and finds what there is to find."""

import re
from pathlib import Path

import numpy as np
import pytest

import tacit
from tacit.core import Outputs

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
TEXT = (GUIDES / "tasks.md").read_text(encoding="utf8")
SECTIONS = {part.splitlines()[0]: part for part in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]}
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
SLOW = ("Embeddings", "Diffusion")  # they train a network for seconds
# Another answer key, dealt after training by the road's own unit: there is nothing to find then.
DEALT = {
    "Labels only": "half = rng.permutation(len(y)) < len(y) // 2",
    "Regression": "half = np.random.default_rng(1).permutation(len(y)) < len(y) // 2",
    "Multi-label": "half = rng.permutation(len(y)) < len(y) // 2",
    "Segmentation and detection": "trained = np.isin(patient, rng.permutation(200)[:100])",
    "Token classification": "trained = np.isin(document, rng.permutation(200)[:100])",
    "Sequence to sequence": "trained = rng.permutation(600) < 300",
    "Recommenders": "trained = rng.permutation(600) < 300",
    "Forecasting": "trained = np.isin(meter, rng.permutation(80)[:40])",
    "Embeddings": "trained = rng.permutation(800) < 150",
    "Nodes of a graph": "coin = rng.random(800) < 0.5",
    "Diffusion": "trained = rng.permutation(400) < 120",
}
# Where the road fits its model anew at each question: a model that knows nothing of single records.
HONEST = {
    "Survival": (".argsort(axis=1)[:, :10]", ".argsort(axis=1)"),
    "Densities, clusterings, anomaly detectors": (
        "model.fit(x[half]), train=x[half]",
        "model.fit(x[half][::2]), train=x[half][1::2]",
    ),
}


def anchor(heading):
    return re.sub(r"[^a-z -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize(
    "heading",
    [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in SECTIONS],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_road_finds_a_leak_and_none_where_there_is_none(heading, capsys):
    (block,) = BLOCK.findall(SECTIONS[heading])
    names = {}
    exec(compile(block, heading, "exec"), names)
    said = capsys.readouterr().out.split()
    (expected,) = re.findall(r"print\(report\.finding\)  # (.*)", block)
    assert names["report"].finding == expected
    assert said[-1] == expected
    if heading in DEALT:
        tail = block[block.index("report = tacit.") :]
        exec(compile(f"{DEALT[heading]}\n{tail}", heading, "exec"), names)
    else:
        assert HONEST[heading][0] in block
        exec(compile(block.replace(*HONEST[heading]), heading, "exec"), names)
    assert not re.search(r"(^|: )leak$", capsys.readouterr().out, re.MULTILINE)
    assert names["report"].finding in ("no leak found", "inconclusive")
    assert names["report"].attributable


def test_every_row_of_the_table_leads_to_a_road():
    table = [line for line in TEXT.splitlines() if line.startswith("| ")][1:]
    anchors = re.findall(r"\]\(#([a-z-]+)\)", "\n".join(table))
    assert set(anchors) == {anchor(heading) for heading in SECTIONS}
    assert all("](" in line for line in table)


def meters(seed):
    """Members and others alike: a forecast of "as yesterday" that was trained on nothing."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(80, 60)) * rng.lognormal(0, 0.8, (80, 1))
    series = steps.cumsum(axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(series, 9, axis=1).reshape(-1, 9)
    meter = np.repeat(np.arange(80), 52)
    return windows, meter, meter % 2 == 0


def test_overlapping_windows_accuse_a_model_that_knows_nothing_unless_series_are_named():
    alarms = {"without": 0, "with": 0}
    for seed in range(20):
        windows, meter, trained = meters(seed)
        sides = [
            Outputs(prediction=windows[rows, 7], truth=windows[rows, 8])
            for rows in (trained, ~trained)
        ]
        for name, cluster in (("without", None), ("with", (meter[trained], meter[~trained]))):
            report = tacit.audit(
                member=sides[0], nonmember=sides[1], cluster=cluster, effort="quick"
            )
            alarms[name] += report.p_value <= 0.05
    assert alarms["without"] >= 3  # 1 of 20 is what the level allows
    assert alarms["with"] <= 1


@pytest.mark.slow
def test_nodes_of_cora_are_audited_by_coins(shared):
    from sklearn.linear_model import LogisticRegression

    with np.load(shared / "data" / "cora.npz", allow_pickle=False) as file:
        words = np.unpackbits(file["features"], axis=1)[:, : int(file["n_features"])].astype(float)
        label, edges = file["labels"].astype(int), file["edges"]
    graph = np.eye(len(label))
    graph[edges[:, 0], edges[:, 1]] = graph[edges[:, 1], edges[:, 0]] = 1
    degree = graph.sum(axis=1)
    smooth = graph / np.sqrt(np.outer(degree, degree))
    x = smooth @ (smooth @ words)

    def audited(coin, model):
        answers = Outputs(probs=model.predict_proba(x), label=label)
        return tacit.audit(
            member=answers.take(coin),
            nonmember=answers.take(~coin),
            assignment="coin",
            effort="quick",
        )

    rng = np.random.default_rng(0)
    coin = rng.random(len(label)) < 0.5
    model = LogisticRegression(C=100, max_iter=500).fit(x[coin], label[coin])
    assert audited(coin, model).finding == "leak"
    # other coins, which the model has never seen: a randomisation test with nothing to find
    p_values = [audited(rng.random(len(label)) < 0.5, model).p_value for _ in range(20)]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.15


def test_models_without_labels_say_what_they_were_taken_for():
    from sklearn.cluster import DBSCAN, KMeans
    from sklearn.ensemble import IsolationForest
    from sklearn.mixture import GaussianMixture
    from sklearn.neighbors import LocalOutlierFactor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from tacit.adapters import adapter_of, outputs_of
    from tacit.adapters.density import read_as

    x = np.random.default_rng(0).normal(size=(60, 3))
    taken = {
        "density model": make_pipeline(
            StandardScaler(), GaussianMixture(n_components=2, random_state=0)
        ),
        "clustering": KMeans(n_clusters=3, n_init=1, random_state=0),
        "anomaly detector": IsolationForest(n_estimators=10, random_state=0),
    }
    for what, model in taken.items():
        model.fit(x)
        assert adapter_of(model) == "density"
        assert read_as(model).startswith(what)
        answer = outputs_of(model, x)
        assert answer.task == "loss"
    mixture = taken["density model"]
    np.testing.assert_allclose(outputs_of(mixture, x).loss, -mixture.score_samples(x))
    np.testing.assert_allclose(
        outputs_of(taken["clustering"], x).loss, taken["clustering"].transform(x).min(axis=1)
    )
    with pytest.raises(tacit.InvalidInput, match="not fitted on"):
        outputs_of(DBSCAN().fit(x), x)
    with pytest.raises(tacit.InvalidInput, match="novelty=True"):
        outputs_of(LocalOutlierFactor(n_neighbors=5).fit(x), x)
    with pytest.raises(tacit.InvalidInput, match="read by its loss"):
        outputs_of(mixture, x, kind="probs")
