"""bigWig files: written through a guard, read with errors that say what is wrong."""
