"""Regulatory markers from DNA, as genome browser tracks."""
