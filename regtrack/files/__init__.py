"""Reading files that others wrote: what a file is, and the lines of a text."""
