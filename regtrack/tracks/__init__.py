"""Values along a genome, in files that genome browsers show."""
