"""Run the notebooks as a pipeline, write reports, and serve the live page."""
