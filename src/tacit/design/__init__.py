"""Who is in, before training: coins for records and models, canaries."""

from tacit.design.assignment import Design, assign
from tacit.design.canaries import Canaries, Manifest, digests
from tacit.design.canary_kinds import (
    mislabelled,
    out_of_distribution,
    random_pixels,
    random_tokens,
    rare_rows,
)
from tacit.design.insertion import insert_arrays, insert_huggingface, insert_torch
from tacit.design.preflight import Preflight, preflight
from tacit.design.text_canaries import (
    TextCanaries,
    digit_canaries,
    suffix_canaries,
    token_canaries,
)

__all__ = [
    "Canaries",
    "Design",
    "Manifest",
    "Preflight",
    "TextCanaries",
    "assign",
    "digests",
    "digit_canaries",
    "insert_arrays",
    "insert_huggingface",
    "insert_torch",
    "mislabelled",
    "out_of_distribution",
    "preflight",
    "random_pixels",
    "random_tokens",
    "rare_rows",
    "suffix_canaries",
    "token_canaries",
]
