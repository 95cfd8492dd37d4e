"""Benchmarks of the network and of composed pieces."""
