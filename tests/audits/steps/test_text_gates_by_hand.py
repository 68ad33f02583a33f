"""Gates of texts at their edges: parts, shuffles, overlaps and what is said of them."""

from types import SimpleNamespace

import numpy as np
import pytest

from tacit.attacks.blind_text import VIEWS
from tacit.audits.steps import text_gates
from tacit.audits.steps.text_gates import (
    Overlap,
    _areas,
    _by_shuffles,
    _once,
    blind_results,
    gate_warning,
    overlap_of,
    reference_results,
    require_apart,
)
from tacit.core import CheckResult, Estimate, InvalidInput, Membership, NotEnoughData, Tokens


class Sees:
    """A guesser that keeps the keys and the parts it was given."""

    def __init__(self):
        self.given = []

    def cross_fitted(self, keys, part):
        self.given.append((keys, part))
        return np.zeros(keys.shape)


def test_how_many_texts_parts_and_shuffles_there_are():
    """Their numbers decide how long an audit takes, and what p-value it can reach at all."""
    assert text_gates.SHUFFLES == (64, 192, 768)
    assert (text_gates.ENOUGH, text_gates.FOLDS, text_gates.MOST_TEXTS) == (10, 5, 4000)
    assert (text_gates.RUN, text_gates.WORDS, text_gates.SHORTEST_RUN) == (32, 24, 8)
    # 1 in 100 after Holm over five can be reached with 1,024 shuffles
    assert len(VIEWS) / (sum(text_gates.SHUFFLES) + 1) < text_gates.REFUSED


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
@pytest.mark.parametrize(("n_units", "each"), [(60, 1), (60, 3), (62, 1)])
def test_texts_are_guessed_in_five_parts_of_whole_clusters(n_units, each, seed):
    """Sixty units are twelve a part; of 62 two parts have one more."""
    guesser = Sees()
    unit = np.repeat(np.arange(n_units), each)
    member = unit % 2 == 0
    _by_shuffles(guesser, Membership(member, None if each == 1 else unit), seed=seed)
    ((_, part),) = guesser.given
    by_unit = part.reshape(n_units, each)
    assert (by_unit == by_unit[:, :1]).all()
    sizes = np.bincount(by_unit[:, 0], minlength=5)
    assert sorted(sizes) == sorted(np.bincount(np.arange(n_units) % 5))
    # which unit is in which part is dealt
    assert by_unit[:, 0].tolist() != (np.arange(n_units) % 5).tolist()


def test_another_seed_shuffles_and_deals_otherwise():
    member = np.arange(60) % 2 == 0
    first, again, other = Sees(), Sees(), Sees()
    for guesser, seed in ((first, 1), (again, 1), (other, 2)):
        _by_shuffles(guesser, Membership(member), seed=seed)
    for one, two in zip(first.given[0], again.given[0]):
        assert (one == two).all()
    for one, two in zip(first.given[0], other.given[0]):
        assert (one != two).any()


def test_areas_of_two_records_and_of_one_side():
    score = np.array([[2.0, 1.0, 3.0], [1.0, 2.0, 4.0]])
    member = np.array([[1, 1, 1], [0, 0, 1]], bool)
    # one pair, won or lost; without a pair there is no area, and none is made up
    assert _areas(score, member).tolist() == [1.0, 0.0, 0.0]


def test_the_most_significant_guesser_is_named_even_where_its_p_value_is_nought():
    def found(view, p):
        area = Estimate("auc", 0.75, 0.5625, 0.875, 0.95, 90, "by hand")
        return CheckResult(
            f"blind guesser ({view})", "blind", estimates=(area,), p_value=p, p_adjusted=p
        )

    said = gate_warning([found("words", 0.005), found("length", 0.0), found("years", None)], [])
    assert "(length) tells members from non-members with AUC 0.75 (0.562 to 0.875" in said
    base = CheckResult(
        "base alone (x)",
        "control",
        estimates=(Estimate("auc", 0.25, 0.125, 0.375, 0.95, 90, "by hand"),),
        p_value=0.001,
        p_adjusted=0.001,
    )
    # what the texts alone tell comes before what another model tells of them
    assert "(words) tells" in gate_warning([found("words", 0.005)], [base])
    said = gate_warning([found("words", 0.5)], [base])
    assert "(base alone (x)) tells members from non-members with AUC 0.25 (0.125 to 0.375" in said
    assert gate_warning([found("words", 0.5)], [found("words", None)]) == ""


