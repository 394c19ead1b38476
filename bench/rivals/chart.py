"""Draws the comparison as an SVG: bars on a logarithmic scale, with their
figures, readable on light and dark pages."""

import math
from xml.sax.saxutils import escape

from rivals import NAMES, plain
from summary import number

WIDTH, MARGIN, LABELS = 860, 20, 170  # Labels: of who it is, left of bars.
BAR, GAP, HEAD, FOOT = 18, 6, 46, 24
FIGURES = 90  # Right of the longest bar, for its figure.

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .head { font-weight: 600; font-size: 15px; }
  .note { font-size: 11px; fill: #59636e; }
  .grid { stroke: #d1d9e0; }
  .ours { fill: #0a7d55; }
  .rival { fill: #8c959f; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .note { fill: #9198a1; }
    .grid { stroke: #3d444d; }
    .ours { fill: #3fb98a; }
    .rival { fill: #656c76; }
  }
"""

PANELS = [
    ("throughput", "per_s", "Durable tasks a second", "more is better"),
    ("dag", "per_s", "Workflows of ten steps a second", "more is better"),
    ("latency", "p50_ms", "One task, submission to its end, p50 ms",
     "less is better"),
    ("recovery", "first_progress_s", "Seconds from kill -9 to progress",
     "less is better"),
]


def decades(values):
    """The powers of ten around all values."""
    low = math.floor(math.log10(min(values)))
    high = math.ceil(math.log10(max(values)))
    return range(low, max(high, low + 1) + 1)


def text(x, y, what, style="", anchor="start"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" '
            f'text-anchor="{anchor}">{escape(what)}</text>')


def power(exponent):
    return f"{10 ** exponent:,}" if exponent >= 0 else f"{10.0 ** exponent:g}"


def grid(scale, x_of, top, bottom):
    for exponent in scale:
        x = x_of(10.0 ** exponent)
        yield (f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" '
               f'y2="{bottom}" class="grid"/>')
        yield text(x, bottom + 14, power(exponent), "note", "middle")


def bar(who, value, x_of, y):
    style = "ours" if who.startswith("troupe") else "rival"
    end = x_of(value)
    yield text(MARGIN + LABELS - 8, y + BAR - 5, plain(who), anchor="end")
    yield (f'<rect x="{MARGIN + LABELS}" y="{y}" height="{BAR}" rx="2" '
           f'width="{max(2.0, end - MARGIN - LABELS):.1f}" '
           f'class="{style}"/>')
    yield text(end + 6, y + BAR - 5, number(value))


def panel(values, title, note, top):
    """Parts of the drawing, and where the next panel may begin."""
    best_first = sorted(values, key=values.get, reverse="more" in note)
    scale = decades(values.values())
    room = WIDTH - 2 * MARGIN - LABELS - FIGURES

    def x_of(value):
        part = (math.log10(value) - scale[0]) / (scale[-1] - scale[0])
        return MARGIN + LABELS + part * room

    first = top + HEAD
    bottom = first + len(values) * (BAR + GAP)
    parts = [text(MARGIN, top + 24, title, "head"),
             text(WIDTH - MARGIN, top + 24,
                  f"{note}, logarithmic", "note", "end"),
             *grid(scale, x_of, first - 6, bottom)]
    for i, who in enumerate(best_first):
        parts += bar(who, values[who], x_of, first + i * (BAR + GAP))
    return parts, bottom + FOOT


def draw(summary):
    """The SVG. Panels without any figure are left out."""
    parts, top = [], 0
    for what, key, title, note in PANELS:
        medians = {who: summary.median(what, who, key) for who in NAMES}
        values = {who: x for who, x in medians.items() if x}
        if values:
            more, top = panel(values, title, note, top)
            parts += more
    body = "\n".join(parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
            f'height="{top + 8}" viewBox="0 0 {WIDTH} {top + 8}" role="img" '
            f'aria-label="Troupe beside rivals">\n<style>{STYLE}</style>\n'
            f"{body}\n</svg>\n")
