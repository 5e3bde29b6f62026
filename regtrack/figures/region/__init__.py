"""Tracks of a region beside labels and genes, as publications print them."""
