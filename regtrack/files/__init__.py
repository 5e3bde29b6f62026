"""Reading files: what a file is, the lines of a text, and the records that regtrack writes."""
