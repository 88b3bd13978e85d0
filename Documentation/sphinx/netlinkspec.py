# SPDX-License-Identifier: MIT
"""The netlink specification as a reference page: ``.. netlink-spec:: PATH``.

Reads the YAML of the kernel's specification language as far as this family
uses it; scripts/check-netlink-spec holds the file against header and module.
"""

import os

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import nested_parse_with_titles


def c_name(prefix, name):
    return f"{prefix}{name}".replace("-", "_").upper()


def heading(text, line, label=None):
    return ([f".. _{label}:", ""] if label else []) + [text, line * len(text), ""]


def table(columns, rows, widths):
    out = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in [columns] + rows:
        for n, cell in enumerate(row):
            out.append(("   * - " if n == 0 else "     - ") + " ".join(cell.split()))
    return out + [""]


class Spec:
    def __init__(self, spec):
        self.spec = spec

    def lines(self):
        out = [self.spec["doc"].strip(), ""]
        out += heading("Commands", "-")
        for command in self.spec["operations"]["list"]:
            out += self.command(command)
        out += heading("Groups", "-")
        groups = {op.get("mcgrp"): op["name"] for op in self.spec["operations"]["list"]}
        out += table(["group", "constant", "carries", "needs"], [
            [f"``{group['name']}``", f"``{c_name('', group['c-define-name'])}``",
             self.command_ref(groups.get(group["name"], "event")),
             ", ".join(group.get("flags", [])).replace("-", "_").upper() or "nothing"]
            for group in self.spec["mcast-groups"]["list"]], "15 35 25 25")
        out += heading("Attributes", "-")
        for attributes in self.spec["attribute-sets"]:
            out += self.attributes(attributes)
        out += heading("Values", "-")
        for definition in self.spec["definitions"]:
            out += self.values(definition)
        return out

    @staticmethod
    def command_ref(name):
        return f":ref:`{name} <netlink-command-{name}>`"

    @staticmethod
    def names(attributes):
        return ", ".join(f"``{name}``" for name in attributes)

    def command(self, op):
        prefix = self.spec["operations"]["name-prefix"]
        out = heading(op["name"], "~", f"netlink-command-{op['name']}")
        out += [op["doc"].strip(), ""]
        out += [f":Constant: ``{c_name(prefix, op['name'])}``, {op['value']}"]
        out += [f":Attributes: :ref:`{op['attribute-set']} <netlink-set-{op['attribute-set']}>`"]
        if "admin-perm" in op.get("flags", []):
            out += [":Needs: ``CAP_NET_ADMIN``"]
        for mode in ("do", "dump"):
            for way in ("request", "reply"):
                if way in op.get(mode, {}):
                    out += [f":{mode}, {way}: {self.names(op[mode][way]['attributes'])}"]
        if "event" in op:
            out += [f":Group: ``{op['mcgrp']}``",
                    f":Carries: {self.names(op['event']['attributes'])}"]
        return out + [""]

    def attributes(self, attributes):
        out = heading(attributes["name"], "~", f"netlink-set-{attributes['name']}")
        if "doc" in attributes:
            out += [attributes["doc"].strip(), ""]
        rows = []
        for number, item in enumerate(attributes["attributes"], 1):
            if item["type"] == "pad":
                continue
            kind = item["type"]
            if "enum" in item:
                kind += f", :ref:`{item['enum']} <netlink-value-{item['enum']}>`"
            if "nested-attributes" in item:
                kind += f", :ref:`{item['nested-attributes']} <netlink-set-{item['nested-attributes']}>`"
            if "sub-type" in item:
                kind += f", {item['sub-type']}[]"
            name = c_name(attributes["name-prefix"], item["name"])
            rows.append([f"``{item['name']}``", str(number), kind,
                         f"``{name}``. {item.get('doc', '')}"])
        return out + table(["name", "number", "type", "constant, meaning"], rows, "18 8 22 52")

    def values(self, item):
        out = heading(item["name"], "~", f"netlink-value-{item['name']}")
        if "doc" in item:
            out += [item["doc"].replace("*", "\\*").strip(), ""]
        if item["type"] == "const":
            return out + [f"Value: {item['value']}.", ""]
        first = item.get("value-start", 0)
        rows = []
        for n, entry in enumerate(item["entries"]):
            entry = {"name": entry} if isinstance(entry, str) else entry
            value = f"bit {n}" if item["type"] == "flags" else str(first + n)
            rows.append([f"``{entry['name']}``", value, entry.get("doc", "").replace("*", "\\*")])
        return out + table(["name", "value", "meaning"], rows, "25 12 63")


class NetlinkSpec(SphinxDirective):
    required_arguments = 1

    def run(self):
        path = os.path.join(os.path.dirname(self.env.srcdir), self.arguments[0])
        self.env.note_dependency(path)
        with open(path, encoding="utf-8") as file:
            lines = Spec(yaml.safe_load(file)).lines()
        node = nodes.section()
        node.document = self.state.document
        nested_parse_with_titles(self.state, StringList(lines, source=path), node)
        return node.children


def setup(app):
    app.add_directive("netlink-spec", NetlinkSpec)
    return {"version": "1", "parallel_read_safe": True}
