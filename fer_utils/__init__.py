"""Facial expression recognition: from raw faces to a trained, evaluated model."""
