"""Extraction beside its control and the references, and how exposed planted secrets are."""

import numpy as np
import pytest

from tacit.audits.steps.text_extraction import PlantedTexts, canary_results, extraction_results
from tacit.audits.steps.text_game import Suffixes, TextGame
from tacit.core import InvalidInput, Membership, Tokens

MEMBER = np.arange(40) < 20


def game(log_p, *, cluster=None, references=None, **options):
    tokens = Tokens(logp=-np.ones(40 * 4), start=np.arange(0, 161, 4), digest="words")
    suffixes = None if log_p is None else Suffixes(np.asarray(log_p, float), **options)
    membership = Membership(MEMBER, cluster)
    return TextGame(tokens, membership, None, references or {}, None, suffixes, {})


def named(results):
    return {check.name.partition(" (")[0]: check.estimates[0] for check in results}


def test_what_a_reference_says_anyway_is_not_counted_as_learned():
    log_p = np.full(40, -50.0)
    log_p[:8] = -1.0
    prior = np.full(40, -50.0)
    prior[:3], prior[39] = -2.0, np.nan
    found = named(extraction_results(game(log_p, prior=prior), level=0.95)[0])
    assert found["extraction of members"].value == pytest.approx(8 / 20)
    assert found["extraction of the control"].value == 0
    assert found["extraction beyond the control"].value == pytest.approx(8 / 20)
    assert found["extraction beyond control and references"].value == pytest.approx(5 / 20)
    alone = named(extraction_results(game(log_p), level=0.95)[0])
    assert "extraction beyond control and references" not in alone


def test_references_with_the_same_tokenizer_give_the_prior():
    logp = np.full((40, 4), -1.0)
    logp[:, 2:] = -30.0
    quiet = Tokens(logp=logp.ravel(), start=np.arange(0, 161, 4), digest="words")
    known = quiet.take(np.arange(40))
    other = Tokens(logp=logp.ravel(), start=np.arange(0, 161, 4), digest="other")
    asked = {"prefix": 2, "suffix": 2}
    own = Suffixes.of(game(None).tokens, **asked).log_p
    found = named(
        extraction_results(game(own, **asked, references={"a": known, "b": other}), level=0.95)[0]
    )
    assert found["extraction of members"].value == 1
    assert found["extraction beyond control and references"].value == 0
    assert "extraction beyond control and references" in found
    without = named(extraction_results(game(own, **asked, references={"b": other}), level=0.95)[0])
    assert "extraction beyond control and references" not in without


def test_texts_of_one_user_are_not_counted_as_independent():
    log_p = np.where(np.arange(40) < 10, -1.0, -50.0)
    users = np.arange(40) // 5
    one = named(extraction_results(game(log_p), level=0.95)[0])
    many = named(extraction_results(game(log_p, cluster=users), level=0.95)[0])
    for name, estimate in one.items():
        assert many[name].value == estimate.value
        assert many[name].high - many[name].low > estimate.high - estimate.low, name
        assert "clusters are independent" in many[name].assumes
    assert many["extraction beyond the control"].p_value > 0.05
    assert one["extraction beyond the control"].p_value < 0.05


def test_texts_that_are_left_out_take_their_suffixes_along():
    prior = np.arange(40) - 50.0
    kept = game(np.full(40, -1.0), prior=prior).take(np.arange(40) % 2 == 0)
    assert kept.suffixes.prior.tolist() == prior[::2].tolist()
    with pytest.raises(InvalidInput, match="`log_p` and `prior` need one length"):
        Suffixes(np.zeros(3), prior=np.zeros(2))


def test_the_most_exposed_secret_pays_for_having_been_chosen():
    rng = np.random.default_rng(0)
    coin = np.arange(40) < 20
    score = np.where(coin, 0.0, rng.normal(0, 1, 40))
    score[0] = 0.9
    area, most = canary_results(PlantedTexts(score, coin, "base"), level=0.95)
    assert area.n_members == area.n_nonmembers == 20
    assert area.statistic == "log-probability less that of base"
    exposed = most.estimates[0]
    above = int((score[20:] >= 0.9).sum())
    assert exposed.value == pytest.approx(np.log2(21 / (above + 1)))
    one = canary_results(PlantedTexts(score[[0, *range(20, 40)]], coin[19:]), level=0.95)
    assert exposed.low < one[1].estimates[0].low, "one secret of twenty has a wider interval"
    assert exposed.level == 0.95


@pytest.mark.parametrize("coin", [np.zeros(6, bool), np.ones(6, bool)])
def test_secrets_that_all_fell_on_one_side_say_why_nothing_was_measured(coin):
    results = canary_results(PlantedTexts(np.arange(6.0), coin), level=0.95)
    assert len(results) == 2
    assert all(result.notes and not result.estimates for result in results)


def test_a_secret_without_a_coin_is_refused():
    with pytest.raises(InvalidInput, match="3 scores and 2 coins"):
        PlantedTexts(np.zeros(3), np.ones(2, bool))


@pytest.mark.slow
def test_the_interval_of_the_exposure_of_the_one_exposed_most_covers():
    """Nothing was learned: the chance of a score as high in the space is known for each secret.

    Of 1,000 games 50 may be missed; more than 72 has a chance below 0.1 %.
    """
    from scipy.stats import norm

    missed = 0
    for seed in range(1000):
        rng = np.random.default_rng(seed)
        score, coin = rng.normal(0, 1, 60), np.arange(60) < 30
        most = canary_results(PlantedTexts(score, coin), level=0.95)[1].estimates[0]
        truth = -np.log2(norm.sf(score[:30].max()))
        missed += not most.low <= truth <= most.high
    assert missed <= 72


