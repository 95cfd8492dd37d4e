"""Score to Outline: local keys, chords, phrases, cadences, sections, hands; statistics; shared runs."""
