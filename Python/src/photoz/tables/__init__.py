"""Catalogues of any kind as one thing, whole or a chunk at a time."""
