"""Run TensorFlow Privacy's own tests against `tacit.compat.tf_privacy`, import lines changed.

    git clone https://github.com/tensorflow/privacy && git -C privacy checkout 03035d5
    python tools/tf_privacy_suite.py privacy [--all] [--list]

Their tests are read from the checkout, rewritten in a temporary folder (the name of the package in
import lines and in the paths of ``mock.patch``, nothing else) and run with unittest. `absl-py`,
`pandas` and `matplotlib` are needed, TensorFlow is not. Exit code 1 where a test fails that is not
expected to, or one passes that is.
"""

import argparse
import importlib.util
import os
import sys
import tempfile
import unittest
import warnings
from pathlib import Path

COMMIT = "03035d5d4a271ac795dab80f5bc1cef82fc3d462"
OLD, NEW = "tensorflow_privacy.privacy.privacy_tests", "tacit.compat.tf_privacy.privacy_tests"
FOLDER = "tensorflow_privacy/privacy/privacy_tests"
ATTACKS = "membership_inference_attack"

# the names that scripts use most: results, attacks, losses, slices, bounds, attackers, scores
SCOPE = (
    f"{ATTACKS}/data_structures_test.py",
    f"{ATTACKS}/membership_inference_attack_test.py",
    "utils_test.py",
    f"{ATTACKS}/dataset_slicing_test.py",
    "epsilon_lower_bound_test.py",
    f"{ATTACKS}/models_test.py",
    f"{ATTACKS}/advanced_mia_test.py",
    "secret_sharer/exposures_test.py",
)
BEYOND = (
    f"{ATTACKS}/privacy_report_test.py",
    "secret_sharer/generate_secrets_test.py",
    f"{ATTACKS}/seq2seq_mia_test.py",
)
# the tests build models with TensorFlow; the code under test does not need it
WITH_TENSORFLOW = (f"{ATTACKS}/keras_evaluation_test.py",)

# test function: why its expectation is not met, on purpose
EXPECTED = {
    "RocCurveTest.test_string": "the text calls the PPV a legacy number",
    "SingleAttackResultTest.test_string": "the text calls PPV and epsilon legacy numbers",
    "SingleMembershipProbabilityResultTest.test_collect_results": (
        "the text calls epsilon a legacy number"
    ),
    "AttackResultsTest.test_summary_by_slices": "the text calls PPV and epsilon legacy numbers",
    "AttackResultsTest.test_summary_without_slices": (
        "the text calls PPV and epsilon legacy numbers"
    ),
    "AttackResultsTest.test_calculate_pd_dataframe": (
        "the columns of PPV and epsilon are called legacy numbers"
    ),
    "RunSeq2SeqAttackTest.test_run_seq2seq_attack_calculates_correct_metadata": (
        "the loss is the mean over tokens; theirs divides a batch's sum by its sequences twice"
    ),
}


def rewritten(source: str) -> str:
    """The test file with the name of the package changed."""
    return source.replace(OLD, NEW)


def load(path: Path, folder: Path) -> unittest.TestSuite:
    """The tests of one file of theirs."""
    name = "tfp_" + path.stem
    target = folder / f"{name}.py"
    target.write_text(rewritten(path.read_text(encoding="utf8")), encoding="utf8")
    spec = importlib.util.spec_from_file_location(name, target)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return unittest.defaultTestLoader.loadTestsFromModule(module)


def cases(suite: unittest.TestSuite) -> list[unittest.TestCase]:
    """All single tests, parameters expanded."""
    found: list[unittest.TestCase] = []
    for item in suite:
        found += cases(item) if isinstance(item, unittest.TestSuite) else [item]
    return found


def function(case: unittest.TestCase, source: str) -> str:
    """``Class.function`` of a case; a parameterised case is named by the function it came from."""
    kind, method = type(case).__name__, case._testMethodName
    while kind and f"class {kind}(" not in source:
        kind = kind[:-1]
    while method and f"def {method}(" not in source:
        method = method[:-1]
    return f"{kind}.{method}"


def run(path: Path, folder: Path) -> dict[str, str]:
    """Each test function of a file with what went wrong first, empty where nothing did."""
    source = path.read_text(encoding="utf8")
    outcome: dict[str, str] = {}
    for case in cases(load(path, folder)):
        result = unittest.TestResult()
        case.run(result)
        wrong = [text.strip().splitlines()[-1] for _, text in result.failures + result.errors]
        name = function(case, source)
        outcome[name] = outcome.get(name, "") or (wrong[0] if wrong else "")
    return outcome


def files(every: bool) -> tuple[str, ...]:
    """Their test files to run."""
    if not every:
        return SCOPE
    return SCOPE + BEYOND + (WITH_TENSORFLOW if importlib.util.find_spec("tensorflow") else ())


def main() -> int:
    """Run, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout", type=Path, help="of github.com/tensorflow/privacy")
    parser.add_argument("--all", action="store_true", help="also the files beyond the scope")
    parser.add_argument("--list", action="store_true", help="name every test that fails")
    arguments = parser.parse_args()
    os.environ["MPLBACKEND"] = "Agg"
    warnings.simplefilter("ignore")
    total = passed = surprises = 0
    with tempfile.TemporaryDirectory() as temporary:
        for name in files(arguments.all):
            outcome = run(arguments.checkout / FOLDER / name, Path(temporary))
            good = sum(not wrong for wrong in outcome.values())
            print(f"{Path(name).stem:<40} {good:>4} of {len(outcome):>4}")
            for test, wrong in outcome.items():
                surprising = bool(wrong) != (test in EXPECTED)
                surprises += surprising
                if wrong and (arguments.list or surprising):
                    print(f"    {test}: {EXPECTED.get(test, wrong)}")
            total, passed = total + len(outcome), passed + good
    print(f"{'all':<40} {passed:>4} of {total:>4}  ({100 * passed / total:.1f} %)")
    print(f"{surprises} not as expected")
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
