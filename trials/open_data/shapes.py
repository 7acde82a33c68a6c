"""Short ways to write a JSON Schema: each value has a kind and a sentence that tells what it is. Pure."""

from typing import Any

Schema = dict[str, Any]


def text(about: str) -> Schema:
    return {"type": "string", "description": about}


def maybe_date(about: str) -> Schema:
    return {"type": ["string", "null"], "format": "date", "description": about}


def date(about: str) -> Schema:
    return {"type": "string", "format": "date", "description": about}


def address(about: str) -> Schema:
    return {"type": "string", "format": "uri", "description": about}


def whole(about: str, least: int = 0) -> Schema:
    return {"type": "integer", "minimum": least, "description": about}


def maybe_whole(about: str) -> Schema:
    return {"type": ["integer", "null"], "minimum": 0, "description": about}


def maybe_number(about: str) -> Schema:
    return {"type": ["number", "null"], "description": about}


def yes_no(about: str) -> Schema:
    return {"type": "boolean", "description": about}


def maybe_yes_no(about: str) -> Schema:
    return {"type": ["boolean", "null"], "description": f"{about} Null: the record does not say."}


def nct_id(about: str) -> Schema:
    return {"type": "string", "pattern": "^NCT[0-9]{8}$", "description": about}


def texts(about: str) -> Schema:
    return {"type": "array", "items": {"type": "string"}, "description": about}


def many(item: Schema, about: str) -> Schema:
    return {"type": "array", "items": item, "description": about}


def one_of(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def maybe(item: Schema, about: str) -> Schema:
    return {"anyOf": [item, {"type": "null"}], "description": about}


def closed(**properties: Schema) -> Schema:
    """An object that has all of these keys and no other."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
