# SPDX-License-Identifier: MIT
"""How Sphinx makes a book of this directory; called by scripts/docs."""

import os
import re
import sys

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TREE, "Documentation", "sphinx"))

project = "fraktor"
author = "the authors of fraktor"
with open(os.path.join(TREE, "Makefile"), encoding="utf-8") as makefile:
    release = re.search(r"^VERSION := (\S+)", makefile.read(), re.M).group(1)
version = release

extensions = ["kerneldoc", "netlinkspec", "manpages", "schemas", "names", "commands", "links"]
exclude_patterns = ["man", "sphinx", "examples"]
needs_sphinx = "5.3"
primary_domain = "c"
highlight_language = "none"
nitpicky = True

# What marks a function as exported is no part of its type.
c_id_attributes = ["FRK_API"]
# Types that are not ours.
nitpick_ignore_regex = [
    (r"c:identifier", r"(__)?[us](8|16|32|64)|__aligned_u64|u?int(8|16|32|64)_t|size_t|FILE|bool"),
]
# Names that look like ours and are no C: variables of the environment and of
# makefiles, parameters that a text is about.
names_elsewhere = [
    r"FRAKTOR_(ACCEL|BENCH\w*|CACHE|CPU|DRIVER|DURATION_S|FALLBACK|LATENCY|MIRROR|PERIOD_US"
    r"|PLAIN|QUIET|RT_PRIORITY|SECURITY_MIRROR|SILENT_PERIODS|STOP_POLICY|TEST)",
]

html_theme = "furo"
html_title = f"fraktor {release}"
html_static_path = ["sphinx/static"]
html_css_files = ["fraktor.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_last_updated_fmt = None
# Nothing is fetched when a page is read.
html_theme_options = {"navigation_with_keys": True}
