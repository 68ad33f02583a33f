"""Signals in files: what was saved comes back, and nothing is unpickled."""

import numpy as np
import pytest

from tacit.core import InvalidInput, Signals
from tacit.testing import ShadowGaussian


@pytest.fixture
def signals():
    drawn = ShadowGaussian(n_shadows=4).draw(30, seed=0).signals
    return drawn.told(np.r_[1, 0, np.full(28, -1)])


def test_signals_come_back_as_they_were_saved(signals, tmp_path):
    again = Signals.load(signals.save(tmp_path / "signals.npz"))
    for name in ("target", "shadow", "shadow_member", "known", "features", "group"):
        assert np.array_equal(getattr(again, name), getattr(signals, name))
        assert getattr(again, name).dtype == getattr(signals, name).dtype
    assert (again.statistic, again.scale) == (signals.statistic, signals.scale)


def test_a_file_of_shadow_models_needs_a_target(signals, tmp_path):
    file = tmp_path / "shadows.npz"
    np.savez(
        file,
        shadow=signals.shadow,
        shadow_member=signals.shadow_member,
        accuracy=np.ones((4, 2)),
        statistic=np.array("scaled_logit"),
    )
    with pytest.raises(InvalidInput, match="give its signals as `target`"):
        Signals.load(file)
    whole = Signals.load(file, target=signals.target)
    assert whole.n_shadows == 4
    assert whole.scale == "logit"


def test_a_file_that_holds_none_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", a=np.ones(3))
    with pytest.raises(InvalidInput, match="needs `target` or `shadow`"):
        Signals.load(tmp_path / "other.npz")
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(InvalidInput, match="cannot be read"):
        Signals.load(tmp_path / "broken.npz")
    with pytest.raises(InvalidInput, match="cannot be read"):
        Signals.load(tmp_path / "none.npz")
    with pytest.raises(InvalidInput, match="name that ends in"):
        Signals.load(tmp_path / "signals.pkl")


def test_a_pickle_in_a_file_is_never_opened(tmp_path):
    np.savez(tmp_path / "evil.npz", target=np.array([print], dtype=object))
    with pytest.raises(InvalidInput, match="is a pickled object"):
        Signals.load(tmp_path / "evil.npz")
