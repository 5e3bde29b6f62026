"""Hubs and sessions: tracks and items in genome browsers, and whether a served hub works there."""
