# SPDX-License-Identifier: MIT
"""The manual pages as part of the book: ``.. manual-pages:: man/*.1``.

The page that ``man`` shows is the source; mandoc makes HTML of it.  Every page
is a section named like its file, so that :ref:`fraktor-stat` works.
"""

import glob
import os
import re
import subprocess

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

SECTION = re.compile(r'<section class="Sh">\n<h1 class="Sh"[^>]*><a [^>]*>(.*?)</a></h1>\n'
                     r'(.*?)</section>', re.S)


def tidy(html, prefix, pages):
    """One fragment of mandoc's for a document that has several."""
    # What is only punctuation has no font, and an option is bold.
    html = re.sub(r"<b>\s*<i>([^<]*)</i>\s*</b>", r"<i>\1</i>", html)
    html = re.sub(r"<([bi])>([\s\[\]=|,.]*)</\1>", r"\2", html)
    html = re.sub(r"<([bi])>([^<]*?)([\[\]]+)</\1>", r"<\1>\2</\1>\3", html)
    html = re.sub(r"<i>(--?[\w-]+)</i>", r"<b>\1</b>", html)
    html = re.sub(r'\bid="([^"]*)"', rf'id="{prefix}-\1"', html)
    html = re.sub(r'href="#([^"]*)"', rf'href="#{prefix}-\1"', html)

    def link(match):
        name = match.group(1)
        if name not in pages or name == prefix:
            return match.group(0)
        return f'<a href="#{name}"><b>{name}</b>({match.group(2)})</a>'
    return re.sub(r"<b>([\w-]+)</b>\((\d)\)", link, html)


def order(path):
    """The program first, then its commands by name."""
    name = os.path.basename(path)
    return ("-" in name, name)


class ManualPages(SphinxDirective):
    required_arguments = 1

    def run(self):
        paths = sorted(glob.glob(os.path.join(self.env.srcdir, self.arguments[0])), key=order)
        if not paths:
            raise ExtensionError(f"no manual page is {self.arguments[0]}")
        names = {os.path.basename(path).rsplit(".", 1)[0] for path in paths}
        table = nodes.definition_list(classes=["manual-pages"])
        sections = []
        for path in paths:
            name = os.path.basename(path).rsplit(".", 1)[0]
            what, section = self.page(path, name, names)
            item = nodes.definition_list_item()
            term = nodes.term()
            term += nodes.reference("", name, internal=True, refid=name)
            item += [term, nodes.definition("", nodes.paragraph("", what))]
            table += item
            sections.append(section)
        return [table] + sections

    def page(self, path, name, names):
        self.env.note_dependency(path)
        done = subprocess.run(["mandoc", "-T", "html", "-O", "fragment", path],
                              capture_output=True, text=True, check=True)
        parts = SECTION.findall(done.stdout)
        if not parts or parts[0][0] != "NAME":
            raise ExtensionError(f"{path}: no section NAME")
        what = re.sub(r"<[^>]*>|\s+", " ", parts[0][1]).split(" - ", 1)[1].strip()
        section = nodes.section(ids=[name], names=[name])
        section += nodes.title("", name)
        self.state.document.note_explicit_target(section, section)
        section += nodes.paragraph("", what[0].upper() + what[1:] + ".")
        for title, body in parts[1:]:
            section += nodes.rubric("", title.capitalize())
            section += nodes.raw("", f'<div class="manual-text">{tidy(body, name, names)}</div>',
                                 format="html")
        return what, section


def setup(app):
    app.add_directive("manual-pages", ManualPages)
    return {"version": "1", "parallel_read_safe": True}
