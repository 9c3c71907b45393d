"""The tree as the checks see it: its files, and C text without comments and literals."""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

_TOKEN = re.compile(
    r"""/\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'""",
    re.DOTALL | re.VERBOSE)


def tracked():
    """Paths relative to the root of every file that is, or may become, part of the project."""
    listing = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        capture_output=True, text=True, check=False)
    if listing.returncode == 0:
        names = set(listing.stdout.split("\0"))
    else:
        names = _walked()
    return sorted(n for n in names if n and os.path.isfile(os.path.join(ROOT, n)))


def _walked():
    names = set()
    for folder, inner, files in os.walk(ROOT):
        inner[:] = [d for d in inner if d not in ("build", ".git", "node_modules", "__pycache__")]
        names |= {os.path.relpath(os.path.join(folder, f), ROOT) for f in files}
    return names


def c_files(*tops):
    """The .c and .h files below the named top folders, or of the whole tree."""
    return [n for n in tracked()
            if n.endswith((".c", ".h")) and (not tops or n.split("/")[0] in tops)]


def text(name):
    """A file's text, or None for one that is not text."""
    try:
        with open(os.path.join(ROOT, name), encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError:
        return None


def _blank(match):
    token = match.group(0)
    if token[0] == "/":
        return re.sub(r"[^\n]", " ", token)
    return token[0] + " " * (len(token) - 2) + token[-1]


def code(name):
    """C text with comments and the insides of literals blanked; every line keeps its number."""
    return _TOKEN.sub(_blank, text(name))


def line_of(content, position):
    return content.count("\n", 0, position) + 1


def report(findings, remarks=()):
    """Prints them and ends the check: with 1 when there are findings."""
    for line in remarks:
        print(f"remark: {line}")
    for line in findings:
        print(line)
    sys.exit(1 if findings else 0)


def skip(reason):
    """Ends the check as skipped."""
    print(f"skipped: {reason}")
    sys.exit(77)
