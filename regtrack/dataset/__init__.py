"""A labelled assembly on disk: windows, their split, and labels for any region."""
