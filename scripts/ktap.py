#!/usr/bin/python3
"""Reads KTAP, nested to any depth, out of a serial log; writes JUnit.

  ktap.py LOG [--junit FILE] [--ktap FILE]

Everything that is no KTAP is passed over. A plan that is not fulfilled, a
number out of order, a suite without its result line or a log without tests is
a failure: what did not run did not pass. Exit status 1 if anything failed.
"""
import argparse
import dataclasses
import re
import sys
import xml.etree.ElementTree as ET

PASS, FAIL, SKIP = "pass", "fail", "skip"

# The kernel log's time stamp may stand in front of a line of kernel tests.
STAMP = re.compile(r"^\[ *\d+\.\d+\](?:\[\w+\])? ?")
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
VERSION = re.compile(r"^( *)K?TAP version \d+$")
PLAN = re.compile(r"^( *)1\.\.(\d+)(?: *# *SKIP\b.*)?$", re.IGNORECASE)
RESULT = re.compile(r"^( *)(not ok|ok) (\d+)(?: -)?(?: +([^#]*?))?"
                    r"(?: *# *(\w+)(.*))?$")
SUBTEST = re.compile(r"^( *)# Subtest: (.*)$")
NOTE = re.compile(r"^( *)# ?(.*)$")
BAIL = re.compile(r"^( *)Bail out!(.*)$")


@dataclasses.dataclass
class Test:
    """One result line, with those of its subtests."""

    name: str
    status: str
    notes: list = dataclasses.field(default_factory=list)
    children: list = dataclasses.field(default_factory=list)

    def leaves(self, path=()):
        """Yield (path, test) for each test that has no subtests."""
        path = path + (self.name,)
        for child in self.children:
            yield from child.leaves(path)
        # A suite counts only where it failed and none of its tests says why.
        if not self.children or (self.status == FAIL and not self.failed_below()):
            yield path, self

    def failed_below(self):
        return any(leaf.status == FAIL for child in self.children
                   for _, leaf in child.leaves())


@dataclasses.dataclass
class Level:
    """A KTAP document that is still open; the deepest one is last."""

    indent: int
    name: str = ""
    plan: int = -1
    tests: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)

    def complaints(self):
        if self.plan < 0:
            return ["no plan"]
        if len(self.tests) != self.plan:
            return [f"{len(self.tests)} of {self.plan} planned tests have a result"]
        return []


class Parser:
    """Takes lines one by one; `roots` holds the finished documents' tests."""

    def __init__(self):
        self.levels = []
        self.roots = []
        self.text = []      # the KTAP lines alone

    def feed(self, raw):
        line = STAMP.sub("", ANSI.sub("", raw.rstrip("\r\n"))).rstrip()
        for pattern, action in ((VERSION, self.version), (PLAN, self.plan),
                                (RESULT, self.result), (SUBTEST, self.subtest),
                                (BAIL, self.bail), (NOTE, self.note)):
            match = pattern.match(line)
            if match and (self.levels or pattern is VERSION):
                self.text.append(line)
                action(len(match[1]), match)
                return

    def version(self, indent, _):
        self.close_down_to(indent)
        self.levels.append(Level(indent))

    def level(self, indent):
        """Return the open document at this indentation."""
        while self.levels[-1].indent > indent and len(self.levels) > 1:
            self.abandon(self.levels.pop())
        if self.levels[-1].indent < indent:
            self.levels.append(Level(indent))
        return self.levels[-1]

    def plan(self, indent, match):
        self.level(indent).plan = int(match[2])

    def subtest(self, indent, match):
        self.level(indent).name = match[2]

    def note(self, indent, match):
        if self.levels[-1].indent == indent:
            self.levels[-1].notes.append(match[2])

    def bail(self, indent, match):
        self.level(indent).tests.append(Test("Bail out!", FAIL, [match[2].strip()]))

    def result(self, indent, match):
        inner = None
        while self.levels[-1].indent > indent and len(self.levels) > 1:
            if inner:
                self.attach_abandoned(inner)
            inner = self.levels.pop()
        level = self.level(indent)
        test = Test(match[4] or f"test {match[3]}", PASS if match[2] == "ok" else FAIL,
                    level.notes)
        level.notes = []
        directive = (match[5] or "").upper()
        if directive == "SKIP":
            test.status = SKIP
            test.notes.append(match[6].strip())
        elif directive in ("TIMEOUT", "ERROR"):
            test.status = FAIL
            test.notes.append(f"{directive} {match[6].strip()}")
        if int(match[3]) != len(level.tests) + 1:
            test.status = FAIL
            test.notes.append(f"number {match[3]} where {len(level.tests) + 1} was due")
        if inner:
            adopt(test, inner)
        level.tests.append(test)

    def attach_abandoned(self, inner):
        """A suite whose result line never came, within one that goes on."""
        self.levels[-1].tests.append(unfinished(inner))

    def abandon(self, level):
        if self.levels:
            self.attach_abandoned(level)

    def close_down_to(self, indent):
        while self.levels and self.levels[-1].indent >= indent:
            level = self.levels.pop()
            if self.levels and indent > 0:
                self.attach_abandoned(level)
            elif self.levels:
                self.levels[-1].tests.append(unfinished(level))
            else:
                self.finish_root(level)

    def finish_root(self, level):
        root = Test(level.name or f"suite {len(self.roots) + 1}", PASS, [], level.tests)
        for text in level.complaints():
            root.children.append(Test("plan", FAIL, [text]))
        self.roots.append(root)

    def finish(self):
        self.close_down_to(0)
        return self.roots


