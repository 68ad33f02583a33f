"""Membership inference on a trained classifier, by TensorFlow Privacy's names."""
