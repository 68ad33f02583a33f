"""The rank attack on sequence models: how far down the list the right tokens stand."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import (
    membership_inference_attack as mia,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.data_structures import (
    AttackInputData,
    AttackResults,
    PrivacyReportMetadata,
)
from tacit.core import InvalidInput

Array = NDArray[Any]
ITERATORS = ("logits_train", "logits_test", "labels_train", "labels_test")


@dataclass(eq=False)
class Seq2SeqAttackInputData:
    """Batches of sequences, read once.

    Parameters
    ----------
    logits_train, logits_test : iterators over batches; a batch holds one (tokens, vocabulary) array
        a sequence.
    labels_train, labels_test : the right tokens in the same shape, (tokens,) a sequence.
    vocab_size : tokens in the vocabulary.
    train_size, test_size : number of batches.
    """

    logits_train: Iterator[Any] | None = None
    logits_test: Iterator[Any] | None = None
    labels_train: Iterator[Any] | None = None
    labels_test: Iterator[Any] | None = None
    vocab_size: int | None = None
    train_size: int = 0
    test_size: int = 0

    def validate(self) -> None:
        """Check that all is there.

        Raises
        ------
        InvalidInput : says what is not.
        """
        for name in ITERATORS:
            if not isinstance(getattr(self, name), Iterator):
                got = type(getattr(self, name)).__name__
                raise InvalidInput(f"`{name}` needs an iterator over batches, got {got}.")
        if self.vocab_size is None:
            raise InvalidInput("`vocab_size` needs the number of tokens, got None.")


def run_seq2seq_attack(
    attack_input: Seq2SeqAttackInputData,
    privacy_report_metadata: PrivacyReportMetadata | None = None,
    balance_attacker_training: bool = True,
) -> AttackResults:
    """A threshold on the mean rank of the right tokens, one number a batch; low means member.

    Batches are the unit, as before: put one user's sequences into one batch. For single texts,
    `tacit.audit_text` finds more.

    Parameters
    ----------
    attack_input : batches of sequences.
    privacy_report_metadata : what is known of the model; the mean loss and accuracy of a token are
        added.
    balance_attacker_training : accepted as before; no attacker is fitted here.
    """
    attack_input.validate()
    ranks, found = {}, {}
    for side in ("train", "test"):
        logits, labels = (getattr(attack_input, f"{what}_{side}") for what in ("logits", "labels"))
        batches = [_tokens(*batch) for batch in zip(logits, labels)]
        ranks[side] = np.array([rank.mean() for rank, _ in batches])
        rank, loss = (np.concatenate(part) for part in zip(*batches))
        found[f"loss_{side}"] = float(loss.mean())
        # a token that shares the first place counts as right
        found[f"accuracy_{side}"] = float(np.mean(rank == 0))
    known = PrivacyReportMetadata() if privacy_report_metadata is None else privacy_report_metadata
    return mia.run_attacks(
        AttackInputData(loss_train=ranks["train"], loss_test=ranks["test"]),
        privacy_report_metadata=replace(known, **found),  # type: ignore[arg-type]
        balance_attacker_training=balance_attacker_training,
    )


def _tokens(logits: Any, labels: Any) -> tuple[Array, Array]:
    """Rank (0 is best) and loss of every token of a batch, (t,) each."""
    scores = np.concatenate([np.asarray(each, np.float64) for each in logits])
    right = np.concatenate([np.ravel(each) for each in labels]).astype(int)
    own = scores[np.arange(len(right)), right]
    return (scores > own[:, None]).sum(axis=1), special.logsumexp(scores, axis=1) - own
