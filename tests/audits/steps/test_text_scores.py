"""Which scores a language model's tokens allow, and what each of them is."""

import numpy as np

from tacit.audits.steps.text_scores import scored, scores_of, signals_of
from tacit.core import Membership, Tokens
from tacit.signals import language, reference

RNG = np.random.default_rng(0)


def tokens(digest="one", *, rich=False):
    more = {"n_bytes": np.full(12, 20)}
    if rich:
        more |= {
            "mean": np.full(36, -3.0),
            "var": np.full(36, 2.0),
            "top1": RNG.random(36) < 0.5,
            "compressed": np.full(12, 9),
        }
    return Tokens(logp=-RNG.exponential(2, 36), start=np.arange(0, 37, 3), digest=digest, **more)


def test_plain_tokens_allow_two_scores_and_rich_ones_four():
    assert [score.name for score in scores_of(tokens(), {})] == ["log-probability", "Min-K"]
    rich = tokens(rich=True)
    found = {score.name: score for score in scores_of(rich, {})}
    assert list(found) == ["log-probability", "Min-K", "zlib", "Min-K++"]
    for score in found.values():
        np.testing.assert_array_equal(score.value, getattr(language, score.statistic)(rich))


def test_a_reference_with_another_tokenizer_is_compared_by_the_byte_alone():
    own, other = tokens(), tokens("two")
    found = scores_of(own, {"base": other})[2:]
    assert [score.name for score in found] == ["ratio a byte, base"]
    np.testing.assert_array_equal(found[0].value, reference.byte_ratio(own, other))


def test_several_references_of_one_tokenizer_are_compared_alone_and_together():
    own, first, second = tokens(rich=True), tokens(), tokens()
    odd = tokens("two")
    found = scores_of(own, {"a": first, "odd": odd, "b": second})[4:]
    kinds = [
        "ratio",
        "window votes (WBC)",
        "tanh vote",
        "error zone",
        "error zone (as published)",
    ]
    names = [f"{kind}, a" for kind in kinds]
    names += ["ratio a byte, odd", *[f"{kind}, b" for kind in kinds]]
    names += ["BASE over 2 references", *[f"{kind}, all references" for kind in kinds]]
    assert [score.name for score in found] == names
    by_name = {score.name: score.value for score in found}
    np.testing.assert_array_equal(by_name["tanh vote, b"], reference.tanh_vote(own, second))
    together = reference.pooled(own, [first, second])
    np.testing.assert_array_equal(
        by_name["ratio, all references"], reference.log_ratio(own, together)
    )


def test_every_score_is_held_beside_the_truth_and_one_that_ranks_alike_pays_once():
    own = tokens(rich=True)
    first, second = scores_of(own, {})[:2]
    member = np.arange(12) % 2 == 0
    items = scored([first, second, first], Membership(member))
    assert [bool(item.same_as) for item in items] == [False, False, True]
    np.testing.assert_array_equal(items[1].evidence.score, second.value)
    assert signals_of(second).statistic == "min_k"


def test_one_reference_is_compared_once_and_not_with_itself_together():
    own, other = tokens(), tokens()
    found = scores_of(own, {"base": other})[2:]
    names = ["ratio, base", "window votes (WBC), base", "tanh vote, base"]
    assert [score.name for score in found] == names


def test_every_score_is_measured_in_three_ways_on_all_texts():
    from tacit.attacks.threshold import Threshold

    own = tokens(rich=True)
    member = np.arange(12) % 3 == 0
    (item,) = scored(scores_of(own, {})[:1], Membership(member))
    assert item.check.metrics == ("auc", "tpr@fpr=0.01", "tpr@fpr=0.001")
    assert (item.name, item.check.statistic) == ("log-probability", "mean_logprob")
    assert isinstance(item.check.attack, Threshold)
    assert (item.evidence.member == member).all()


def test_half_of_what_a_score_needs_is_not_enough():
    """Min-K++ reads the mean and the variance of each token: one of them alone allows nothing."""
    plain = {"logp": -RNG.exponential(2, 36), "start": np.arange(0, 37, 3)}
    for more in ({"mean": np.full(36, -3.0)}, {"var": np.full(36, 2.0)}):
        half = Tokens(**plain, **more)
        assert [score.name for score in scores_of(half, {})] == ["log-probability", "Min-K"]
