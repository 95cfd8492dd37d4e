"""Humdrum **kern to Scores."""
