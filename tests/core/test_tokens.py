"""Tokens check themselves, travel as .npz and never hold a text."""

import io
import zipfile

import numpy as np
import pytest

from tacit.core import InvalidInput, Tokens


def tokens(n=5, *, seed=0, **more):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 9, n)
    t = int(lengths.sum())
    given = {
        "logp": -rng.exponential(1, t).astype(np.float32),
        "start": np.concatenate([[0], np.cumsum(lengths)]),
        "mean": -np.ones(t),
        "var": np.ones(t),
        "top1": rng.random(t) < 0.5,
        "token": rng.integers(0, 99, t),
        "n_bytes": lengths * 4,
        "compressed": lengths * 3,
        "digest": "abc",
        "context": 128,
    }
    return Tokens(**(given | more))


def equal(first, second):
    for name in Tokens.__dataclass_fields__:
        a, b = getattr(first, name), getattr(second, name)
        assert (a is None) == (b is None), name
        if isinstance(a, np.ndarray):
            np.testing.assert_array_equal(a, b, err_msg=name)
            assert a.dtype == b.dtype
        elif a is not None:
            assert a == b, name


def test_a_file_gives_the_same_tokens_back(tmp_path):
    one = tokens(scored=None, sampler="top-k 10")
    equal(Tokens.load(one.save(tmp_path / "a.npz")), one)
    equal(Tokens.load(one.to_bytes()), one)
    bare = Tokens(logp=[-1.0, -2.0], start=[0, 2])
    equal(Tokens.load(bare.to_bytes()), bare)


def test_a_file_costs_at_most_16_bytes_a_token_and_some_offsets(tmp_path):
    one = tokens(5000)
    size = sum(
        np.asarray(getattr(one, name)).nbytes for name in ("logp", "mean", "var", "token", "top1")
    )
    assert size <= 17 * one.n_tokens
    assert len(one.to_bytes()) < 17 * one.n_tokens + 24 * one.n


def test_nothing_in_a_file_is_unpickled(tmp_path):
    class Evil:
        def __reduce__(self):
            return (pytest.fail, ("it was executed",))

    path = tmp_path / "evil.npz"
    np.savez(path, schema=np.array(1), start=np.array([0, 1]), logp=np.array([Evil()], object))
    with pytest.raises(InvalidInput, match="is a pickled object"):
        Tokens.load(path)


def test_damaged_files_are_named(tmp_path):
    path = tmp_path / "broken.npz"
    path.write_bytes(tokens().to_bytes()[:300])
    with pytest.raises(InvalidInput, match="broken"):
        Tokens.load(path)
    with pytest.raises(InvalidInput, match="cannot be read"):
        Tokens.load(tmp_path / "absent.npz")
    np.savez(tmp_path / "other.npz", a=np.arange(3))
    with pytest.raises(InvalidInput, match="holds no Tokens"):
        Tokens.load(tmp_path / "other.npz")
    np.savez(tmp_path / "new.npz", schema=np.array(9), logp=[-1.0], start=[0, 1])
    with pytest.raises(InvalidInput, match="schema 1"):
        Tokens.load(tmp_path / "new.npz")
    with pytest.raises(InvalidInput, match=r"\.npz"):
        tokens().save(tmp_path / "tokens.json")


def test_a_file_holds_arrays_of_numbers_and_two_names_only():
    with zipfile.ZipFile(io.BytesIO(tokens().to_bytes())) as archive:
        names = {name.removesuffix(".npy") for name in archive.namelist()}
    assert names <= {"schema", *Tokens.__dataclass_fields__}


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"logp": [-1.0, 0.5, -1.0]}, "0.5 in 1 row"),
        ({"logp": [-1.0, np.nan, -1.0]}, "nan in 1 row"),
        ({"logp": [-1.0, -np.inf, -1.0]}, "sampler"),
        ({"start": [0, 3, 3]}, "empty"),
        ({"scored": [True, True, False]}, "got none in 1 row.*first: 1"),
        ({"var": [1.0, -1.0, 1.0]}, "float32"),
        ({"mean": [0.0, np.inf, 0.0]}, "finite"),
        ({"top1": [True]}, "one value a token"),
        ({"n_bytes": [0, 4]}, "1 or more a text"),
        ({"compressed": [4]}, "one row a record"),
    ],
)
def test_what_cannot_be_is_refused_with_its_row(change, match):
    with pytest.raises(InvalidInput, match=match):
        Tokens(**({"logp": [-1.0, -2.0, -3.0], "start": [0, 2, 3]} | change))


def test_minus_infinity_is_allowed_where_a_sampler_cuts_tokens_off():
    cut = Tokens(logp=[-1.0, -np.inf], start=[0, 2], sampler="top-k 10")
    assert np.isneginf(cut.ragged().sum()[0])


def test_prompts_are_left_out_of_every_number():
    some = Tokens(logp=[-9.0, -1.0, -2.0, -3.0], start=[0, 3, 4], scored=[False, True, True, True])
    assert some.ragged().value.tolist() == [-1.0, -2.0, -3.0]
    assert some.ragged().mean().tolist() == [-1.5, -3.0]
    assert some.lengths.tolist() == [3, 1]


def test_take_and_concatenate_undo_each_other():
    whole = tokens(20)
    parts = [whole.take(np.arange(7)), whole.take(np.arange(20) >= 7)]
    equal(Tokens.concatenate(parts), whole)
    mixed = Tokens.concatenate(
        [Tokens(logp=[-1.0], start=[0, 1]), Tokens([-2.0, -1], [0, 2], scored=[False, True])]
    )
    assert mixed.scored.tolist() == [True, False, True]


def test_parts_of_different_models_are_not_joined():
    with pytest.raises(InvalidInput, match="`digest` differs"):
        Tokens.concatenate([tokens(), tokens(digest="other")])
    with pytest.raises(InvalidInput, match="`top1` is given in some"):
        Tokens.concatenate([tokens(), tokens(top1=None)])
    with pytest.raises(InvalidInput, match="at least one"):
        Tokens.concatenate([])


def test_other_tokenizers_texts_and_tokens_are_told_apart():
    one = tokens()
    one.require_same_texts(tokens())
    with pytest.raises(InvalidInput, match="another tokenizer"):
        one.require_same_texts(tokens(digest="other"))
    with pytest.raises(InvalidInput, match="of other lengths"):
        one.require_same_texts(tokens(6))
    other = one.token.copy()
    other[-1] += 1
    with pytest.raises(InvalidInput, match=r"other tokens in 1 row \(first: 4\)"):
        one.require_same_texts(tokens(token=other))


def test_a_missing_array_is_asked_for_by_name():
    with pytest.raises(InvalidInput, match=r"no `var`.*Min-K\+\+"):
        tokens(var=None).ragged("var")


def test_texts_over_the_context_are_counted():
    assert tokens(context=4).n_windowed == int((tokens().lengths > 4).sum())
    assert tokens(context=0).n_windowed == 0
