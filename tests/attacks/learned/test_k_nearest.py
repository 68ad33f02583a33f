"""The share of members among the nearest, counted by hand."""

import numpy as np

from tacit.attacks.learned.k_nearest import Neighbours


def test_the_nearest_ten_on_a_line_are_counted_and_ties_too():
    """Members at 0 to 9, others at 10 to 19; ten neighbours at least."""
    known = np.arange(20.0)[:, None]
    model = Neighbours(0.02).fit(known, np.arange(20) < 10)
    # at 4.5: 0 to 9. At 9.5: 5 to 14. At 9: 5 to 13 and, equally far, 4 and 14
    share = model.predict_proba(np.array([[4.5], [9.5], [9.0]]))
    np.testing.assert_allclose(share[:, 1], [1.0, 5 / 10, 6 / 11], rtol=1e-6)
    np.testing.assert_allclose(share.sum(axis=1), 1.0)


def test_a_share_of_many_known_records_is_near():
    known = np.arange(1000.0)[:, None]
    model = Neighbours(0.1).fit(known, np.arange(1000) % 4 == 0)
    assert model.n_near == 100
    # of 450 to 549, those that four divides
    np.testing.assert_allclose(model.predict_proba(np.array([[499.5]]))[0, 1], 25 / 100)
