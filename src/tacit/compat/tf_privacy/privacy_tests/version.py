"""The version of TensorFlow Privacy's ``privacy_tests`` whose names these are."""

__version__ = "0.1.0"
