"""Planned against found."""
