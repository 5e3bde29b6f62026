"""Fetching public data: the table of sources, downloads that resume and are checked, references."""