def test_texts_must_be_as_many_as_the_answer_key():
    for n in (3, 5):
        with pytest.raises(InvalidInput, match=f"`texts` needs 4 texts, got {n}"):
            blind_results(["a"] * n, Membership([1, 1, 0, 0]), level=0.95, seed=0)


def test_a_guesser_that_cannot_be_tested_has_its_reason_and_pays_nothing(monkeypatch):
    def none(guesser, membership, *, seed):
        raise NotEnoughData("too few", needed=9, got=1)

    monkeypatch.setattr(text_gates, "_by_halves", none)
    monkeypatch.setattr(text_gates, "_by_shuffles", lambda *_, **__: 0.125)
    texts = [f"text {i} of some {i % 7} words" for i in range(40)]
    found = blind_results(texts, Membership(np.arange(40) % 2 == 0), level=0.95, seed=0)
    assert len(found) == len(VIEWS)
    lacking = [result for result in found if result.notes]
    assert [(r.notes[0].metric, r.notes[0].needed) for r in lacking] == [("auc", 9)]
    assert lacking[0].p_value is None
    # four share the error: 4 x .125
    told = [result for result in found if not result.notes]
    assert [result.p_adjusted for result in told] == [0.5] * 4
    assert {(r.n_members, r.n_nonmembers) for r in told} == {(20, 20)}
    assert [r.estimates[0].p_value for r in told] == [0.125] * 4


def test_the_first_of_equal_texts_on_a_side_stays_in_its_place():
    member = Membership(np.array([False, True, False, True, True, False]))
    assert _once(["b", "a", "b", "c", "a", "a"], member).tolist() == [0, 1, 3, 5]


def tokens(n, length=4, **more):
    rng = np.random.default_rng(0)
    size = n * length
    return Tokens(logp=-rng.gamma(2, 1, size), start=np.arange(0, size + 1, length), **more)


def test_a_reference_is_scored_in_every_way_that_its_tokens_allow():
    member = Membership(np.arange(40) % 2 == 0)

    def names(given):
        return [r.name for r in reference_results({"base": given}, member, level=0.9)]

    assert names(tokens(40)) == ["base alone (mean_logprob)"]
    size = np.full(40, 7)
    assert names(tokens(40, compressed=size)) == [
        "base alone (mean_logprob)",
        "base alone (zlib_ratio)",
    ]
    moments = {"mean": np.full(160, -2.0), "var": np.ones(160)}
    assert names(tokens(40, **moments)) == [
        "base alone (mean_logprob)",
        "base alone (min_k_plus_plus)",
    ]
    for name, value in moments.items():
        assert names(tokens(40, **{name: value})) == ["base alone (mean_logprob)"]
    (found,) = reference_results({"base": tokens(40)}, member, level=0.9)
    assert found.estimates[0].level == 0.9
    assert (found.role, found.n_members, found.n_nonmembers) == ("control", 20, 20)


@pytest.mark.parametrize(
    ("above", "below", "both"), [(0.5, 0.625, 1.0), (0.25, 0.8, 0.5), (0.9, 0.125, 0.25), (1, 1, 1)]
)
def test_a_reference_pays_for_both_directions(monkeypatch, above, below, both):
    member = np.arange(40) % 2 == 0
    told = []

    def p_value(evidence):
        told.append(evidence.member.tolist())
        return above if len(told) == 1 else below

    monkeypatch.setattr(text_gates, "no_leak_p_value", p_value)
    (found,) = reference_results({"base": tokens(40)}, Membership(member), level=0.95)
    assert found.p_value == found.estimates[0].p_value == both
    assert told == [member.tolist(), (~member).tolist()]


