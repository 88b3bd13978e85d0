# SPDX-License-Identifier: MIT
"""Headers as reference pages: ``.. kernel-doc:: PATH`` of the tree.

What has a kernel-doc comment comes from the kernel's own script, which also
judges it; what has none, constants and variables with plain comments, is read
here.  Both come in the order of the header.  The scripts directory of a kernel
source is where FRAKTOR_KERNEL_SOURCE says.
"""

import os
import re
import subprocess

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes, version_info
from sphinx.domains.c import CObject
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import nested_parse_with_titles

# Names in a comment that become literals; names.py links them.
NAME = re.compile(r"(?<![\w`:<])(?:%?)((?:FRAKTOR|FRK|IORING|CLOCK|CAP|RLIMIT|PREEMPT)_[A-Z0-9_]+\*?"
                  r"|_[A-Z][A-Z_]*[A-Z]\b|-E[A-Z0-9]{2,})(?![\w`>(])"
                  r"|(?<![\w`:&])((?:frk|FRK|fraktor)_\w+\(\w*\))(?!`)")
DECLARATION = re.compile(r"\.\. c:(\w+):: (.*)")
# Of no use to a reader: what only brackets the header.
PRIVATE = re.compile(r"\w+_H$|FRK_(BEGIN|END)_DECLS$|FRKI_")


def escape(text):
    """A plain comment's text as reStructuredText that reads the same."""
    out, end = "", 0
    for match in NAME.finditer(text):
        out += quote(text[end:match.start()]) + literal(match)
        end = match.end()
    return out + quote(text[end:])


def literal(match):
    return f"``{match.group(1) or match.group(2)}``"


def quote(text):
    text = re.sub(r"[\\*`|]|_(?=\W|$)", lambda m: "\\" + m.group(0), text)
    text = re.sub(r"\\\*(\w+)\\\*", r"*\1*", text)
    return re.sub(r"@(\w+)", r"``\1``", text)


def prose(lines, value=""):
    """A plain comment, its indented parts as literal blocks, behind a value."""
    out = []
    # The page is called like the header already.
    if lines and re.match(r"fraktor(/\w+\.h)? - ", lines[0]):
        lines = [lines[0].split(" - ", 1)[1].capitalize()] + lines[1:]
    literal = False
    for line in lines:
        indented = line.startswith(("  ", "\t"))
        if line.strip() and indented != literal:
            out += ["", "::", ""] if indented else [""]
            literal = indented
        out.append(("   " + line.expandtabs(8)) if literal and line.strip() else
                   line if literal else escape(line))
    if value:
        out = [f"``{value}``: {out[0]}"] + out[1:] if out else [f"``{value}``"]
    return out


def comment_text(comment):
    lines = comment.strip()[2:-2].strip("\n").splitlines()
    return [re.sub(r"^\s*\* ?", "", line).rstrip() if n or line.lstrip().startswith("*")
            else line.strip() for n, line in enumerate(lines)]


def indent(lines, by=3):
    return [" " * by + line if line.strip() else "" for line in lines]


def strip_blank(lines):
    while lines and not lines[0].strip():
        lines = lines[1:]
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines


def described(kind, signature, text, value=""):
    return [f".. c:{kind}:: {signature}", ""] + indent(prose(strip_blank(text), value)) + [""]


