"""The JSON Schema knows every field of the format."""

from __future__ import annotations

import json

from composer.plan.model import FILE_WORDS, Glide, PhraseEntry, Plan, SectionEntry, VoiceEntry
from composer.plan.schema import plan_schema


def test_every_field_is_in_the_schema_under_its_word_in_the_file():
    schema = plan_schema()
    assert set(schema["properties"]) == set(Plan.model_fields)
    for model in (SectionEntry, PhraseEntry, VoiceEntry, Glide):
        words = {FILE_WORDS.get(name, name) for name in model.model_fields}
        assert set(schema["$defs"][model.__name__]["properties"]) == words
        assert schema["$defs"][model.__name__]["additionalProperties"] is False


def test_short_forms_are_allowed():
    schema = plan_schema()
    assert {"type": "string"} in schema["properties"]["style"]["oneOf"]
    for entry in ("SectionEntry", "PhraseEntry"):
        assert {"type": "string"} in schema["$defs"][entry]["properties"]["style"]["oneOf"]
    glide = {"$ref": "#/$defs/Glide"}
    assert glide in schema["properties"]["style"]["oneOf"]
    assert glide in schema["$defs"]["SectionEntry"]["properties"]["style"]["oneOf"]
    assert glide not in schema["$defs"]["PhraseEntry"]["properties"]["style"]["oneOf"]
    assert schema["$defs"]["Glide"]["required"] == ["from", "to"]
    assert {"type": "integer", "minimum": 1} in schema["$defs"]["VoiceEntry"]["properties"]["theme_bars"]["anyOf"]
    assert "mf" in schema["$defs"]["Dynamics"]["oneOf"][1]["enum"]


def test_it_is_json():
    assert json.loads(json.dumps(plan_schema())) == plan_schema()
