"""Writers of files: each is a function of (thing, path), beside one that returns the bytes."""
