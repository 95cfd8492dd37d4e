"""Writers of files: functions of (thing, path)."""
