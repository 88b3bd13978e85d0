# SPDX-License-Identifier: MIT
"""Literals that are names of the interface become links to their reference.

``FRAKTOR_IOC_SET``, ``struct fraktor_tick``, ``frk_system_build()`` and
``fraktor stat`` need no role, and :manpage: of our pages is one.  One that looks like a name of ours and is none
is a warning: a text that the code has left behind.
"""

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

LOG = logging.getLogger(__name__)
OURS = re.compile(r"(FRAKTOR|FRK)_[A-Z0-9_]+(\(\w*\))?$|frk_\w+(\(\))?$|fraktor_pulse\w*(\(\))?$")
KINDS = ("function", "struct", "enum", "type", "macro", "enumerator")
TAGGED = re.compile(r"(struct|enum) (\w+)$")
COMMAND = re.compile(r"fraktor ([a-z]+)$")


class LinkNames(SphinxPostTransform):
    default_priority = 400

    def run(self, **kwargs):
        known = self.known()
        labels = self.env.get_domain("std").anonlabels
        for node in list(self.document.findall(addnodes.manpage)):
            page = node.astext().removesuffix("(1)")
            if page in labels:
                self.link(node, *labels[page][:2])
        for node in list(self.document.findall(nodes.literal)):
            if self.is_linked(node):
                continue
            text = node.astext()
            command = COMMAND.match(text)
            if command and f"fraktor-{command.group(1)}" in labels:
                self.link(node, *labels[f"fraktor-{command.group(1)}"][:2])
                continue
            tagged = TAGGED.match(text)
            name = tagged.group(2) if tagged else re.sub(r"\(\w*\)$", "", text)
            for kind, docname, anchor in known.get(name, ()):
                if tagged is None or kind == tagged.group(1):
                    self.link(node, docname, anchor)
                    break
            else:
                if OURS.match(text) and not self.elsewhere(text):
                    LOG.warning("no header knows %s", text, location=node)

    def known(self):
        out = {}
        for _, name, kind, docname, anchor, _ in self.env.get_domain("c").get_objects():
            # A variable is a member, too: of nothing.
            if kind in KINDS or (kind == "member" and "." not in name):
                out.setdefault(name.rsplit(".", 1)[-1], []).append((kind, docname, anchor))
        return out

    def elsewhere(self, text):
        return any(re.fullmatch(pattern, text) for pattern in self.config.names_elsewhere)

    @staticmethod
    def is_linked(node):
        parent = node.parent
        while parent is not None:
            if isinstance(parent, (nodes.reference, nodes.title)) or parent.tagname.startswith("desc_sig"):
                return True
            parent = parent.parent
        return False

    def link(self, node, docname, anchor):
        node.replace_self(make_refnode(self.app.builder, self.env.docname, docname, anchor,
                                       node.deepcopy()))


def setup(app):
    app.add_config_value("names_elsewhere", [], "env")
    app.add_post_transform(LinkNames)
    return {"version": "1", "parallel_read_safe": True}
