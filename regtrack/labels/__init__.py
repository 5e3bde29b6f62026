"""Markers, markers tables and peak files."""
