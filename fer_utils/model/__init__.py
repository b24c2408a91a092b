"""Train models on arrays of faces, and open trained model folders."""

import os

# Keeps TensorFlow's startup messages out of notebooks.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
