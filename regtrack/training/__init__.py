"""Training with Lightning: the loss, the loop around a network, and the folder of a run."""
