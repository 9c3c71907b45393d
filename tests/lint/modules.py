"""The modules and their arrows, read from the talea_module() calls in src/*/CMakeLists.txt."""

import os
import re

import sources

_CALL = re.compile(r"talea_module\(\s*(\w+)([^)]*)\)")
_KEYWORDS = ("SOURCES", "DEPENDS", "LIBRARIES")


def _call_words(arguments):
    """{"SOURCES": [...], "DEPENDS": [...], "LIBRARIES": [...]}"""
    words = {key: [] for key in _KEYWORDS}
    key = None
    for word in arguments.split():
        if word in _KEYWORDS:
            key = word
        elif key:
            words[key].append(word)
    return words


def declared():
    """{module: {"SOURCES", "DEPENDS", "LIBRARIES"}} of every module the build knows."""
    modules = {}
    for folder in folders():
        content = sources.text(f"src/{folder}/CMakeLists.txt") or ""
        for name, arguments in _CALL.findall(re.sub(r"#[^\n]*", "", content)):
            modules[name] = _call_words(arguments)
    return modules


def folders():
    """The folders of src/ that take part in the build."""
    top = os.path.join(sources.ROOT, "src")
    return sorted(d for d in os.listdir(top)
                  if os.path.isfile(os.path.join(top, d, "CMakeLists.txt")))


def reach(modules, name):
    """The modules that `name` may use: what it declares, and what those declare."""
    seen = set()
    ahead = list(modules[name]["DEPENDS"])
    while ahead:
        module = ahead.pop()
        if module not in seen:
            seen.add(module)
            ahead += modules.get(module, {"DEPENDS": []})["DEPENDS"]
    return seen


def levels(modules):
    """Lists of modules, lowest first: each one depends on none of its own list or of a later one.
    A circle raises ValueError with its members."""
    left = dict(modules)
    done = set()
    result = []
    while left:
        level = sorted(m for m in left
                       if all(d in done or d not in modules for d in left[m]["DEPENDS"]))
        if not level:
            raise ValueError("a circle among " + ", ".join(sorted(left)))
        for module in level:
            del left[module]
        done |= set(level)
        result.append(level)
    return result