@pytest.mark.parametrize("way", [1, -1])
def test_a_few_texts_in_reverse_are_no_giveaway(way):
    """Three members below three others are 1 of 20 orders: two-sided .1, and not nought."""
    member = np.arange(6) < 3
    logp = np.repeat(-1.0 - way * np.arange(6.0) / 10 - (way < 0), 4)
    given = Tokens(logp=logp, start=np.arange(0, 25, 4))
    (found,) = reference_results({"base": given}, Membership(member), level=0.95)
    assert found.p_value == pytest.approx(0.1)
    assert gate_warning([], [found]) == ""


def test_a_reference_that_says_the_same_of_every_text_gives_nothing_away():
    """All scores tie: the chance of as many wins is one, whichever way; with clusters too."""
    given = Tokens(logp=np.full(160, -1.0), start=np.arange(0, 161, 4))
    for cluster in (None, np.arange(40) // 2):
        key = Membership(np.arange(40) < 20, cluster)
        (found,) = reference_results({"base": given}, key, level=0.95)
        assert found.estimates[0].value == pytest.approx(0.5)
        assert found.p_value == 1.0
        assert gate_warning([], [found]) == ""


def test_too_few_texts_of_a_reference_are_a_note():
    (found,) = reference_results({"base": tokens(2)}, Membership([True, True]), level=0.95)
    assert found.notes[0].metric == "auc"
    assert found.p_adjusted is None


def test_texts_of_eight_tokens_are_shared_where_they_stand_in_others_and_shorter_ones_are_not():
    parts = [
        np.arange(8),  # stands whole in the first non-member
        np.arange(50, 57),  # seven in a longer one
        np.arange(70, 77),  # seven, and another text is the same
        np.arange(90, 94),  # four, and no text has four
        np.r_[99, np.arange(8)],
        np.r_[99, np.arange(50, 57)],
        np.arange(70, 77),
        np.r_[99, np.arange(90, 94)],
    ]
    start = np.cumsum([0, *map(len, parts)])
    token = np.concatenate(parts).astype(np.int32)
    given = Tokens(logp=np.full(len(token), -1.0), start=start, token=token)
    found = overlap_of(given, Membership(np.arange(8) < 4))
    assert np.flatnonzero(found.shared).tolist() == [0, 2, 6]
    assert (found.member, found.nonmember) == (2 / 4, 1 / 4)
    # of one side alone there is nothing to share, and no share of nothing
    alone = overlap_of(given, Membership(np.ones(8, bool)))
    assert (alone.member, alone.nonmember, alone.shared.any()) == (0.0, 0.0, False)


def test_sides_that_overlap_are_refused_with_their_rows():
    require_apart(None)
    shared = np.array([False, True, False, True])
    require_apart(Overlap(shared, 32, 0.01, 0.01))
    with pytest.raises(InvalidInput) as raised:
        require_apart(Overlap(shared, 24, 0.5, 0.0125, "words"))
    said = str(raised.value)
    assert "50 % of the members and 1.25 % of the non-members share 24 words in a row" in said
    assert "row" in said
    with pytest.raises(InvalidInput, match="hold the same texts"):
        require_apart(Overlap(np.ones(4, bool), 32, 1.0, 1.0))


def test_the_halves_are_those_of_the_seed(monkeypatch):
    seen = []

    def dealt(membership, parts, *, seed):
        seen.append((parts, seed))
        return np.arange(membership.n) % parts

    monkeypatch.setattr(text_gates, "deal", dealt)
    monkeypatch.setattr(text_gates, "collect", lambda *_: None)
    monkeypatch.setattr(text_gates, "auc", lambda _: SimpleNamespace(p_value=None))
    truth = Membership(np.arange(8) < 4)
    assert text_gates._by_halves(None, truth, seed=5) == 1.0
    assert seen == [(2, 5)]
