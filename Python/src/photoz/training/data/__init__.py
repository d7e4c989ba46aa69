"""Labelled partitions as training reads them. Needs no PyTorch."""
