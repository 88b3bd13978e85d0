# SPDX-License-Identifier: MIT
"""The schemas of the tool's JSON as tables: ``.. json-schemas:: schema/*.json``.

A section for each, named like its command, in the order of the names; what
common.json defines is said where it is used, and its lists of words at the end.
"""

import glob
import json
import os
import re

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import nested_parse_with_titles

NAMES = {"nanoseconds": "integer, ns", "count": "integer", "number": "integer", "ppb": "integer, 10^-9",
         "permille": "integer, ‰", "text": "string", "histogram": "32 integers"}


def words(values):
    return ", ".join(f"``{value}``" for value in values)


def kind(schema):
    """What stands in the column of types."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return NAMES.get(name) or f":ref:`{name} <json-{name}>`"
    if "enum" in schema:
        return words(schema["enum"])
    if "const" in schema:
        return f"``{json.dumps(schema['const'])}``"
    if schema["type"] == "array":
        inner = kind(schema["items"]) if isinstance(schema["items"], dict) else ""
        return f"array of {inner}s" if inner in ("object", "array") else f"array of {inner}"
    return schema["type"]


def rows(schema, prefix=""):
    """(member, type, meaning) of all members, those inside others behind them."""
    for name, member in schema.get("properties", {}).items():
        yield prefix + name, kind(member), member.get("description", "")
        if member.get("type") == "object":
            yield from rows(member, f"{prefix}{name}.")
        if member.get("type") == "array" and member["items"].get("type") == "object":
            yield from rows(member["items"], f"{prefix}{name}[].")
        if member.get("type") == "array" and "prefixItems" in member["items"]:
            yield f"{prefix}{name}[]", "2 integers", member["items"]["description"]


def table(schema):
    out = [".. list-table::", "   :header-rows: 1", "   :widths: 36 22 42", "",
           "   * - member", "     - type", "     - meaning"]
    for name, type_, meaning in rows(schema):
        out += [f"   * - ``{name}``", f"     - {type_}", "     - " + re.sub(r"([*_`])", r"\\\1", meaning)]
    return out + [""]


def heading(text, line, label):
    return [f".. _json-{label}:", "", text, line * len(text), ""]


def document(name, schema):
    command = schema["title"].split(" --")[0]
    out = heading(f"``{schema['title']}``", "-", name) + [schema["description"], "",
           f"``schema/{name}.json``, ``{command}``", ""]
    if "$ref" in schema:
        return out + [f"It is that of :ref:`{schema['$ref'].removesuffix('.json')} "
                      f"<json-{schema['$ref'].removesuffix('.json')}>`.", ""]
    for choice in schema.get("oneOf", [schema]):
        if choice is not schema:
            out += [choice["description"][0].upper() + choice["description"][1:] + ":", ""]
        out += table(choice)
    return out


def common(schema):
    out = heading("Words", "-", "words")
    for name, item in schema["$defs"].items():
        if "enum" in item:
            out += heading(name, "~", name) + [item["description"][0].upper() + item["description"][1:] + ":",
                   words(item["enum"]) + ".", ""]
    return out


class JsonSchemas(SphinxDirective):
    required_arguments = 1

    def run(self):
        paths = sorted(glob.glob(os.path.join(self.env.srcdir, self.arguments[0])))
        if not paths:
            raise ExtensionError(f"no schema is {self.arguments[0]}")
        lines, last = [], []
        for path in paths:
            self.env.note_dependency(path)
            with open(path, encoding="utf-8") as file:
                schema = json.load(file)
            name = os.path.basename(path).removesuffix(".json")
            if name == "common":
                last = common(schema)
            else:
                lines += document(name, schema)
        node = nodes.section()
        node.document = self.state.document
        nested_parse_with_titles(self.state, StringList(lines + last, source=paths[0]), node)
        return node.children


def setup(app):
    app.add_directive("json-schemas", JsonSchemas)
    return {"version": "1", "parallel_read_safe": True}
