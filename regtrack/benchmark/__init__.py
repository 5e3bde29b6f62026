"""Benchmarks with known answers."""
