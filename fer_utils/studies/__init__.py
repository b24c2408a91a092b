"""Longer experiments: published results redone, and balancing compared."""
