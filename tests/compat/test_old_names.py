"""The old import lines, pictures, and the frameworks' side of `tacit.compat.tf_privacy`."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tacit import InvalidInput, MissingDependency
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import (
    membership_inference_attack as mia,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.data_structures import (
    AttackInputData,
    AttackResults,
    AttackResultsCollection,
    AttackType,
    PrivacyMetric,
    PrivacyReportMetadata,
)
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack.seq2seq_mia import (
    Seq2SeqAttackInputData,
    run_seq2seq_attack,
)

OLD_SCRIPT = """
import sys
from tacit.compat import tf_privacy
tf_privacy.install()
tf_privacy.install()
from tensorflow_privacy.privacy.privacy_tests import utils
from tensorflow_privacy.privacy.privacy_tests.membership_inference_attack import (
    membership_inference_attack as mia,
)
from tensorflow_privacy.privacy.privacy_tests.membership_inference_attack.data_structures import (
    AttackInputData,
    SlicingSpec,
)
from tensorflow_privacy.privacy.privacy_tests.secret_sharer import exposures
import numpy as np
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import (
    membership_inference_attack as ours,
)
import tensorflow_privacy.privacy.privacy_tests.secret_sharer.exposures as renamed
assert mia is ours
assert renamed is exposures and renamed.__spec__.name.startswith("tacit."), renamed.__spec__
assert utils.log_loss
data = AttackInputData(loss_train=np.zeros(3), loss_test=np.ones(3))
assert mia.run_attacks(data).get_result_with_max_auc().get_auc() == 1
tf_privacy.uninstall()
try:
    import tensorflow_privacy
except ImportError:
    print("gone")
"""


def run(code, folder):
    path = os.pathsep.join([str(folder), *sys.path])
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    return done.stdout + done.stderr


def test_after_install_the_old_import_lines_work(tmp_path):
    if _installed():
        pytest.skip("TensorFlow Privacy itself is installed here")
    assert run(OLD_SCRIPT, tmp_path) == "gone\n"


def test_the_name_of_an_installed_package_is_not_taken(tmp_path):
    (tmp_path / "tensorflow_privacy").mkdir()
    (tmp_path / "tensorflow_privacy" / "__init__.py").write_text("", encoding="utf8")
    said = run("from tacit.compat import tf_privacy; tf_privacy.install()", tmp_path)
    assert "InvalidInput: `tensorflow_privacy` is installed here" in said


def test_importing_the_layer_loads_no_framework(tmp_path):
    code = (
        "import sys\n"
        "from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import (\n"
        "    advanced_mia, membership_inference_attack, plotting, privacy_report)\n"
        "heavy = {'tensorflow', 'pandas', 'matplotlib', 'sklearn', 'keras'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert run(code, tmp_path) == "[]\n"


def test_estimators_are_gone_and_the_error_says_what_to_do():
    with pytest.raises(MissingDependency, match="run_attacks"):
        importlib.import_module(f"{mia.__package__}.tf_estimator_evaluation")


def test_only_the_first_word_of_an_import_line_need_change(tmp_path):
    """The same modules under both names: no class exists twice."""
    code = """
