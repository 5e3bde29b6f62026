"""Scores of models: streamed curves, and reports per marker and category."""
