"""Score to arrays and back: grid, codec (an inverse pair), conditions (named feature widths)."""
