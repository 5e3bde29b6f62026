"""The dashboard: tracks of several models beside the labels."""
