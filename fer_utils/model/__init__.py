"""Arrays in, a trained and evaluated model folder out."""
