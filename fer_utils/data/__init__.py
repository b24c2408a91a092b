"""Raw files in, clean and balanced arrays out."""
