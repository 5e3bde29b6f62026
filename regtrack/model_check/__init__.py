"""What a network is: everything it says of itself, measured by calling it."""
