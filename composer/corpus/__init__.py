"""Files to Scores: a reader per format, each with its list of what it mended."""
