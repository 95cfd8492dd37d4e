"""Data sets, fitting, checkpoints, own styles and players."""
