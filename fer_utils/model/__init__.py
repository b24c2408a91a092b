"""Arrays in, a trained and evaluated model folder out."""

import logging
import os

# TensorFlow's start-up lines and its notes on exports would stand in every notebook otherwise.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
logging.getLogger("tensorflow").setLevel(logging.WARNING)
