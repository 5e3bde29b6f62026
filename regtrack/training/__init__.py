"""Training on Lightning: the loss, the loop around a network, and a run in a folder."""
