"""Bring vision into the browser: live camera, charts, practice, pictures, videos, and a game."""
