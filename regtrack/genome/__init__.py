"""Coordinates, chromosomes and sequence: NumPy and pyfaidx only."""
