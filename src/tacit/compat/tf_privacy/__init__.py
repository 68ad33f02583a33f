"""TensorFlow Privacy's ``privacy_tests`` by the same names: change one import, keep the script.

::

    from tensorflow_privacy.privacy.privacy_tests.membership_inference_attack import (
        membership_inference_attack as mia,
    )

becomes

::

    from tacit.compat.tf_privacy.privacy_tests.membership_inference_attack import (
        membership_inference_attack as mia,
    )

and no TensorFlow is needed. Changing ``tensorflow_privacy`` to ``tacit.compat.tf_privacy`` in every
import line does too. `install` makes even the old import line work. What changes in the
numbers, and why, is told in ``docs/guides/from-tf-privacy.md``; the honest report of every run is
``results.report``.
"""

from tacit.compat.tf_privacy.installing import install, nothing_else_in, refuse_others, uninstall
from tacit.compat.tf_privacy.legacy import LegacyNumberWarning, WrongFieldWarning

# scripts ask the top of TensorFlow Privacy for its optimizers
refuse_others(__name__)
__getattr__ = nothing_else_in(__name__)

__all__ = ["LegacyNumberWarning", "WrongFieldWarning", "install", "uninstall"]
