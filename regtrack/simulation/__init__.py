"""Simulated genomes with planted grammar and known answers."""
