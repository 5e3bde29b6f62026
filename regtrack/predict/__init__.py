"""Running a network: devices, exactness, and what it says of codes."""
