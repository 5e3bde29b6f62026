"""What a network is: every claim of its description, measured by calling it."""
