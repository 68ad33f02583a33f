"""Records scored by Apache Beam, audited from shards of losses."""

from functools import partial

import numpy as np
import pytest

from tacit import InvalidInput

pytestmark = [pytest.mark.framework, pytest.mark.filterwarnings("ignore")]
beam = pytest.importorskip("apache_beam")

from tacit.integrations.beam import ScoreShards, scored  # noqa: E402
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


def through_beam(side, folder, shift, **options):
    with beam.Pipeline(runner="DirectRunner") as pipeline:
        pairs = pipeline | beam.Create(side)
        load = options.pop("load", partial(loaded, shift))
        _ = pairs | ScoreShards(load, folder, **({"kind": "logits"} | options))
    return scored(folder)


@pytest.mark.parametrize(("shift", "verdict"), [(3.0, "fail"), (1.0, "pass")])
def test_shards_of_losses_give_the_verdict(tmp_path, shift, verdict):
    member = through_beam(records(2500, 0), tmp_path / "member", shift)
    nonmember = through_beam(records(2500, 1), tmp_path / "nonmember", 1.0)
    tested = privacy_test(None, member, nonmember, POLICY, effort="quick")
    assert tested.verdict == verdict
    assert tested.report.environment["n_members"] == 2500


def test_what_beam_scored_is_what_a_model_answers(tmp_path):
    side = records(40, 2)
    found = through_beam(side, tmp_path, 2.0, batch=7)
    for path in tmp_path.glob("*.npz"):
        with np.load(path, allow_pickle=False) as held:
            assert sorted(held) == ["label", "loss"]
    logits = 2.0 * np.array([row for row, _ in side])
    label = np.array([c for _, c in side])
    direct = -np.log(np.exp(logits)[np.arange(40), label] / np.exp(logits).sum(1))
    assert np.sort(found.loss) == pytest.approx(np.sort(direct), abs=1e-6)
    assert sorted(found.label) == sorted(label)


def test_shards_of_the_same_losses_are_all_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("tacit.integrations.beam.SHARD", 10)
    assert through_beam([([2.0, 0.0, 0.0], 0)] * 100, tmp_path, 1.0, batch=10).n == 100


def test_a_shard_of_an_attempt_that_failed_is_not_read(tmp_path):
    through_beam(records(30, 3), tmp_path, 1.0)
    (kept,) = tmp_path.glob("shard-*.npz")
    (tmp_path / "shard-left-over.npz").write_bytes(kept.read_bytes())
    assert scored(tmp_path).n == 30


def test_one_number_a_record_is_read_as_it_was_said_to_be(tmp_path):
    # a last batch of few logits between 0 and 1 looks like probabilities
    side = [([z], 1) for z in (-3.0, 2.0, 0.25)]
    found = through_beam(side, tmp_path, 1.0, batch=2)
    assert np.sort(found.loss) == pytest.approx(np.log1p(np.exp([-2.0, -0.25, 3.0])), abs=1e-6)


def test_a_model_that_answers_at_random_is_noticed(tmp_path):
    def load():
        rng = np.random.default_rng(0)
        return lambda inputs: rng.normal(size=(len(inputs), 3))

    with pytest.raises(Exception, match="differently when asked twice"):
        through_beam(records(30, 3), tmp_path, 1.0, load=load)


def test_an_empty_folder_and_a_wrong_model_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match="no list of scored shards"):
        scored(tmp_path)
    with pytest.raises(InvalidInput, match="at least one scored record"):
        through_beam([], tmp_path, 1.0)
    with pytest.raises(InvalidInput, match="`load`"):
        ScoreShards(3, tmp_path, kind="logits")
    with pytest.raises(InvalidInput, match="`kind` needs one of logits"):
        ScoreShards(loaded, tmp_path, kind="auto")
    with pytest.raises(InvalidInput, match="`batch`"):
        ScoreShards(loaded, tmp_path, kind="logits", batch=0)
