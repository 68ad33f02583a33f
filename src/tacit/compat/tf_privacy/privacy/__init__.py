"""The folder ``privacy`` of TensorFlow Privacy, for scripts in which only the first word of an
import line is changed: ``tensorflow_privacy`` to ``tacit.compat.tf_privacy``.
"""

from tacit.compat.tf_privacy.installing import lend

lend(f"{__name__}.privacy_tests")
