"""Planned against found: what a plan asks for, looked for in the notes."""
