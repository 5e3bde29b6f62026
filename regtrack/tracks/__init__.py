"""Values along a genome, as files that genome browsers show."""
