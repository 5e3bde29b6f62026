"""The tables of the paper: several models on the validation and test splits, with intervals."""
