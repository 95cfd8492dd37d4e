"""ABC notation (standard 2.1) to Scores."""
