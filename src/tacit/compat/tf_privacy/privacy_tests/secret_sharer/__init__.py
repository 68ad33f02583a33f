"""Secrets planted in a training set, and how exposed they are."""
