"""What the machine offers this process: cores, memory and disk."""