from tacit.compat.tf_privacy.privacy.privacy_tests.membership_inference_attack import (
    data_structures as d,
)
from tacit.compat.tf_privacy.privacy.privacy_tests import epsilon_lower_bound, utils
from tacit.compat.tf_privacy.privacy.privacy_tests.membership_inference_attack import advanced_mia
from tacit.compat.tf_privacy.privacy.privacy_tests.membership_inference_attack import (
    membership_inference_attack as mia,
)
from tacit.compat.tf_privacy.privacy.privacy_tests.secret_sharer import exposures
from tacit.compat.tf_privacy.privacy_tests import utils as own_utils
from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import data_structures as own
import numpy as np
assert d is own and utils is own_utils
data = d.AttackInputData(loss_train=np.zeros(3), loss_test=np.ones(3))
assert mia.run_attacks(data).get_result_with_max_auc().get_auc() == 1
assert advanced_mia.compute_score_lira and exposures.compute_exposure_interpolation
from tacit.compat import tf_privacy
tf_privacy.install()
import tensorflow_privacy.privacy.privacy_tests.utils as old
tf_privacy.uninstall()
import tacit.compat.tf_privacy.privacy.privacy_tests.membership_inference_attack.models
print(old is utils)
"""
    assert run(code, tmp_path) == "True\n"


# import lines of TensorFlow Privacy's README, tutorials and codelabs, and of scripts in public
# repositories that were written for versions from 2020 on; P is the package's name
PEOPLE_HAVE = """
from P.privacy.privacy_tests.membership_inference_attack import membership_inference_attack as mia
from P.privacy.privacy_tests.membership_inference_attack import privacy_report
from P.privacy.privacy_tests.membership_inference_attack import advanced_mia as amia
from P.privacy.privacy_tests.membership_inference_attack import data_structures, models, plotting
from P.privacy.privacy_tests.membership_inference_attack.data_structures import SingleSliceSpec
from P.privacy.privacy_tests.membership_inference_attack.data_structures import PrivacyMetric
from P.privacy.privacy_tests.membership_inference_attack.dataset_slicing import get_slice
from P.privacy.privacy_tests.membership_inference_attack.utils import log_loss
from P.privacy.privacy_tests.membership_inference_attack.seq2seq_mia import Seq2SeqAttackInputData
import P.privacy.privacy_tests.membership_inference_attack.plotting as plotting
from P.privacy.privacy_tests.secret_sharer.exposures import compute_exposure_interpolation
from P.privacy.privacy_tests.secret_sharer.generate_secrets import SecretConfig, construct_secret
from P.privacy.privacy_tests.epsilon_lower_bound import EpsilonLowerBound
from P.privacy.privacy_tests import utils, version
from P.privacy.membership_inference_attack import membership_inference_attack as older
from P.privacy.membership_inference_attack import membership_inference_attack_new as newer
from P.privacy.membership_inference_attack.data_structures import AttackInputData, SlicingSpec
from P.privacy.membership_inference_attack.utils import log_loss as older_loss
import P.privacy.membership_inference_attack.plotting
assert mia is older and mia is newer and log_loss is older_loss and utils.log_loss is log_loss
assert data_structures.AttackInputData is AttackInputData and version.__version__
"""
# what they import of the rest of TensorFlow Privacy
NOT_HERE = """
import P
for line in (
    "import P.privacy.analysis.compute_dp_sgd_privacy",
    "from P.privacy.analysis import compute_dp_sgd_privacy",
    "from P.privacy import optimizers",
    "from P.v1 import VectorizedDPKerasSGDOptimizer",
    "P.DPKerasSGDOptimizer()",
):
    try:
        exec(line)
    except (ImportError, AttributeError) as error:
        assert "privacy_tests` only" in str(error) and "Opacus" in str(error), error
    else:
        raise AssertionError(line)
