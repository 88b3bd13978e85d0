# SPDX-License-Identifier: MIT
"""Every link of the built pages into the built pages must lead somewhere.

Sphinx checks what it makes itself; this also sees the manual pages, and files.
"""

import os
import re
import urllib.parse

from sphinx.util import logging

LOG = logging.getLogger(__name__)
LINK = re.compile(r'<(?:a|img|link|script)\b[^>]*?\b(?:href|src)="([^"]*)"')
ANCHOR = re.compile(r'\bid="([^"]*)"')


def check(app, exception):
    if exception or app.builder.format != "html":
        return
    pages = {}
    for top, _, files in os.walk(app.outdir):
        for name in files:
            if name.endswith(".html"):
                path = os.path.join(top, name)
                with open(path, encoding="utf-8") as page:
                    pages[path] = page.read()
    anchors = {path: set(ANCHOR.findall(text)) for path, text in pages.items()}
    for path, text in pages.items():
        name = os.path.relpath(path, app.outdir)
        seen = ANCHOR.findall(text)
        for twice in {anchor for anchor in seen if seen.count(anchor) > 1}:
            LOG.warning("%s: two places are called %s", name, twice)
        for link in set(LINK.findall(text)):
            if not leads_somewhere(link, path, anchors):
                LOG.warning("%s: the link %s leads nowhere", name, link)


def leads_somewhere(link, path, anchors):
    url = urllib.parse.urlsplit(link.replace("&amp;", "&"))
    if url.scheme or url.netloc:
        return url.scheme in ("http", "https", "data", "mailto")
    target = path
    if url.path:
        target = os.path.normpath(os.path.join(os.path.dirname(path), urllib.parse.unquote(url.path)))
    if target not in anchors:
        return os.path.exists(target)
    return not url.fragment or urllib.parse.unquote(url.fragment) in anchors[target]


def setup(app):
    app.connect("build-finished", check)
    return {"version": "1", "parallel_read_safe": True}
