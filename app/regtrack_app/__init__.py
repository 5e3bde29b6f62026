"""The dashboard: tracks of several models next to the labels."""
