"""Sections and themes from the network: pins, particles, critics."""
