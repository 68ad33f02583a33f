"""Results as JSON, both ways; nothing is pickled."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tacit.compat.tf_privacy.privacy_tests.epsilon_lower_bound import BoundMethod
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_result import (
    EpsilonLowerBoundValue,
    RocCurve,
    SingleAttackResult,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.attack_types import (
    AttackType,
    DataSize,
    PrivacyReportMetadata,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.slice_specs import (
    SingleSliceSpec,
    SlicingFeature,
)
from tacit.core import InvalidInput, Report
from tacit.core.files import write_whole

FORMAT = "tacit.compat.tf_privacy results, version 1"
RECORDS = (
    "membership_scores_train",
    "membership_scores_test",
    "train_indices",
    "test_indices",
)
Read = tuple[list[SingleAttackResult], PrivacyReportMetadata | None, Report | None]


def file_name(metadata: PrivacyReportMetadata | None, place: int) -> str:
    """The name of the file for the results in the place `place` of a collection."""
    if metadata is None:
        return f"{place:04d}.json"
    label = re.sub(r"[^\w.-]+", "_", metadata.model_variant_label)
    return f"{place:04d}_{label}_epoch_{metadata.epoch_num}.json"


def write(
    path: Path,
    singles: Sequence[SingleAttackResult],
    metadata: PrivacyReportMetadata | None,
    report: Report | None,
    *,
    records: bool,
) -> None:
    """Write results to `path` in one step; with what single records scored only where `records`."""
    plain = {
        "format": FORMAT,
        "single_attack_results": [_attack(each, records=records) for each in singles],
        "privacy_report_metadata": None
        if metadata is None
        else {name: _plain(value) for name, value in vars(metadata).items()},
        "report": None if report is None else report.to_dict(),
    }
    write_whole(path, json.dumps(plain, allow_nan=False, indent=1).encode("utf8"))


def read(path: Path) -> Read:
    """What `write` wrote: the results, what is known of the model, and the report.

    Raises
    ------
    InvalidInput : the file is not JSON, another JSON, or damaged.
    """
    try:
        plain = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f"`{path}` is not a JSON file of results. Results that TensorFlow Privacy pickled are"
            " not read, as unpickling runs code: run the attacks again."
        ) from error
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise InvalidInput(f"`{path}` needs the format {FORMAT!r}; this JSON file is another.")
    try:
        singles = [_read_attack(each) for each in plain["single_attack_results"]]
        known, report = plain["privacy_report_metadata"], plain["report"]
        return (
            singles,
            None if known is None else PrivacyReportMetadata(**known),
            None if report is None else Report.from_dict(report),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"`{path}` is damaged: {error!r}.") from error


def _attack(result: SingleAttackResult, *, records: bool) -> dict[str, Any]:
    roc = result.roc_curve
    bounds = result.epsilon_lower_bound_value.bounds
    plain = {
        "slice": _slice(result.slice_spec, records=records),
        "data_size": [int(size) for size in result.data_size],
        "attack_type": result.attack_type.value,
        "roc_curve": {name: _plain(value) for name, value in vars(roc).items()},
        "epsilon_lower_bound": {method.value: _plain(bound) for method, bound in bounds.items()},
    }
    if records:
        plain["records"] = {name: _plain(getattr(result, name)) for name in RECORDS}
    return plain


def _read_attack(plain: dict[str, Any]) -> SingleAttackResult:
    roc = {name: _numbers(value) for name, value in plain["roc_curve"].items()}
    bounds = {
        BoundMethod(name): _numbers(bound) for name, bound in plain["epsilon_lower_bound"].items()
    }
    return SingleAttackResult(
        slice_spec=_read_slice(plain["slice"]),
        data_size=DataSize(*plain["data_size"]),
        attack_type=AttackType(plain["attack_type"]),
        roc_curve=RocCurve(**roc),
        epsilon_lower_bound_value=EpsilonLowerBoundValue(bounds),
        **{name: _numbers(value) for name, value in plain.get("records", {}).items()},
    )


def _slice(spec: SingleSliceSpec, *, records: bool) -> dict[str, Any]:
    value = spec.value
    if spec.feature is SlicingFeature.CUSTOM:
        train, test, group, name = value
        value = [
            _plain(train) if records else None,
            _plain(test) if records else None,
            _plain(group),
            name if name is not None or records else f"group {group}",
        ]
    elif spec.feature is SlicingFeature.PERCENTILE:
        value = [_plain(end) for end in value]
    return {"feature": None if spec.feature is None else spec.feature.value, "value": _plain(value)}


def _read_slice(plain: dict[str, Any]) -> SingleSliceSpec:
    if plain["feature"] is None:
        return SingleSliceSpec(None, plain["value"])
    feature, value = SlicingFeature(plain["feature"]), plain["value"]
    if feature is SlicingFeature.CUSTOM:
        train, test, group, name = value
        value = (_numbers(train), _numbers(test), group, name)
    elif feature is SlicingFeature.PERCENTILE:
        value = tuple(value)
    return SingleSliceSpec(feature, value)


def _plain(value: Any) -> Any:
    """What JSON can hold; numbers that are not finite become text."""
    if isinstance(value, np.ndarray):
        return [_plain(each) for each in value.tolist()]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value


def _numbers(value: Any) -> Any:
    """The array (or number) that `_plain` took apart."""
    if not isinstance(value, list):
        return float(value) if isinstance(value, str) else value
    return np.asarray([float(each) if isinstance(each, str) else each for each in value])
