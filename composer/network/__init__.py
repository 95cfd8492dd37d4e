"""The biaxial network, its sampler and its checkpoint.

Imports nothing heavy by itself: `composer.network.config` and `composer.network.checkpoint.read_card` work
without Keras; `biaxial`, `features` and `sampler` need it.
"""
