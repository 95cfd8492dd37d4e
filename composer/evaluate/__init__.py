"""Benchmarks of the network and of composed pieces."""

from composer.evaluate.likelihood import Evaluation, evaluate_network

__all__ = ["Evaluation", "evaluate_network"]
