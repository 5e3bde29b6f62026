"""The cores, memory and disk that this process may use."""
