"""The networks: shared blocks, a builder a family, and the registry of names (torch only)."""
