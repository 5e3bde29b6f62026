"""Regions of opened tracks as pictures: what is read, on which scales, and the figure of it."""
