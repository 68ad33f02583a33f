"""Membership inference on a trained classifier, by TensorFlow Privacy's names."""

from tacit.compat.tf_privacy.installing import lend

# names that modules bore in earlier versions of TensorFlow Privacy
lend(f"{__name__}.utils", "tacit.compat.tf_privacy.privacy_tests.losses")
lend(f"{__name__}.membership_inference_attack_new", f"{__name__}.membership_inference_attack")
