"""Pictures in, faces with emotions out."""
