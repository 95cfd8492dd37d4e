"""Score ⇄ arrays: the grid of the network, the codec (an inverse pair), the conditions with their named widths."""