def test_texts_that_are_too_short_say_what_it_takes():
    """Suffixes of 3 after prefixes of 2 in texts of 4 tokens."""
    log_p = np.full(40, np.nan)
    results, (note,) = extraction_results(game(log_p, prefix=2, suffix=3), level=0.95)
    assert results == ()
    assert (note.needed, note.got, note.unit) == (5, 4, "tokens a text")


def test_both_sides_are_counted_where_a_suffix_is_known():
    log_p = np.full(40, -50.0)
    log_p[:4] = np.nan
    log_p[20:22] = np.nan
    results, _ = extraction_results(game(log_p), level=0.95)
    assert {(check.n_members, check.n_nonmembers) for check in results} == {(16, 18)}


def test_shares_of_extracted_texts_by_hand(monkeypatch):
    """Sides, clusters, samples and level go to every rate as they are."""
    from tacit.audits.steps import text_extraction as steps
    from tacit.metrics.memorization import extraction_rate, extraction_share

    asked = []

    def rate(inside, outside, *, n, p, level, cluster):
        asked.append(("rate", inside.tolist(), outside.tolist(), n, p, level, cluster))
        return extraction_rate(inside, outside, n=n, p=p, level=level, cluster=cluster)

    def share(side, *, n, p, level, cluster):
        asked.append(("share", side.tolist(), None, n, p, level, cluster))
        return extraction_share(side, n=n, p=p, level=level, cluster=cluster)

    monkeypatch.setattr(steps, "extraction_rate", rate)
    monkeypatch.setattr(steps, "extraction_share", share)
    log_p = -np.arange(1.0, 41)
    log_p[[3, 25]] = np.nan
    users = np.arange(40) // 4
    given = game(log_p, cluster=users, n=7.0, p=0.25, prefix=3, suffix=9, prior=np.full(40, -99.0))
    results, notes = extraction_results(given, level=0.9)
    assert notes == ()
    inside = [v for v in log_p[:20].tolist() if v == v]
    outside = [v for v in log_p[20:].tolist() if v == v]
    assert [call[0] for call in asked] == ["rate", "share", "share", "rate"]
    assert asked[0][1:3] == asked[3][1:3] == (inside, outside)
    assert (asked[1][1], asked[2][1]) == (inside, outside)
    known = [np.delete(users[:20], 3), np.delete(users[20:], 5)]
    for call, groups in zip(asked, (known, known[0], known[1], known)):
        assert call[3:6] == (7.0, 0.25, 0.9)
        np.testing.assert_array_equal(
            np.concatenate([call[6]], axis=None), np.concatenate([groups], axis=None)
        )
    assert [check.name for check in results] == [
        f"{name} (9 tokens after 3)"
        for name in (
            "extraction beyond the control",
            "extraction of members",
            "extraction of the control",
            "extraction beyond control and references",
        )
    ]
    assert {check.statistic for check in results} == {"the model's own distribution"}
    assert {check.estimates[0].level for check in results} == {0.9}
    assert all(check.p_value == check.estimates[0].p_value for check in results)


def test_a_sampler_of_ones_own_is_named_and_is_compared_with_no_reference():
    quiet = game(None).tokens.take(np.arange(40))
    own = np.full(40, -1.0)
    asked = {"prefix": 2, "suffix": 2}
    results, _ = extraction_results(
        game(own, **asked, sampler="top_k=5", references={"a": quiet}), level=0.95
    )
    assert len(results) == 3
    assert results[0].statistic == "top_k=5"


def test_the_most_exposed_of_ten_is_held_against_a_tenth_of_the_error():
    from tacit.metrics.memorization import exposure

    score = np.r_[np.arange(10.0), np.arange(30) / 3.5]
    coin = np.arange(40) < 10
    _, most = canary_results(PlantedTexts(score, coin), level=0.9)
    (found,) = most.estimates
    known = exposure(9.0, score[10:], level=1 - 0.1 / 10)
    assert (found.value, found.low, found.high) == (known.value, known.low, known.high)
    assert found.level == 0.9
    area, _ = canary_results(PlantedTexts(score, coin), level=0.9)
    assert (area.statistic, area.estimates[0].level) == ("", 0.9)
    assert (area.n_members, area.n_nonmembers) == (10, 30)
    assert area.p_value == area.estimates[0].p_value


def test_without_a_planted_secret_one_is_needed():
    _, most = canary_results(PlantedTexts(np.arange(6.0), np.zeros(6, bool)), level=0.95)
    (note,) = most.notes
    assert (note.needed, note.got, note.unit) == (1, 0, "canaries")


def test_only_canaries_are_canaries():
    from tacit.audits.steps.text_extraction import require_canaries

    with pytest.raises(InvalidInput, match=r"`canaries` needs TextCanaries, .* got list"):
        require_canaries([])


def test_what_a_reference_would_say_in_as_many_tries_is_never_extracted():
    """Of one sample and an even chance: a log-probability of log .5 is said, a little less not."""
    from tacit.audits.steps.text_extraction import _unsaid

    log_p = np.array([-1.0, -2.0, -3.0])
    prior = np.array([np.log(0.5) + 1e-9, np.log(0.5) - 1e-6, np.nan])
    found = _unsaid(Suffixes(log_p, n=1.0, p=0.5, prior=prior))
    assert found.tolist() == [-np.inf, -2.0, -3.0]


def test_the_longest_text_is_told_where_all_are_too_short():
    tokens = Tokens(logp=-np.ones(9), start=np.array([0, 2, 6, 9]))
    short = TextGame(tokens, Membership(np.array([True, False, True])), None, {}, None, None, {})
    results, (note,) = extraction_results(short, level=0.95)
    assert results == ()
    assert (note.needed, note.got) == (100, 4)
    assert "the longest text has 4" in note.reason
