"""Records scored by Apache Beam, audited from shards of losses."""

from functools import partial

import numpy as np
import pytest

from tacit import InvalidInput, Outputs

pytestmark = [pytest.mark.framework, pytest.mark.filterwarnings("ignore")]
beam = pytest.importorskip("apache_beam")

from tacit.integrations.beam import ScoreShards, shards  # noqa: E402
from tacit.integrations.pipeline import privacy_test  # noqa: E402

POLICY = {"at_most": {"advantage": 0.2}}


def loaded(shift):
    """A "model": inputs are logits, and members are known to it by how sure it is."""
    return partial(surer, shift=shift)


def surer(inputs, shift):
    return np.asarray(inputs) * shift


def records(n, seed):
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 3, n)
    logits = rng.normal(size=(n, 3))
    logits[np.arange(n), label] += 1.0
    return [(row.tolist(), int(c)) for row, c in zip(logits, label)]


def scored(side, folder, shift, **options):
    with beam.Pipeline(runner="DirectRunner") as pipeline:
        pairs = pipeline | beam.Create(side)
        _ = pairs | ScoreShards(partial(loaded, shift), folder, **options)
    return shards(folder)


@pytest.mark.parametrize(("shift", "verdict"), [(3.0, "fail"), (1.0, "pass")])
def test_shards_of_losses_give_the_verdict(tmp_path, shift, verdict):
    member = scored(records(2500, 0), tmp_path / "member", shift)
    nonmember = scored(records(2500, 1), tmp_path / "nonmember", 1.0)
    tested = privacy_test(None, member, nonmember, POLICY, effort="quick")
    assert tested.verdict == verdict
    assert tested.report.environment["n_members"] == 2500


def test_what_beam_scored_is_what_a_model_answers(tmp_path):
    side = records(40, 2)
    paths = scored(side, tmp_path, 2.0, batch=7)
    with np.load(paths[0], allow_pickle=False) as held:
        assert sorted(held) == ["label", "loss"]
    found = np.sort(np.concatenate([np.load(path)["loss"] for path in paths]))
    logits = 2.0 * np.array([row for row, _ in side])
    label = np.array([c for _, c in side])
    direct = -np.log(np.exp(logits)[np.arange(40), label] / np.exp(logits).sum(1))
    assert found == pytest.approx(np.sort(direct), abs=1e-6)
    assert Outputs(logits=logits, label=label).n == len(found)


def test_a_second_try_writes_the_same_file(tmp_path):
    first = scored(records(30, 3), tmp_path, 1.0)
    assert scored(records(30, 3), tmp_path, 1.0) == first


def test_an_empty_folder_and_a_wrong_model_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match="no shards"):
        shards(tmp_path)
    with pytest.raises(InvalidInput, match="`load`"):
        ScoreShards(3, tmp_path)
    with pytest.raises(InvalidInput, match="`batch`"):
        ScoreShards(loaded, tmp_path, batch=0)
