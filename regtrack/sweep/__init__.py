"""A model over a genome: what is read, what is computed, what is written."""