print("said")
"""
INSTALL = "from tacit.compat import tf_privacy\ntf_privacy.install()\n"


@pytest.mark.parametrize(
    ("package", "before"), [("tacit.compat.tf_privacy", ""), ("tensorflow_privacy", INSTALL)]
)
def test_import_lines_that_people_have_work_or_say_what_to_use(package, before, tmp_path):
    if package == "tensorflow_privacy" and _installed():
        pytest.skip("TensorFlow Privacy itself is installed here")
    code = before + (PEOPLE_HAVE + NOT_HERE).replace("P.", f"{package}.")
    assert run(code.replace("import P\n", f"import {package}\n"), tmp_path) == "said\n"


@pytest.fixture
def drawn():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    yield
    matplotlib.pyplot.close("all")


@pytest.mark.usefixtures("drawn")
def test_pictures_of_several_models_name_legacy_metrics_so():
    from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import privacy_report

    rng = np.random.default_rng(0)
    models = AttackResultsCollection([])
    for epoch, scale in ((5, 0.5), (1, 0.9)):
        data = AttackInputData(loss_train=rng.exponential(scale, 99), loss_test=np.arange(1.0, 99))
        known = PrivacyReportMetadata(epoch_num=epoch, accuracy_train=0.9 - scale / 10)
        models.append(mia.run_attacks(data, privacy_report_metadata=known))
    metrics = [PrivacyMetric.AUC, "Positive predictive value", PrivacyMetric.EPSILON_LOWER_BOUND]
    for draw in (privacy_report.plot_by_epochs, privacy_report.plot_privacy_vs_accuracy):
        figure = draw(models, metrics)
        titles = [panel.get_title() for panel in figure.axes]
        assert titles[0] == "AUC for Entire dataset"
        assert all(title.startswith("legacy") for title in titles[1:])
        across = figure.axes[0].lines[0].get_xdata()
        assert list(across) == sorted(across)


@pytest.mark.usefixtures("drawn")
def test_pictures_of_one_attack_are_drawn_and_saved(tmp_path):
    from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import plotting

    data = AttackInputData(loss_train=np.arange(5.0), loss_test=np.arange(2.0, 7.0))
    (result,) = mia.run_attacks(data).single_attack_results
    figure = plotting.plot_roc_curve(result.roc_curve)
    assert f"AUC: {result.get_auc():.3f}" in figure.axes[0].get_legend_handles_labels()[1]
    plotting.save_plot(figure, str(tmp_path / "roc.png"))
    assert (tmp_path / "roc.png").stat().st_size > 1000
    plotting.plot_histograms(np.arange(5.0), np.arange(2.0, 7.0), thresh=3)


def test_the_rank_attack_on_sequences():
    rng = np.random.default_rng(0)

    def batches(gain):
        tokens = rng.integers(0, 9, (30, 2, 6))
        logits = rng.normal(0, 1, (30, 2, 6, 9))
        np.put_along_axis(
            logits, tokens[..., None], gain + np.take_along_axis(logits, tokens[..., None], -1), -1
        )
        return iter(logits), iter(tokens)

    inside, outside = batches(2.0), batches(0.0)
    data = Seq2SeqAttackInputData(inside[0], outside[0], inside[1], outside[1], vocab_size=9)
    found = run_seq2seq_attack(data)
    assert found.single_attack_results[0].get_auc() > 0.95
    assert (
        found.privacy_report_metadata.accuracy_train > found.privacy_report_metadata.accuracy_test
    )
    with pytest.raises(InvalidInput, match="iterator over batches, got list"):
        Seq2SeqAttackInputData([], [], [], [], vocab_size=9).validate()


@pytest.mark.framework
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")
def test_the_keras_callback_leaves_training_alone(tmp_path):
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    pytest.importorskip("tensorboardX")
    from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import keras_evaluation

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(90, 5)).astype("float32"), rng.integers(0, 3, 90)
    parts = ((x[:40], y[:40]), (x[40:], y[40:]))

    def trained(*callbacks):
        keras.utils.set_random_seed(0)
        layers = keras.layers
        model = keras.Sequential([layers.Dense(64, "relu"), layers.Dropout(0.2), layers.Dense(3)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.01), loss)
        model.fit(*parts[0], epochs=3, verbose=0, callbacks=list(callbacks))
        return model

    kinds = (AttackType.THRESHOLD_ATTACK, AttackType.LOGISTIC_REGRESSION)
    watch = keras_evaluation.MembershipInferenceCallback(
        *parts, attack_types=kinds, is_logit=True, tensorboard_dir=tmp_path
    )
    model, bare = trained(watch), trained()
    for first, second in zip(model.get_weights(), bare.get_weights()):
        assert (first == second).all()
    epochs = [each.privacy_report_metadata.epoch_num for each in watch.results.attack_results_list]
    assert epochs == [0, 1, 2]
    assert list(tmp_path.glob("MI/*tfevents*"))
    found = keras_evaluation.run_attack_on_keras_model(model, *parts, is_logit=True)
    assert isinstance(found, AttackResults)
    with pytest.warns(UserWarning, match="answers in logits"):
        again = keras_evaluation.run_attack_on_keras_model(model, *parts)
    assert repr(again) == repr(found)
    chances, losses = keras_evaluation.calculate_losses(model, *parts[0], is_logit=True)
    assert chances.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert losses == pytest.approx(found.single_attack_results[0].membership_scores_train * -1)


def _installed():
    from importlib.util import find_spec

    return find_spec("tensorflow_privacy") is not None


@pytest.mark.slow
def test_their_own_tests_pass_but_for_those_that_are_named():
    checkout = os.environ.get("TACIT_TF_PRIVACY", "")
    if not checkout:
        pytest.skip("set TACIT_TF_PRIVACY to a checkout of github.com/tensorflow/privacy")
    pytest.importorskip("absl")
    tool = Path(__file__).parents[2] / "tools" / "tf_privacy_suite.py"
    done = subprocess.run(
        [sys.executable, str(tool), checkout, "--all"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]


def test_every_test_of_theirs_that_fails_stands_in_the_documents():
    root = Path(__file__).parents[2]
    tool = (root / "tools" / "tf_privacy_suite.py").read_text(encoding="utf8")
    page = (root / "docs" / "tf-privacy-suite.md").read_text(encoding="utf8")
    names = [
        line.split('"')[1]
        for line in tool.splitlines()
        if line.startswith('    "') and "Test.test_" in line
    ]
    assert len(names) == 7
    assert all(f"`{name}`" in page for name in names)
