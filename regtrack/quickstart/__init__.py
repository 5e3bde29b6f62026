"""All steps on real data in one command."""
