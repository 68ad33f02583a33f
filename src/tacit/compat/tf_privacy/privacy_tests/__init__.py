"""The folder ``privacy_tests`` of TensorFlow Privacy: the same names, on tacit's line."""

import sys

from tacit.compat.tf_privacy.privacy_tests import losses as utils
from tacit.compat.tf_privacy.privacy_tests.version import __version__

__all__ = ["__version__", "utils"]

# scripts import `privacy_tests.utils`; here a module is named by what is in it
sys.modules[__name__ + ".utils"] = utils
