"""Read videos; write tables of the faces in them and annotated copies."""
