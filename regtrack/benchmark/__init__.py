"""Benchmarks whose answer is known."""
