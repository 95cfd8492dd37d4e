"""Style cards, their statistics and networks; read with `importlib.resources.files("composer.styles")`."""
