"""The biaxial network, its sampler, its checkpoint."""
