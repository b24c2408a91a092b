"""Find faces in pictures and recognize their emotions."""
