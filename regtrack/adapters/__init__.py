"""Published networks, described: a function each, for `NetworkSource` or for use from Python."""
