"""The pre-flight finds canaries that truncation, packing or masking took from the loss."""

import numpy as np
import pytest

from tacit.core import AssumptionError, InvalidInput
from tacit.design import digit_canaries, preflight

IGNORED = -100


class Characters:
    """A tokenizer of single characters that knows where its tokens lie."""

    def __call__(self, texts, *, add_special_tokens=False, return_offsets_mapping=False):
        found = {"input_ids": [[ord(c) for c in text] for text in texts]}
        if return_offsets_mapping:
            found["offset_mapping"] = [[(i, i + 1) for i in range(len(t))] for t in texts]
        return found


TOKENIZER = Characters()
CANARIES = digit_canaries("The code of desk {desk} is {secret}, do not share.", 30, seed=2)
TEXTS = [f"some other text of number {i} that is trained on" for i in range(50)]


def ids(texts):
    return TOKENIZER(texts)["input_ids"]


def rows(texts, *, most=200):
    return [{"input_ids": row[:most]} for row in ids(texts)]


def packed(texts, length):
    flat = [token for row in ids(texts) for token in (*row, 0)]
    return [{"input_ids": flat[i : i + length]} for i in range(0, len(flat), length)]


def looked(training):
    return preflight(training, CANARIES, TOKENIZER)


def test_canaries_that_reach_the_loss_pass():
    found = looked(rows([*TEXTS, *CANARIES.inserted(2)]))
    found.require()
    assert not found.lost.any()
    assert (found.found == np.where(CANARIES.member, 2, 0)).all()
    assert (found.kept[CANARIES.member] == 1).all()


def test_long_blocks_of_packed_rows_pass_and_short_ones_cut():
    some = [*TEXTS, *CANARIES.inserted()]
    lost = looked(packed(some, 64)).lost
    assert lost.any()
    looked(packed(some, 100_000)).require()
    with pytest.raises(AssumptionError, match="do not reach the loss whole"):
        looked(packed(some, 64)).require()


def test_a_secret_that_is_cut_or_masked_is_named():
    cut = looked(rows([*TEXTS, *CANARIES.inserted()], most=24))
    assert cut.lost.sum() == CANARIES.member.sum()
    with pytest.raises(AssumptionError, match="its secret is cut"):
        cut.require()
    masked = rows([*TEXTS, *CANARIES.inserted()])
    for row in masked:
        row["labels"] = [IGNORED] * 30 + row["input_ids"][30:]
    found = looked(masked)
    assert not found.scored.any()
    with pytest.raises(AssumptionError, match="gets no loss"):
        found.require()


def test_only_the_tokens_of_the_secret_need_a_loss():
    begin, end = int(CANARIES.begin.min()), int(CANARIES.end.max())
    some = rows(CANARIES.inserted())
    for row in some:
        labels = np.full(len(row["input_ids"]), IGNORED)
        labels[begin:end] = 1
        row["labels"] = labels
    looked(some).require()


def test_a_canary_cut_before_its_secret_keeps_too_little():
    some = [{"input_ids": row[18:]} for row in ids(CANARIES.inserted())]
    found = looked(some)
    with pytest.raises(AssumptionError, match=r"keeps \d+ % of its tokens"):
        found.require()


def test_the_first_token_of_a_row_gets_no_loss():
    begin = int(CANARIES.begin[np.flatnonzero(CANARIES.member)[0]])
    some = [{"input_ids": row[begin:]} for row in ids(CANARIES.inserted())]
    assert not looked(some).scored.any()


def test_a_canary_that_was_to_stay_out_is_named():
    with pytest.raises(AssumptionError, match="whose coin says no"):
        looked(rows([*TEXTS, *CANARIES.texts])).require()


def test_padding_gets_no_loss():
    some = rows(CANARIES.inserted())
    for row in some:
        row["attention_mask"] = np.zeros(len(row["input_ids"]))
    assert not looked(some).scored.any()


def test_canaries_that_the_tokenizer_cannot_tell_apart_are_refused():
    def unknown(texts, **options):
        spans = [[(i, i + 1) for i in range(len(text))] for text in texts]
        return {"input_ids": [[7] * len(text) for text in texts], "offset_mapping": spans}

    with pytest.raises(InvalidInput, match="the tokens of others"):
        preflight(rows(TEXTS), CANARIES, unknown)


def test_rows_and_tokenizers_that_cannot_be_used_are_named():
    with pytest.raises(InvalidInput, match="at least one row"):
        looked([])
    with pytest.raises(InvalidInput, match="`input_ids`, got text"):
        looked([{"text": "a"}])
    with pytest.raises(InvalidInput, match="fast tokenizer"):
        preflight(rows(TEXTS), CANARIES, lambda texts, **options: int("not a number"))


def tenths(seed=2):
    """Canaries of ten tokens each, the secret in the fifth and sixth."""
    return digit_canaries("{desk}bcd{secret}efgh", 8, digits=2, seed=seed)


@pytest.mark.parametrize(("cut", "kept"), [(0, 1.0), (1, 0.9), (2, 0.8)])
def test_nine_tenths_of_a_canary_are_enough_to_be_in_and_to_be_where_it_should_not_be(cut, kept):
    made = tenths()
    found = preflight([{"input_ids": row[: 10 - cut]} for row in ids(made.texts)], made, TOKENIZER)
    assert found.found.tolist() == [1] * 8
    np.testing.assert_allclose(found.kept, kept)
    assert found.scored.tolist() == [kept >= 0.9] * 8
    assert found.lost.tolist() == (made.member & (kept < 0.9)).tolist()
    assert found.leaked.tolist() == (~made.member & (kept >= 0.9)).tolist()


def test_tokens_that_were_changed_count_as_cut():
    """One of ten is another: nine tenths; a border stands on either side of a row."""
    made = tenths()
    rows = [{"input_ids": [*row[:8], 1, row[9]]} for row in ids(made.texts)]
    np.testing.assert_allclose(preflight(rows, made, TOKENIZER).kept, 0.9)
    alone = preflight([{"input_ids": row[4:]} for row in ids(made.texts)], made, TOKENIZER)
    np.testing.assert_allclose(alone.kept, 0.6)


def test_a_place_with_a_loss_and_another_with_the_whole_canary_do_not_make_one_good_place():
    made = tenths()
    first = int(np.flatnonzero(made.member)[0])
    own = ids(made.texts)[first]
    masked = {"input_ids": own, "labels": [IGNORED] * 10}
    short = {"input_ids": own[:8]}
    others = [
        {"input_ids": row} for row in ids([t for t in made.inserted() if t != made.texts[first]])
    ]
    found = preflight([masked, short, *others], made, TOKENIZER)
    assert found.found[first] == 2
    assert found.kept[first] == 1
    assert np.flatnonzero(found.lost).tolist() == [first]
    # the rest of the secret masked: every token of it needs a loss
    half = {"input_ids": own, "labels": [*own[:5], IGNORED, *own[6:]]}
    assert preflight([half, *others], made, TOKENIZER).lost.sum() == 1
    assert preflight([{"input_ids": own}, *others], made, TOKENIZER).lost.sum() == 0


def test_a_secret_at_the_start_of_a_row_gets_no_loss_and_one_after_a_first_token_does():
    made = digit_canaries("{secret} is the code of desk {desk}.", 6, seed=1)
    bare = preflight([{"input_ids": row} for row in ids(made.inserted())], made, TOKENIZER)
    assert (bare.kept[made.member] == 1).all()
    assert not bare.scored.any()
    begun = preflight([{"input_ids": [1, *row]} for row in ids(made.inserted())], made, TOKENIZER)
    assert begun.scored.tolist() == made.member.tolist()
