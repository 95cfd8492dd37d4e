"""Score and Outline to Performance."""
