"""Secrets to plant, and references to compare them with, drawn from a vocabulary and a pattern."""

import string
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tacit.core import InvalidInput


@dataclass
class TextSecretProperties:
    """What a secret text looks like.

    Parameters
    ----------
    vocab : what may stand in a placeholder.
    pattern : the text, with a ``{}`` for each placeholder.
    """

    vocab: Sequence[str]
    pattern: str


@dataclass
class SecretConfig:
    """How many secrets to plant, how often, and how many to keep as references.

    Parameters
    ----------
    num_repetitions : how often the secrets of each group are repeated.
    num_secrets_for_repetitions : secrets in each of these groups.
    num_references : sequences that are not planted.
    name : of the set.
    properties : `TextSecretProperties` for texts.
    """

    num_repetitions: Sequence[int]
    num_secrets_for_repetitions: Sequence[int]
    num_references: int
    name: str = ""
    properties: Any = None

    @property
    def needed(self) -> int:
        """Different sequences that the set takes."""
        return sum(self.num_secrets_for_repetitions) + self.num_references


@dataclass
class SecretsSet:
    """The secrets, by how often each is to be repeated, and the references.

    Parameters
    ----------
    config : what was asked for.
    secrets : from a number of repetitions to its secrets.
    references : sequences that are not planted.
    """

    config: SecretConfig
    secrets: dict[int, Sequence[Any]]
    references: Sequence[Any]


def generate_random_sequences(
    vocab: Sequence[str], pattern: str, n: int, seed: int = 1
) -> list[str]:
    """`n` different texts of the pattern, in random order; all there are, with a warning, if fewer.

    The same seed gives the texts that TensorFlow Privacy gave, so old canaries can be made again.

    Parameters
    ----------
    vocab : what may stand in a placeholder.
    pattern : the text, with a ``{}`` for each placeholder.
    n : texts wanted.
    seed : of the random numbers.
    """
    # their canaries come from this generator; another one would give other secrets
    rng = np.random.RandomState(seed)
    length = sum(field is not None for _, field, _, _ in string.Formatter().parse(pattern))
    possible = len(vocab) ** length
    if possible <= n:
        if possible < n:
            warnings.warn(f"`pattern` has {possible} texts, not the {n} asked for.", stacklevel=2)
        words = [list(choice) for choice in product(vocab, repeat=length)]
    else:
        drawn = np.empty((0, length), dtype=int)
        while len(drawn) < n:
            more = rng.randint(len(vocab), size=(n, length))
            drawn = np.unique(np.concatenate([drawn, more]), axis=0)
        words = [[vocab[place] for place in row] for row in drawn[:n]]
    return [pattern.format(*words[place]) for place in rng.permutation(len(words))]


def construct_secret(secret_config: SecretConfig, seqs: Sequence[Any]) -> SecretsSet:
    """Deal sequences out: first the secrets, group by group, and references from the end.

    Raises
    ------
    InvalidInput : there are too few.
    """
    if len(seqs) < secret_config.needed:
        raise InvalidInput(
            f"`seqs` needs {secret_config.needed} sequences for the secrets and references, got"
            f" {len(seqs)}."
        )
    ends = np.cumsum(secret_config.num_secrets_for_repetitions)
    starts = ends - secret_config.num_secrets_for_repetitions
    secrets = {
        repeated: seqs[start:end]
        for repeated, start, end in zip(secret_config.num_repetitions, starts, ends)
    }
    return SecretsSet(secret_config, secrets, seqs[len(seqs) - secret_config.num_references :])


def generate_text_secrets_and_references(
    secret_configs: Sequence[SecretConfig], seed: int = 0
) -> list[SecretsSet]:
    """One set a configuration, each from a seed of its own.

    Raises
    ------
    InvalidInput : a pattern and vocabulary do not give enough texts.
    """
    sets = []
    for place, config in enumerate(secret_configs):
        looks = config.properties
        texts = generate_random_sequences(looks.vocab, looks.pattern, config.needed, seed + place)
        sets.append(construct_secret(config, texts))
    return sets


def construct_secret_dataset(secrets_sets: Sequence[SecretsSet]) -> list[Any]:
    """Every secret as often as its set says: records to mix into the training data."""
    return [
        secret
        for each in secrets_sets
        for repeated, secrets in each.secrets.items()
        for secret in list(secrets) * repeated
    ]
