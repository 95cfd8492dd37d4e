"""MusicXML, plain and compressed, to Scores."""
