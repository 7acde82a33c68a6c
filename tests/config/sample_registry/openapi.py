"""As much of the registry's OpenAPI file as tells whether a study has its shape: names, kinds and allowed values.

It is read by its indentation, since nothing else in the project needs a YAML library.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_NAME = re.compile(r"^    (\w+):$")
_SECTION = re.compile(r"^      (\w+):")
_PROPERTY = re.compile(r"^        (\w+):$")
_KIND = re.compile(r'^(?:          |            )(type|\$ref): "(?:#/components/schemas/)?(\w+)"$')
_VALUE = re.compile(r'^      - "(.+)"$')


@dataclass
class Schema:
    properties: dict[str, list[str]] = field(default_factory=dict)
    values: set[str] = field(default_factory=set)


def read(path: Path) -> dict[str, Schema]:
    schemas: dict[str, Schema] = {}
    name = key = section = ""
    text = path.read_text(encoding="utf-8")
    for line in text[text.index("  schemas:") :].splitlines():
        if found := _NAME.match(line):
            name, key = found.group(1), ""
            schemas[name] = Schema()
        elif name and (found := _PROPERTY.match(line)):
            key = found.group(1)
            schemas[name].properties[key] = []
        elif key and (found := _KIND.match(line)):
            schemas[name].properties[key].append(found.group(2))
        elif section == "enum" and (found := _VALUE.match(line)):
            schemas[name].values.add(found.group(1))
        elif found := _SECTION.match(line):
            section = found.group(1)
    return schemas


def complaints(value: Any, kinds: list[str], schemas: dict[str, Schema], where: str = "study") -> list[str]:
    """What in a value is not as the schema says; a kind is `["array", "Location"]` or `["Status"]`."""
    if kinds[0] == "array":
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [text for item in value for text in complaints(item, kinds[1:], schemas, where + "[]")]
    if kinds[0] in _PLAIN:
        return [] if type(value) in _PLAIN[kinds[0]] else [f"{where} is {value!r}, no {kinds[0]}"]
    schema = schemas[kinds[0]]
    if schema.values:
        return [] if value in schema.values else [f"{where} has {value!r}"]
    if not schema.properties:
        return []
    return [text for key, inner in value.items() for text in _of_key(key, inner, schema, schemas, where)]


_PLAIN: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "object": (dict,),
}  # fmt: skip


def _of_key(key: str, value: Any, schema: Schema, schemas: dict[str, Schema], where: str) -> list[str]:
    if key not in schema.properties:
        return [f"{where}.{key} is unknown"]
    return complaints(value, schema.properties[key], schemas, f"{where}.{key}")
