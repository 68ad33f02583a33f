"""The contract of a store: a mapping from text to bytes that keeps what it was given."""

from collections.abc import Callable, MutableMapping


def check_store(make: Callable[[], MutableMapping[str, bytes]]) -> None:
    """Try what a run asks of a store; leaves nothing behind.

    Parameters
    ----------
    make : opens the store. It is called several times and must find what was written before.

    Raises
    ------
    AssertionError : says which promise is broken.
    """
    store = make()
    place = "tacit-contract/key/model-00000"
    _require_absent(store, place)
    store[f"{place}.npy"] = bytes(range(256)) * 5
    assert make()[f"{place}.npy"] == bytes(range(256)) * 5, (
        "what was written is read by whoever opens the store again"
    )
    assert f"{place}.npy" in make(), "a stored key is `in` the store"
    assert f"{place}.json" not in store, "a key that was not stored is not `in` the store"
    store[f"{place}.npy"] = b"second"
    assert make()[f"{place}.npy"] == b"second", "writing again replaces the entry"
    store[f"{place}.json"] = b""
    assert make()[f"{place}.json"] == b"", "an empty entry is an entry"
    ours = {key for key in make() if key.startswith("tacit-contract/")}
    assert ours == {f"{place}.npy", f"{place}.json"}, (
        f"iteration lists the keys as they were given, got {sorted(ours)}"
    )
    assert len(make()) >= 2, "`len` counts the entries"
    for suffix in ("npy", "json"):
        del store[f"{place}.{suffix}"]
        _require_absent(make(), f"{place}.{suffix}")


def _require_absent(store: MutableMapping[str, bytes], key: str) -> None:
    assert key not in store, "an absent key is not `in` the store"
    try:
        store[key]
    except KeyError:
        return
    raise AssertionError("reading an absent key raises KeyError")
