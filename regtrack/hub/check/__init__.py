"""Whether a hub works in genome browsers: fetched and parsed as they do it."""
