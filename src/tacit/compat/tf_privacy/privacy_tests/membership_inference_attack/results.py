"""What all attacks on a model found, and the honest report of the same records."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from tacit.compat.tf_privacy.legacy import warn_legacy
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import (
    result_files,
    result_text,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_result import (
    EPSILON_K,
    SingleAttackResult,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_types import (
    PrivacyReportMetadata,
)
from tacit.core import InvalidInput, Report

# an attack much worse than a coin usually has its sign turned
SUSPICIOUS_AUC = 0.4


@dataclass(eq=False)
class AttackResults:
    """All attacks on all slices of one model.

    Parameters
    ----------
    single_attack_results : one an attack and slice.
    privacy_report_metadata : of the model.
    make_report : how to make `report`; set by `run_attacks`.
    """

    single_attack_results: Sequence[SingleAttackResult]
    privacy_report_metadata: PrivacyReportMetadata | None = None
    make_report: Callable[[], Report] | None = field(default=None, repr=False)

    @property
    def report(self) -> Report:
        """The report of `tacit.audit` on the same records: intervals, one p-value, a verdict.

        Computed when first asked for.

        Raises
        ------
        InvalidInput : the results were not made by `run_attacks`, or the audit cannot read the
            outputs; it says why.
        """
        if self.make_report is None:
            raise InvalidInput(
                "These results were put together by hand or loaded without a report; only those of"
                " `run_attacks` know the records that a report is made from."
            )
        made = self.make_report()
        self.make_report = lambda: made
        return made

    def calculate_pd_dataframe(self) -> Any:
        """One row an attack, as a pandas DataFrame; legacy numbers in columns that say so."""
        return result_text.frame(self.single_attack_results, EPSILON_K)

    def summary(self, by_slices: bool = False) -> str:
        """The best attacks over all slices, and over each one where `by_slices`."""
        if not self.single_attack_results:
            raise InvalidInput("A summary needs results, got none: every slice was too small.")
        title = "Best-performing attacks over all slices"
        lines = result_text.best(self.single_attack_results, title, EPSILON_K)
        groups: dict[str, list[SingleAttackResult]] = {}
        for each in self.single_attack_results:
            groups.setdefault(str(each.slice_spec), []).append(each)
        if by_slices and len(groups) > 1:
            for name, group in groups.items():
                title = f'\nBest-performing attacks over slice: "{name}"'
                lines += result_text.best(group, title, EPSILON_K, one_slice=True)
        return "\n".join(lines)

    def get_result_with_max_auc(self) -> SingleAttackResult | None:
        """The attack with the largest AUC; None where there are no results."""
        best = self._best(SingleAttackResult.get_auc)
        lowest = min((each.get_auc() for each in self.single_attack_results), default=0.5)
        if lowest < SUSPICIOUS_AUC:
            logging.info("An AUC of %.2f: is the sign of a score turned?", lowest)
        return best

    def get_result_with_max_attacker_advantage(self) -> SingleAttackResult | None:
        """The attack with the largest advantage; None where there are no results."""
        return self._best(SingleAttackResult.get_attacker_advantage)

    def get_result_with_max_ppv(self) -> SingleAttackResult | None:
        """The attack with the largest legacy PPV, with a warning; None without results."""
        warn_legacy("ppv", asked="AttackResults.get_result_with_max_ppv")
        return self._best(SingleAttackResult.legacy_ppv)

    def get_result_with_max_epsilon(self) -> SingleAttackResult | None:
        """The attack with the largest mean legacy epsilon, with a warning; None without results."""
        warn_legacy("epsilon_lower_bound", asked="AttackResults.get_result_with_max_epsilon")
        return self._best(lambda each: float(np.mean(each.legacy_epsilon_lower_bound())))

    def save(self, filepath: str | Path, *, records: bool = False) -> None:
        """Write JSON, with the report where there is one.

        Parameters
        ----------
        filepath : any name; the content is JSON, nothing is pickled.
        records : keep scores and indices of single records, which tell who was a member.
        """
        result_files.write(
            Path(filepath),
            self.single_attack_results,
            self.privacy_report_metadata,
            None if self.make_report is None else self.report,
            records=records,
        )

    @classmethod
    def load(cls, filepath: str | Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        InvalidInput : the file is something else. Pickled results of TensorFlow Privacy are not
            read: unpickling runs whatever code a file holds.
        """
        singles, metadata, report = result_files.read(Path(filepath))
        return cls(singles, metadata, None if report is None else lambda: report)

    def _best(self, metric: Callable[[SingleAttackResult], float]) -> SingleAttackResult | None:
        return max(self.single_attack_results, key=metric, default=None)


@dataclass(eq=False)
class AttackResultsCollection:
    """Results of several models, or of one model at several epochs.

    Parameters
    ----------
    attack_results_list : one a model.
    """

    attack_results_list: list[AttackResults]

    def append(self, attack_results: AttackResults) -> None:
        """Add the results of one more model."""
        self.attack_results_list.append(attack_results)

    def save(self, dirname: str | Path, *, records: bool = False) -> None:
        """Write one JSON file a model into the folder `dirname`; see `AttackResults.save`."""
        for place, results in enumerate(self.attack_results_list):
            name = result_files.file_name(results.privacy_report_metadata, place)
            results.save(Path(dirname) / name, records=records)

    @classmethod
    def load(cls, dirname: str | Path) -> Self:
        """Read the JSON files of the folder `dirname`, in the order in which they were saved."""
        return cls([AttackResults.load(path) for path in sorted(Path(dirname).glob("*.json"))])


def get_flattened_attack_metrics(
    results: AttackResults,
) -> tuple[list[str], list[str], list[str], list[float]]:
    """Attack, slice, metric and value of every number, as four lists of one length."""
    rows = [
        (str(each.attack_type), str(each.slice_spec), name, value)
        for each in results.single_attack_results
        for name, value in (
            ("adv", each.get_attacker_advantage()),
            ("auc", each.get_auc()),
            ("legacy_ppv", each.legacy_ppv()),
        )
    ]
    columns = [list(column) for column in zip(*rows)] or [[], [], [], []]
    return columns[0], columns[1], columns[2], columns[3]
