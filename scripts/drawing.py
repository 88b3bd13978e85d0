# SPDX-License-Identifier: MIT
"""What the scripts draw-* share: shapes as SVG, the same ones every time."""

import sys
from xml.sax.saxutils import escape

# Colours that hold on white and on black pages alike.
INK, PAPER, KERNEL, USER, QUIET, ALARM = ("#1f2933", "#ffffff", "#fde8c8", "#d5e8f7",
                                          "#52606d", "#b42318")


def text(x, y, words, size=13, anchor="middle", weight="normal", fill=INK):
    return (f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" '
            f'font-weight="{weight}" fill="{fill}">{escape(words)}</text>')


def rect(x, y, width, height, fill, stroke=INK, radius=0, dash=""):
    dash = f' stroke-dasharray="{dash}"' if dash else ""
    return (f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}" '
            f'fill="{fill}" stroke="{stroke}"{dash}/>')


def rule(x1, y1, x2, y2, stroke=INK, dash="", width=1):
    dash = f' stroke-dasharray="{dash}"' if dash else ""
    return (f'<path d="M{x1} {y1} L{x2} {y2}" stroke="{stroke}" fill="none" '
            f'stroke-width="{width}"{dash}/>')


def arrow(x1, y1, x2, y2, dashed=False):
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return (f'<path d="M{x1} {y1} L{x2} {y2}" stroke="{INK}" fill="none" '
            f'stroke-width="1.5"{dash} marker-end="url(#tip)"/>')


def span(x1, x2, y, words, size=12, fill=INK):
    """A length with its name above it."""
    return [rule(x1, y - 5, x1, y + 5, fill), rule(x2, y - 5, x2, y + 5, fill),
            rule(x1, y, x2, y, fill), text((x1 + x2) / 2, y - 6, words, size, fill=fill)]


def picture(width, height, title, shapes):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif">',
        f'<title>{escape(title)}</title>',
        f'<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" '
        f'markerWidth="8" markerHeight="8" orient="auto">'
        f'<path d="M0 0 L8 4 L0 8 z" fill="{INK}"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>',
        *shapes, "</svg>"]) + "\n"


def main(doc, draw):
    """Print the picture; anything said on the command line gets the usage."""
    if len(sys.argv) > 1:
        print(doc)
        sys.exit(0 if sys.argv[1] == "--help" else 2)
    sys.stdout.write(draw())
