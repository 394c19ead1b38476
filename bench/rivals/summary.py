"""From lines of measurements to medians."""

import json
import statistics


class Summary:
    """Medians by what was measured, of whom, and how much of it."""

    def __init__(self, lines):
        self.context = {}
        self._groups = {}
        for line in lines:
            if "what" not in line:
                self.context.update(line)
                continue
            key = line["what"], line["who"], line["n"]
            self._groups.setdefault(key, []).append(line)

    @classmethod
    def read(cls, path):
        with open(path, encoding="utf-8") as file:
            return cls(json.loads(line) for line in file if line.strip())

    def sizes(self, what, who):
        return sorted(n for w, x, n in self._groups if (w, x) == (what, who))

    def rounds(self, what, who, n):
        """Those that were measured."""
        return [x for x in self._groups.get((what, who, n), [])
                if "error" not in x]

    def values(self, what, who, key, n=None):
        """Of all rounds; of the largest size unless one is given."""
        sizes = self.sizes(what, who)
        if not sizes:
            return []
        return [x[key] for x in self.rounds(what, who, n or sizes[-1])
                if x.get(key) is not None]

    def median(self, what, who, key, n=None):
        """None: not measured."""
        all_ = self.values(what, who, key, n)
        return statistics.median(all_) if all_ else None

    def error(self, what, who):
        """Why there is no figure at all; None: there is one."""
        sizes = self.sizes(what, who)
        if any(self.rounds(what, who, n) for n in sizes):
            return None
        for n in sizes:
            for line in self._groups[what, who, n]:
                return line["error"].split("\n")[0]
        return "it was not asked for"

    def most_rounds(self):
        return max(map(len, self._groups.values()), default=0)


def number(x):
    """For people: three digits that mean something."""
    if x >= 100:
        return f"{x:,.0f}"
    if x == 0:
        return "0"
    digits = 1 if x >= 10 else 2 if x >= 0.1 else 3
    return f"{x:.{digits}f}"


def spread(all_):
    """Median (least to most)."""
    if not all_:
        return "-"
    middle, least, most = map(number, (statistics.median(all_), min(all_),
                                       max(all_)))
    return middle if least == most else f"{middle} ({least} to {most})"


def times(factor):
    """How many times better."""
    return f"{factor:.0f} x" if factor >= 10 else f"{factor:.1f} x"
