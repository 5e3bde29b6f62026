"""The networks: shared blocks, one builder per family, and the registry of names (torch only)."""
