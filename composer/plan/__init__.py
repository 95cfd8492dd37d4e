"""The planning layers: brief, model, forms, phrases, harmony, planner, YAML reader and writer."""
