"""Brands' exports of a period, read, spoiled and signed anew without Talea's own code."""

import hashlib
import json
import os
import shutil

from coalition import TALEA, run
from partner import Key, Partner

FOLDERS = ("charters", "netting", "payments", "statements", "streams")


def varint(value):
    out = b""
    while value > 0x7f:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def read_messages(path, form):
    """Those of a file that begins with `form`, each as its bytes."""
    with open(path, "rb") as file:
        data = file.read()
    assert data.startswith(form), data[:20]
    at = len(form)
    found = []
    while at < len(data):
        length = shift = 0
        while True:
            byte = data[at]
            length |= (byte & 0x7f) << shift
            shift += 7
            at += 1
            if byte < 0x80:
                break
        found.append(data[at:at + length])
        at += length
    return found


def write_messages(path, form, messages):
    with open(path, "wb") as file:
        file.write(form)
        for message in messages:
            data = message.SerializeToString()
            file.write(varint(len(data)) + data)


class Spoiling:
    """For tests with `coalition` and `pb`: copies of exports that a test may spoil."""

    def copy(self, name, brands):
        """Of the exports called so."""
        self.root = self.coalition.path("spoiled")
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self.coalition.path(name), self.root)
        self.folders = [self.path(brand) for brand in brands]

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def audit(self, folders=None, *options, expect=0):
        result = run([TALEA, "audit", "--json", *(folders or self.folders), *options],
                     expect=expect)
        return json.loads(result.stdout) if result.stdout.strip() else result.stderr

    def sum_up(self, brand):
        """As whoever spoils a file would: SUMS again."""
        lines = []
        for folder in FOLDERS:
            if not os.path.isdir(self.path(brand, folder)):
                continue
            for name in sorted(os.listdir(self.path(brand, folder))):
                with open(self.path(brand, folder, name), "rb") as file:
                    sum_ = hashlib.blake2b(file.read(), digest_size=32).hexdigest()
                lines.append(f"{sum_}  {folder}/{name}\n")
        with open(self.path(brand, "SUMS"), "w", encoding="ascii") as file:
            file.writelines(lines)

    def flaw(self, file, folders=None):
        """What an audit finds first, in a file that ends so."""
        answer = self.audit(folders, expect=4)
        self.assertFalse(answer["clean"])
        flaw = answer["flaw"]
        self.assertTrue(flaw["file"].endswith(file), flaw)
        self.assertNotEqual(flaw["expected"], flaw["found"])
        return flaw

    def key(self, brand):
        return Key(self.coalition[brand].path("keys/online.key"))

    def signed(self, key, payload, purpose, epoch=1):
        signer = Partner.__new__(Partner)
        signer.pb = self.pb
        signer.node = self.coalition["grocer"]
        signer.key = key
        return signer.signed(payload, purpose, epoch=epoch).SerializeToString()