class Scripted:
    """What the kernel's script makes of a header, by line."""

    def __init__(self, path):
        source = os.environ.get("FRAKTOR_KERNEL_SOURCE", "")
        script = os.path.join(source, "scripts", "kernel-doc")
        if not os.path.exists(script):
            raise ExtensionError("FRAKTOR_KERNEL_SOURCE names no kernel source with "
                                 "scripts/kernel-doc: use scripts/docs")
        done = subprocess.run(
            ["perl", script, "-rst", "-enable-lineno", "-sphinx-version",
             ".".join(str(n) for n in version_info[:3]), path],
            capture_output=True, text=True, check=False)
        # A header of macros has none of its comments, and is for Plain alone.
        complaints = [line for line in done.stderr.splitlines()
                      if ("warning" in line or "error" in line) and "no structured comments" not in line]
        if done.returncode or complaints:
            raise ExtensionError(f"kernel-doc {path}: " + "; ".join(complaints or [done.stderr]))
        self.blocks = list(self.split(done.stdout.splitlines()))

    def split(self, lines):
        """(line in the header, kind, name, lines)"""
        block, number = [], 0
        for line in lines + [".. c:end:: end"]:
            if line.startswith(".. LINENO"):
                # The first one behind the name of a declaration is its own.
                number = number or int(line.split()[2])
            elif DECLARATION.match(line):
                if block:
                    yield number, *self.shape(block)
                block, number = [line], 0
            elif block:
                block.append(line)

    def shape(self, block):
        kind, signature = DECLARATION.match(block[0]).groups()
        body = self.unquote(strip_blank(block[1:]))
        if kind == "macro":
            kind, signature, body = self.typedef(signature, body)
        if kind == "enum":
            body = self.enumerators(body)
        body = self.mark(body)
        name = re.search(r"(\w+)(?:\)?\s*\(.*)?$", signature).group(1)
        return kind, name, [f".. c:{kind}:: {signature}", ""] + indent(strip_blank(body)) + [""]

    @staticmethod
    def unquote(body):
        """What it is in a few words is indented, as if it were a quotation."""
        for n, line in enumerate(body):
            if line.strip() and not line.startswith("   "):
                break
            body[n] = line[3:]
        return body

    @staticmethod
    def mark(body):
        """Names as literals in what is text; the definition as C."""
        code, out = False, []
        for line in body:
            if line.startswith("**"):
                code = line == "**Definition**"
            if code and line == "::":
                line = ".. code-block:: c"
            elif not code and not line.startswith(".. ") and "``" not in line:
                line = NAME.sub(literal, line)
            out.append(line)
        return out

    @staticmethod
    def typedef(name, body):
        """The script has function types as macros."""
        for n, line in enumerate(body):
            match = re.match(r"\s*``(.*?)\b%s \((.*)\)``$" % re.escape(name), line)
            if match:
                rest = [text for text in body[:n] + body[n + 1:] if "**Syntax**" not in text]
                rest = [text.replace("**Typedef**: ", "") for text in rest]
                return "type", f"{match.group(1)}(*{name})({match.group(2)})", rest
        return "macro", name, body

    @staticmethod
    def enumerators(body):
        return [re.sub(r"^``(\w+)``$", r".. c:enumerator:: \1\n", line)
                for line in body if "**Constants**" not in line]


class KnownNames(set):
    """The names of this header, and what is added, of all headers."""

    def __init__(self, names, shared):
        super().__init__(names)
        self.shared = shared

    def __contains__(self, name):
        return super().__contains__(name) or name in self.shared

    def add(self, name):
        self.shared.add(name)


