"""Tracks of models beside each other and beside the labels, without a page."""
