"""The expressions of docs/prometheus and docs/grafana, and whether docs/api.md
has every name and every word in them, and docs/observability.md every alert.

They are read by their names alone; whether they are PromQL says promtool. An
importing script stands beside this file."""
import re

# What Prometheus adds, and what it makes itself.
SCRAPED = {"job", "instance"}
OF_PROMETHEUS = {"up": set()}
SERIES_OF = {"histogram": ("_bucket", "_sum", "_count")}
# Windows for a test of seconds; all other variables of Grafana are set to All.
WINDOWS = {"$__rate_interval": "10s", "$__range": "1m"}
# May be as short as a scrape's interval: nothing changes within one sample.
TOO_SHORT = "[$__interval]"


def words_of(text):
    return set(re.findall(r"\w+", text))


class Vocabulary:
    """What docs/api.md lists: of each metric its type and labels, of each
    series its labels; and all words that it sets as code."""

    def __init__(self, text):
        table = text.split("\n### Metrics\n", 1)[1].split("\n## ", 1)[0]
        self.metrics, self.series = {}, {}
        for names, kind, labels in re.findall(
                r"^\| (`[\w`, ]+`) \| (\w+) \| ([\w, ]*)\|", table, re.M):
            for name in words_of(names):
                self.add(name, kind, words_of(labels))
        code = " ".join(re.findall(r"`([^`\n]+)`", text))
        self.words = words_of(code) | words_of(table)

    def add(self, name, kind, labels):
        self.metrics[name] = (kind, labels)
        for suffix in SERIES_OF.get(kind, ("",)):
            self.series[name + suffix] = labels | (
                {"le"} if suffix == "_bucket" else set())


class Expression:
    """One, where it stands, and the labels that the place reads from the
    result: those of a legend, or of an alert's text."""

    def __init__(self, place, text, reads=""):
        self.place, self.text = place, " ".join(text.split())
        self.reads = set(re.findall(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}",
                                    reads))

    def asked(self):
        """A comparison that does not hold gives nothing; its bool does."""
        return re.sub(r" (==|!=|>=|<=|>|<) (?!bool )", r" \1 bool ", self.text)

    def selectors(self):
        """The name of each, and its (label, value)s."""
        for name, matchers in re.findall(
                r"\b(up|(?:hedgerow|process|job)_[\w:]+)\b"
                r"(?:\s*\{([^}]*)\})?", self.text):
            yield name, re.findall(r'(\w+)\s*[=!]~?\s*"([^"]*)"', matchers)

    def labels(self):
        for labels in re.findall(r"\b(?:by|on|group_left) \(([^)]*)\)",
                                 self.text):
            yield from words_of(labels)
        yield from self.reads


# ---- where they stand -------------------------------------------------------

def filled(text):
    for name, value in WINDOWS.items():
        text = text.replace(name, value)
    return re.sub(r"\$\w+", ".*", text)


def of_dashboard(board):
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield Expression("panel " + panel["title"], filled(target["expr"]),
                             target["legendFormat"])
    for note in board["annotations"]["list"]:
        if "expr" in note:
            yield Expression("annotation " + note["name"], filled(note["expr"]),
                             note["textFormat"])
    for variable in board["templating"]["list"]:
        found = re.match(r"label_values\((.*), (\w+)\)$",
                         variable.get("definition", ""))
        if found:
            yield Expression("variable " + variable["name"], filled(found[1]),
                             "{{%s}}" % found[2])


def rules_of(files):
    return [rule for file in files for group in file["groups"]
            for rule in group["rules"]]


def of_rules(files):
    for rule in rules_of(files):
        yield Expression(
            rule.get("record") or "alert " + rule["alert"], rule["expr"],
            " ".join(rule.get("annotations", {}).values()))


def every(board, files):
    return list(of_dashboard(board)) + list(of_rules(files))


# ---- what is wrong ----------------------------------------------------------

def recorded(files):
    """The series that rules make, with the labels that their names begin
    with."""
    return {rule["record"]: set(rule["record"].split(":")[0].split("_"))
            for rule in rules_of(files) if "record" in rule}


def wrong_names(expression, known, words):
    for name, matchers in expression.selectors():
        if name not in known:
            yield "there is no metric " + name
        for label, value in matchers:
            if label not in known.get(name, set()) | SCRAPED:
                yield "%s has no label %s" % (name, label)
            for word in words_of(value) - words:
                if label not in SCRAPED:
                    yield "%s=%s: docs/api.md has no such word" % (label, word)
    for label in set(expression.labels()) - SCRAPED.union(*known.values()):
        yield "there is no label " + label


def sources(part):
    """The data sources that a part of the dashboard names, at any depth."""
    if isinstance(part, dict) and "datasource" in part:
        yield part["datasource"]["uid"]
    if isinstance(part, (dict, list)):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from sources(inner)


def wrong_board(board):
    ids = [panel["id"] for panel in board["panels"]]
    if len(set(ids)) < len(ids):
        yield "two panels have one id"
    if TOO_SHORT in str(board):
        yield "a window is %s and not [$__rate_interval]" % TOO_SHORT
    for uid in set(sources(board)) - {"${datasource}", "-- Grafana --"}:
        yield "a data source is %s and not the variable" % uid


def rows_of(text, heading):
    """The first column of the table that begins with these cells."""
    rows = text.split("\n| %s |" % heading, 1)[1].split("\n\n", 1)[0]
    return set(re.findall(r"^\| `(\w+)`", rows, re.M))


def wrong_guide(guide, api, files):
    """docs/observability.md has a row for each alert and for each reason."""
    for what, is_so, said in [
            ("alert", {rule["alert"] for rule in rules_of(files)
                       if "alert" in rule}, rows_of(guide, "alert")),
            ("reason", rows_of(api, "`refused_by`"),
             rows_of(guide, "reason"))]:
        for name in is_so ^ said:
            yield "docs/observability.md: %s %s is %s" % (
                what, name, "missing" if name in is_so else "none")


def wrong(vocabulary, board, files):
    """A line for each thing that is."""
    known = dict(OF_PROMETHEUS, **vocabulary.series, **recorded(files))
    return list(wrong_board(board)) + [
        "%s: %s" % (expression.place, what)
        for expression in every(board, files)
        for what in wrong_names(expression, known, vocabulary.words)]
