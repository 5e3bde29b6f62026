"""Figures, drawn by functions of arrays."""
