"""Figures: take and return Axes."""
