"""A genome with planted grammar, whose answer is known."""
