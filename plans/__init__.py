"""Form templates and worked example plans (YAML); read with `importlib.resources.files("composer.plans")`."""
