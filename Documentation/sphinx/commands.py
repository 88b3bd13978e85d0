# SPDX-License-Identifier: MIT
"""Every block of commands says whether it is run: see scripts/docs-commands.

The classes run-host and run-vm mark blocks that it runs; one that cannot be
run has the comment ``.. not run: REASON`` in front of it.
"""

from docutils import nodes
from sphinx.util import logging

LOG = logging.getLogger(__name__)
SHELL = ("sh", "bash", "console")
CLASSES = ("run-host", "run-vm")


def check(app, doctree):
    for block in doctree.findall(nodes.literal_block):
        if block.get("language") not in SHELL or set(CLASSES) & set(block.get("classes", [])):
            continue
        before = block.parent[block.parent.index(block) - 1] if block.parent.index(block) else None
        if not (isinstance(before, nodes.comment) and before.astext().startswith("not run: ")):
            LOG.warning("commands that nothing runs: give the block the class run-host or run-vm, "
                        "or put \".. not run: REASON\" in front of it", location=block)


def setup(app):
    app.connect("doctree-read", check)
    return {"version": "1", "parallel_read_safe": True}
