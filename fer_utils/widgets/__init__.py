"""Bring vision into the browser: live camera, charts, acting practice, pictures, and videos."""
