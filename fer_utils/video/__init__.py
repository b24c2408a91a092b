"""Clips in; tables and annotated copies out."""
