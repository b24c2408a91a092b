"""Evaluate a model folder on faces."""
