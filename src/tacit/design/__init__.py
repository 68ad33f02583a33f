"""Who is in, before training: coins for records and models, canaries."""

from tacit.design.assignment import Design, assign
from tacit.design.canaries import (
    Canaries,
    Manifest,
    digests,
    mislabelled,
    out_of_distribution,
    random_pixels,
    random_tokens,
    rare_rows,
)
from tacit.design.insertion import insert_arrays, insert_huggingface, insert_torch

__all__ = [
    "Canaries",
    "Design",
    "Manifest",
    "assign",
    "digests",
    "insert_arrays",
    "insert_huggingface",
    "insert_torch",
    "mislabelled",
    "out_of_distribution",
    "random_pixels",
    "random_tokens",
    "rare_rows",
]
