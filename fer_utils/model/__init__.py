"""Arrays in, a trained and evaluated model folder out."""

import os

# TensorFlow's start-up lines would stand in every notebook otherwise.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
