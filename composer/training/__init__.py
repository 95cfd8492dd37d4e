"""Data sets, fitting, checkpoints, own styles and players."""

from composer.training.train import TrainingResult, train_from_config

__all__ = ["TrainingResult", "train_from_config"]
