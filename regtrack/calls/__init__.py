"""Peaks of tracks: thresholds with a stated precision, found in whole genomes."""
