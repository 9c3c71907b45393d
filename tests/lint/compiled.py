"""What the dev build knows about each source: its flags and its object file."""

import json
import os
import shlex

import sources

BUILD = os.environ.get("TALEA_BUILD", os.path.join(sources.ROOT, "build", "dev"))


def commands():
    """[{"file": path relative to the root, "object": absolute path, "arguments": [...]}]"""
    path = os.path.join(BUILD, "compile_commands.json")
    if not os.path.isfile(path):
        sources.skip(f"no {os.path.relpath(path, sources.ROOT)}; configure the preset dev first")
    with open(path, encoding="utf-8") as file:
        entries = json.load(file)
    return [_read(entry) for entry in entries]


def _read(entry):
    arguments = shlex.split(entry["command"])
    written = arguments[arguments.index("-o") + 1]
    return {"file": os.path.relpath(entry["file"], sources.ROOT),
            "object": os.path.join(entry["directory"], written),
            "arguments": arguments}


def flags(arguments):
    """The options of a compile command that decide what the text means: language, macros, folders,
    warnings. Not the input, and not what is written."""
    kept = []
    words = iter(arguments[1:])
    for word in words:
        if word in ("-o", "-MF", "-MT", "-MQ"):
            next(words, None)
        elif word in ("-isystem", "-include", "-I", "-D"):
            kept += [word, next(words)]
        elif word.startswith(("-I", "-D", "-U", "-std=", "-f", "-W")) and "sanitize" not in word:
            kept.append(word)
    return kept
