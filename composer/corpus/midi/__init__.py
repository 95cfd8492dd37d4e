"""Standard MIDI Files to Scores."""
