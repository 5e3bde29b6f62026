"""Figures by matplotlib, as functions of arrays."""
