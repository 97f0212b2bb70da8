"""C source as the checkers see it."""
import re
import subprocess

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def tracked(*patterns):
    """Paths under version control, or about to be, that match and exist."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", *patterns],
                            check=True, capture_output=True, text=True).stdout
    return sorted(set(listed.splitlines()))


def read(path):
    with open(path, encoding="utf-8") as source:
        return source.read()


def without_comments(text, strings=True):
    """Blank out comments, and strings too unless kept; lines stay in place."""
    def blank(match):
        found = match[0]
        if found[0] == "/" or not strings:
            return re.sub(r"[^\n]", " ", found)
        return found
    return TOKEN.sub(blank, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def functions(text):
    """Yield (name, first line, last line) of each function with a body.

    By the style's own rule: a function's braces stand alone in column 0.
    """
    lines = without_comments(text, strings=False).split("\n")
    start = 0
    for number, line in enumerate(lines, 1):
        if line.rstrip() == "{":
            start = number
        elif line.startswith("}") and start:
            yield name_before(lines, start), start, number
            start = 0


def name_before(lines, brace):
    """Return the name of the function whose body opens at line `brace`."""
    head = ""
    for line in reversed(lines[:brace - 1]):
        if not line.strip() and head:
            break
        head = line + "\n" + head
        if line and not line[0].isspace() and "(" in line:
            break
    match = re.search(r"(\w+)\s*\(", head)
    return match[1] if match else "?"
