"""The plan format as JSON Schema, for editors that complete and check."""

from __future__ import annotations

from typing import Any

from composer.plan.model import (
    DYNAMIC_LEVELS,
    DYNAMIC_SHAPES,
    FILE_WORDS,
    TRANSFORMATIONS,
    Plan,
)

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"


def plan_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a plan file; short forms such as `dynamics: p` included."""
    schema = Plan.model_json_schema(mode="validation")
    schema["$schema"] = SCHEMA_ID
    schema["title"] = "Ritornello plan"
    definitions = schema["$defs"]
    for definition in (schema, *definitions.values()):
        properties = definition.get("properties", {})
        for field, word in FILE_WORDS.items():
            if field in properties:
                properties[word] = properties.pop(field)
    definitions["Dynamics"] = {"oneOf": [definitions["Dynamics"], {"enum": [*DYNAMIC_LEVELS, *DYNAMIC_SHAPES]}]}
    definitions["Transformation"] = {"oneOf": [{"enum": list(TRANSFORMATIONS)}, _transformation_objects()]}
    ids = definitions["RepeatEntry"]["properties"]["sections"]
    definitions["RepeatEntry"] = {"oneOf": [definitions["RepeatEntry"], ids, {"type": "string"}]}
    for name in ("PhraseEntry", "VoiceEntry"):
        bars = definitions[name]["properties"]["theme_bars"]
        definitions[name]["properties"]["theme_bars"] = {"anyOf": [*bars["anyOf"], {"type": "integer", "minimum": 1}]}
    for word in ("chords", "soprano", "bass"):
        listed = definitions["Formula"]["properties"][word]
        definitions["Formula"]["properties"][word] = {"oneOf": [listed, {"type": "string"}]}
    for owner in (schema, definitions["SectionEntry"], definitions["PhraseEntry"]):
        owner["properties"]["style"] = _with_text(owner["properties"]["style"])
    glide = definitions["Glide"]["properties"]
    glide |= {"from": _with_text(glide["from"]), "to": _with_text(glide["to"])}
    glide["via"] = {"type": "array", "items": _with_text(glide["via"]["items"])}
    clean: dict[str, Any] = _without_null(schema)
    return clean


def _with_text(style: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a style that may also be a name, or a glide in words."""
    options = style.get("anyOf") or style.get("oneOf") or [style]
    flat = [each for option in options for each in (option.get("oneOf") or [option])]
    return {"title": "Style", "oneOf": [{"type": "string"}, *(each for each in flat if each != {"type": "null"})]}


def _transformation_objects() -> dict[str, Any]:
    values = {"type": ["number", "string", "object"]}
    properties = {name: {**values, "description": hint} for name, hint in TRANSFORMATIONS.items()}
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _without_null(part: Any) -> Any:
    """Drop `null` alternatives and `default: null`: in a file a field that is not said is left out."""
    if isinstance(part, dict):
        kept = {key: _without_null(value) for key, value in part.items() if not (key == "default" and value is None)}
        options = kept.get("anyOf")
        if isinstance(options, list):
            options = [option for option in options if option != {"type": "null"}]
            if len(options) == 1:
                del kept["anyOf"]
                return {**kept, **options[0]}
            kept["anyOf"] = options
        return kept
    if isinstance(part, list):
        return [_without_null(item) for item in part]
    return part
