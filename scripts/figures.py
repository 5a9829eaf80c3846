"""Facts, figures and tables: what the benches share.

A fact is one measured value: a case (`cpu/nginx`), a metric (`us`), a turn. Its
figure is the median of a case over its turns, and a ratio the median of the
ratios within each turn, so that a slow spell of the machine, which hits
neighbours alike, drops out of it."""
import statistics
import sys

from lib import NAME, expect, read

DOCUMENT = "docs/performance.md"
FACTS, NOTES = {}, []


def fact(case, turn, **values):
    for metric, value in values.items():
        FACTS.setdefault((case, metric), {})[turn] = value


def facts(case, metric):
    return FACTS.get((case, metric), {})


def middle(case, metric):
    """The median, or nothing when there is no such fact."""
    found = facts(case, metric).values()
    return statistics.median(found) if found else None


def ratio(case, metric, other):
    """How many times OTHER's, or nothing."""
    base = facts(other, metric)
    found = [value / base[turn] for turn, value in facts(case, metric).items()
             if base.get(turn)]
    return statistics.median(found) if found else None


def spread(case, metric):
    found = facts(case, metric).values()
    return (short(min(found)) + ".." + short(max(found)) if len(found) > 1
            else "")


def short(value):
    """Three or four digits say all that a figure holds."""
    return decimals(2 if value is None or value < 10 else value < 100, value)


def decimals(count, value):
    return "" if value is None else "%.*f" % (count, value)


def note(text):
    NOTES.append(text)
    print("%s: note: %s" % (NAME, text), file=sys.stderr)


def heed_load():
    """Notes it when the machine is busy before anything has been started."""
    load = read("/proc/loadavg").split()[0]
    if float(load) >= 1:
        note("others use this machine too: load " + load)


class Table:
    """Printed in columns, or put into a document. The first `texts` columns are
    text, as the last one is."""

    def __init__(self, machine, heading, texts=2, document=DOCUMENT):
        self.machine, self.rows = machine, [heading.split("|")]
        self.document = document
        self.places = ["<!-- %s:%s -->\n" % (NAME, end)
                       for end in ("begin", "end")]
        self.left = {*range(texts), len(self.rows[0]) - 1}

    def row(self, *cells):
        self.rows.append([str(cell) for cell in cells])

    def show(self, first=1):
        """The rows from the first on."""
        rows = [self.rows[0]] + self.rows[first:]
        wide = [max(map(len, column)) for column in zip(*rows)]
        for row in rows:
            print("  ".join(
                cell.ljust(wide[i]) if i in self.left else cell.rjust(wide[i])
                for i, cell in enumerate(row)).rstrip(), flush=True)

    def expect_place(self):
        """It should turn out now, not after the run, that it has none."""
        text = read(self.document)
        expect(all(text.count(place) == 1 for place in self.places),
               "%s has the lines %s" % (self.document, " ".join(self.places)),
               "none")

    def write(self):
        rule = ["---" if i in self.left else "--:"
                for i in range(len(self.rows[0]))]
        lines = [self.machine, ""]
        lines += ["| %s |" % " | ".join(cells)
                  for cells in [self.rows[0], rule] + self.rows[1:]]
        lines += [""] * bool(NOTES) + ["- " + text for text in NOTES]
        begin, end = self.places
        text = read(self.document)
        head, tail = text.split(begin)[0], text.split(end)[1]
        with open(self.document, "w", encoding="utf-8") as out:
            out.write(head + begin + "\n".join(lines) + "\n" + end + tail)
        print("%s: wrote the table into %s" % (NAME, self.document),
              file=sys.stderr)

    def finish(self, is_to_be_written, is_to_be_shown=True):
        """Shows it, its notes, and writes it."""
        if is_to_be_shown:
            self.show()
        for text in NOTES:
            print("note: " + text)
        if is_to_be_written:
            self.write()
