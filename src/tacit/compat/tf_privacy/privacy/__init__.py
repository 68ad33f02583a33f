"""The folder ``privacy`` of TensorFlow Privacy, for scripts in which only the first word of an
import line is changed: ``tensorflow_privacy`` to ``tacit.compat.tf_privacy``.
"""

from tacit.compat.tf_privacy.installing import ATTACKS, OURS, lend, nothing_else_in, refuse_others

lend(f"{__name__}.privacy_tests", OURS)
lend(f"{__name__}.{ATTACKS}", f"{OURS}.{ATTACKS}")
refuse_others(__name__)
__getattr__ = nothing_else_in(__name__)