def adopt(test, inner):
    """Make the tests of a finished subtest document children of its result."""
    test.children = inner.tests
    for text in inner.complaints():
        test.children.append(Test("plan", FAIL, [text]))
    if test.status == PASS and test.failed_below():
        test.notes.append("reported ok over a failed subtest")


def unfinished(level):
    test = Test(level.name or "subtest", FAIL, ["no result line"], level.tests)
    for text in level.complaints():
        test.children.append(Test("plan", FAIL, [text]))
    return test


def parse(lines):
    """Return (tests, KTAP lines); never without a test."""
    parser = Parser()
    for line in lines:
        parser.feed(line)
    roots = parser.finish()
    return roots or [Test("ktap", FAIL, ["the log holds no KTAP"])], parser.text


def count(roots):
    """Return {pass: n, fail: n, skip: n} over the leaves."""
    totals = {PASS: 0, FAIL: 0, SKIP: 0}
    for root in roots:
        for _, leaf in root.leaves():
            totals[leaf.status] += 1
    return totals


def printable(text):
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)


def junit(roots, suite_name):
    """Return the JUnit tree: a suite per document, a case per leaf."""
    top = ET.Element("testsuites", name=suite_name)
    for root in roots:
        totals = count([root])
        suite = ET.SubElement(top, "testsuite", name=printable(root.name),
                              tests=str(sum(totals.values())),
                              failures=str(totals[FAIL]), skipped=str(totals[SKIP]))
        for path, leaf in root.leaves():
            case = ET.SubElement(suite, "testcase", name=printable(leaf.name),
                                 classname=printable(".".join((suite_name,) + path[:-1])))
            notes = printable("\n".join(leaf.notes))
            if leaf.status == FAIL:
                ET.SubElement(case, "failure", message=notes[:200]).text = notes
            elif leaf.status == SKIP:
                ET.SubElement(case, "skipped", message=notes)
            elif notes:
                ET.SubElement(case, "system-out").text = notes
    return ET.ElementTree(top)


def summary(totals):
    return f"{totals[PASS]} passed, {totals[FAIL]} failed, {totals[SKIP]} skipped"


def failures(roots):
    """Yield one line of text per failed test."""
    for root in roots:
        for path, leaf in root.leaves():
            if leaf.status == FAIL:
                yield "/".join(path) + ": " + "; ".join(leaf.notes or ["not ok"])


def read(path):
    with open(path, encoding="utf-8", errors="replace") as log:
        return parse(log)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log")
    parser.add_argument("--junit")
    parser.add_argument("--ktap")
    options = parser.parse_args()
    roots, text = read(options.log)
    if options.ktap:
        with open(options.ktap, "w", encoding="utf-8") as out:
            out.writelines(line + "\n" for line in text)
    if options.junit:
        junit(roots, "jacinth").write(options.junit, encoding="utf-8", xml_declaration=True)
    for line in failures(roots):
        print("FAIL", line)
    totals = count(roots)
    print(summary(totals))
    return 1 if totals[FAIL] else 0


if __name__ == "__main__":
    sys.exit(main())
