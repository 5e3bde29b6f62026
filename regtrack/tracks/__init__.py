"""Values along a genome, as files that browsers open."""
