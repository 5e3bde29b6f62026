"""Scores of models: streamed curves, and reports by marker and category."""
