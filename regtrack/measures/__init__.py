"""Measures of how well scores separate labelled bases from others; loading it is quick."""
