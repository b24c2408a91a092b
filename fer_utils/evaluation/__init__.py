"""A model folder and faces in; figures out."""
