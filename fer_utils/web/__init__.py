"""Recognize faces in the browser: JavaScript modules named like their Python counterparts."""
