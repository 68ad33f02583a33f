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