class Plain:
    """What a header has without kernel-doc: macros, enumerations, variables."""

    TOKEN = re.compile(
        r"(?P<comment>/\*.*?\*/)"
        r"|(?P<define>^#define\s+(?P<macro>\w+(?:\([^)]*\))?)(?P<value>(?:\\\n|[^\n/]|/(?!\*))*)"
        r"(?P<after>/\*.*?\*/)?)"
        r"|(?P<enum>^enum\s+(?P<tag>\w+)\s*\{(?P<body>.*?)^\};)"
        r"|(?P<var>^(?:FRK_API )?extern (?P<declared>[^;()]*);)"
        r"|(?P<opaque>^struct (?P<hidden>\w+);)"
        r"|(?P<endif>^#endif[^\n]*)"
        r"|(?P<blank>\n[ \t]*\n)"
        r"|(?P<other>^[^\s#/].*?$)", re.S | re.M)
    ENUMERATOR = re.compile(r"(?P<before>/\*(?:(?!\*/).)*?\*/\s*)?^\s*(?P<name>\w+)\s*"
                            r"(?:=\s*(?P<value>[^,/\n]+))?,?[ \t]*(?P<after>/\*.*?\*/)?", re.S | re.M)

    def __init__(self, text, known):
        self.text, self.known, self.blocks = text, known, []
        self.run, self.comment = [], None
        for match in self.TOKEN.finditer(text):
            self.take(match, text.count("\n", 0, match.start()) + 1)
        self.flush()

    def take(self, match, line):
        for kind in ("comment", "define", "enum", "var", "opaque", "endif", "blank", "other"):
            if match.group(kind):
                break
        if kind == "comment":
            self.flush()
            text = match.group()
            self.comment = None if text.startswith("/**") or "SPDX" in text else (line, comment_text(text))
        elif kind == "define":
            if not PRIVATE.match(match.group("macro")):
                self.run.append((line, match))
        elif kind == "enum" and match.group("tag") not in self.known:
            self.add(line, self.enum(match))
        elif kind == "var":
            signature = re.sub(r"\s+", " ", match.group("declared"))
            self.add(line, described("var", signature, self.taken()))
        elif kind == "opaque" and match.group("hidden") not in self.known:
            self.known.add(match.group("hidden"))
            self.add(line, described("struct", match.group("hidden"), self.taken() or ["Opaque."]))
        else:
            self.flush()

    def add(self, line, block):
        self.blocks.append((line, block))
        self.comment = None

    def taken(self):
        text = self.comment[1] if self.comment else []
        self.comment = None
        return text

    def flush(self):
        """A run of macros, which one comment may stand above."""
        if not self.run:
            if self.comment:
                self.add(self.comment[0], prose(self.comment[1]) + [""])
            return
        run, self.run = self.run, []
        alone = len(run) == 1 and not run[0][1].group("after")
        text = self.taken()
        if text and not alone:
            self.add(run[0][0], prose(text) + [""])
            text = []
        for line, match in run:
            after = comment_text(match.group("after")) if match.group("after") else text
            value = re.sub(r"\s*\\\n\s*", " ", match.group("value")).strip()
            # A body that is a program is for readers of the header.
            self.add(line, described("macro", match.group("macro"), after,
                                     "" if "##" in value else value))

    def enum(self, match):
        lines = [line for line in self.taken()]
        if lines:
            # "enum x - what it is": the name stands above it already.
            lines[0] = re.sub(r"^enum \w+ - ", "", lines[0])
        out = described("enum", match.group("tag"), lines)
        for item in self.ENUMERATOR.finditer(match.group("body")):
            said = item.group("after") or (item.group("before") or "").strip()
            if item.group("name").startswith("__") or item.group("name").endswith("_MAX"):
                continue
            value = f" = {item.group('value').strip()}" if item.group("value") else ""
            out += indent([f".. c:enumerator:: {item.group('name')}{value}", ""] +
                          (indent(prose(comment_text(said))) if said else []) + [""])
        return out


class KernelDoc(SphinxDirective):
    required_arguments = 1
    def run(self):
        path = os.path.join(os.path.dirname(self.env.srcdir), self.arguments[0])
        self.env.note_dependency(path)
        with open(path, encoding="utf-8") as header:
            text = header.read()
        scripted = Scripted(path).blocks
        # Who names an opaque structure first, has it.
        opaque = self.env.__dict__.setdefault("kernel_doc_opaque", set())
        plain = Plain(text, KnownNames((name for _, _, name, _ in scripted), opaque)).blocks
        blocks = [(line, lines) for line, _, _, lines in scripted] + plain
        out = StringList()
        for line, lines in sorted(blocks, key=lambda block: block[0]):
            for item in "\n".join(lines + [""]).split("\n"):
                out.append(item, path, line - 1)
        node = nodes.section()
        node.document = self.state.document
        nested_parse_with_titles(self.state, out, node)
        return node.children


def toc_parts(self, signature):
    return (toc_name(self, signature),)


def toc_name(self, signature):
    """What the contents of a page say of it; constants are too many."""
    if self.objtype not in ("function", "struct", "enum", "type", "var"):
        return ""
    name = next(signature.findall(addnodes.desc_name)).astext()
    return name + "()" if self.objtype == "function" else name


def setup(app):
    # Sphinx has this for other languages than C.
    CObject._object_hierarchy_parts = toc_parts
    CObject._toc_entry_name = toc_name
    app.add_directive("kernel-doc", KernelDoc)
    return {"version": "1", "parallel_read_safe": True}
