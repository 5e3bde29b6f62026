"""Genome-wide prediction: which bases are read, how values are computed, what is written."""
