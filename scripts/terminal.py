# SPDX-License-Identifier: MIT
"""Pictures of the tool, as SVG: what it shows on a terminal, what it draws.

In place of the module a script has sources (scripted_netlink.c), whose clock stands
still at the end, and another one writes recordings (recording.py): the same pictures
every time.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from xml.sax.saxutils import escape

TREE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))

WIDTH, HEIGHT, SIZE, MARGIN = 8.4, 18, 14, 10
INK, PAPER = "#d8dee6", "#14181d"
COLOURS = ["#3b4252", "#f0716b", "#7fc27a", "#e0b354", "#6ea8e6", "#c491d8", "#5fbdbd", "#d8dee6"]
ESCAPE = re.compile(r"\x1b\[([0-9;]*)m|\x1b\(.|[\x0e\x0f]")
# The blocks are drawn, since not every font has them alike.
EIGHTHS = {chr(0x2580 + n): n / 8 for n in range(1, 9)}


class Style:
    """What SGR sequences have left."""

    def __init__(self):
        self.ink = self.paper = None
        self.bold = self.dim = self.underline = self.reverse = False

    def obey(self, codes):
        for code in [int(each or 0) for each in codes.split(";")]:
            if code == 0:
                self.__init__()
            elif code in (1, 2, 4, 7):
                setattr(self, {1: "bold", 2: "dim", 4: "underline", 7: "reverse"}[code], True)
            elif code in (22, 24, 27):
                for name in {22: ("bold", "dim"), 24: ("underline",), 27: ("reverse",)}[code]:
                    setattr(self, name, False)
            elif 30 <= code <= 37 or code == 39:
                self.ink = None if code == 39 else COLOURS[code - 30]
            elif 40 <= code <= 47 or code == 49:
                self.paper = None if code == 49 else COLOURS[code - 40]
            elif 90 <= code <= 97:
                self.ink = COLOURS[code - 90]

    def look(self):
        ink, paper = self.ink or INK, self.paper
        if self.reverse:
            ink, paper = paper or PAPER, ink
        elif self.dim:
            ink = "#8b95a1"
        return ink, paper, self.bold, self.underline


def runs(line, style):
    """(column, text, look) of what looks alike in a line."""
    column, at = 0, 0
    for match in list(ESCAPE.finditer(line)) + [None]:
        text = line[at:match.start() if match else len(line)]
        if text:
            yield column, text, style.look()
            column += len(text)
        if match:
            at = match.end()
            if match.group(1) is not None:
                style.obey(match.group(1))


def number(value):
    return f"{value:.1f}".removesuffix(".0")


def shapes(x, y, text, look):
    """One run: its ground, its blocks, its words."""
    ink, paper, bold, underline = look
    if paper:
        yield (f'<rect x="{number(x)}" y="{y}" width="{number(len(text) * WIDTH)}" '
               f'height="{HEIGHT}" fill="{paper}"/>')
    bars = [f"M{number(x + match.start() * WIDTH)} {y + HEIGHT}h{number(WIDTH - 0.6)}"
            f"v{number(-EIGHTHS[match.group()] * HEIGHT)}h{number(0.6 - WIDTH)}z"
            for match in re.finditer(r"[\u2581-\u2588]", text)]
    if bars:
        yield f'<path d="{"".join(bars)}" fill="{ink}"/>'
    for match in re.finditer(r"[^ \u2581-\u2588]+( [^ \u2581-\u2588]+)*", text):
        extra = ' font-weight="bold"' * bold + ' text-decoration="underline"' * underline
        yield (f'<text x="{number(x + match.start() * WIDTH)}" y="{y + HEIGHT - 5}" fill="{ink}" '
               f'textLength="{number(len(match.group()) * WIDTH)}"{extra}>{escape(match.group())}</text>')


def picture(title, lines, columns):
    out, style = [], Style()
    for row, line in enumerate(lines):
        for column, text, look in runs(line, style):
            out += shapes(MARGIN + column * WIDTH, MARGIN + row * HEIGHT, text, look)
    width, height = number(columns * WIDTH + 2 * MARGIN), len(lines) * HEIGHT + 2 * MARGIN
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" xml:space="preserve" '
        f'font-family="\'DejaVu Sans Mono\', monospace" font-size="{SIZE}">',
        f'<title>{escape(title)}</title>',
        f'<rect width="{width}" height="{height}" rx="6" fill="{PAPER}"/>', *out, "</svg>"]) + "\n"


def tool(name):
    """A program of the build, which has to be there."""
    path = os.path.join(TREE, "build", name)
    if not os.access(path, os.X_OK):
        sys.exit(f"{os.path.basename(sys.argv[0])}: error: {path} is not there: run make all tests-plain")
    return path


def wait_for(condition, what):
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"{os.path.basename(sys.argv[0])}: error: {what} did not happen")
        time.sleep(0.1)


def screen(columns, rows, arguments, script, looks):
    """Lines of the tool after so many looks at a module, with their colours."""
    program = tool("tests/fraktor")
    with tempfile.TemporaryDirectory() as work:
        end = os.path.join(work, "end")
        environment = {"TERM": "screen", "LC_ALL": "C.UTF-8", "TZ": "UTC", "SCRIPT_NOW": "1767268800",
                       "SCRIPT_LOOKS": str(looks), "SCRIPT_END": end, **script}

        def tmux(*words):
            return subprocess.run(["tmux", "-u", "-S", os.path.join(work, "tmux"), "-f", "/dev/null", *words],
                                  capture_output=True, text=True, check=True,
                                  env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout

        tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), "env",
             *(f"{name}={value}" for name, value in environment.items()), program, *arguments)
        try:
            wait_for(lambda: os.path.exists(end), "the last screen")
            # What was written last is on its way to tmux.
            last = [""]

            def still():
                last.append(tmux("capture-pane", "-e", "-N", "-p"))
                return last[-1] == last[-2]

            wait_for(still, "a screen that stays")
            return last[-1].rstrip("\n").split("\n")
        finally:
            tmux("kill-server")


def recorded(ticks, *arguments):
    """What the tool says of a recording; "OUT" in the arguments is a file that is returned."""
    with tempfile.TemporaryDirectory() as work:
        recording, out = os.path.join(work, "run.rec"), os.path.join(work, "out.svg")
        subprocess.run([os.path.join(TREE, "tools/tests/recording.py"), recording, str(ticks)], check=True)
        done = subprocess.run([tool("tools/fraktor"), "plot", f"--recording={recording}",
                               *(word.replace("OUT", out) for word in arguments)],
                              capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
        if not os.path.exists(out):
            return done.stdout
        with open(out, encoding="utf-8") as file:
            return file.read()


def main(doc, draw):
    """Print the picture; anything said on the command line gets the usage."""
    if len(sys.argv) > 1:
        print(doc)
        sys.exit(0 if sys.argv[1] == "--help" else 2)
    sys.stdout.write(draw())
