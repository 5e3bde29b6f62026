"""Markers, their tables and their peaks: what is known about a genome."""
