"""What a model looks at: gradients, mutations, the effective receptive field."""
