#!/usr/bin/python3
"""libtalea's calls of an office against a real node: a C program, built as anybody would."""

import os
import unittest

from coalition import BUILD, SOURCE, Coalition, main, needs, run


class Office(unittest.TestCase):
    def test_all_of_it(self):
        needs(os.path.join(BUILD, "libtalea.so"))
        with Coalition(["grocer"]) as coalition:
            coalition.start()
            node = coalition["grocer"]
            cards = [node.cli("member", "add")["card"] for _ in range(2)]
            program = coalition.path("client_office")
            run([os.environ.get("CC", "cc"), "-std=c11", "-Wall", "-Wextra", "-Werror",
                 f"-I{SOURCE}/include", f"{SOURCE}/tests/integration/client_office.c", "-o", program,
                 f"-L{BUILD}", "-ltalea"])
            run([program, f"127.0.0.1:{node.port}", node.folder] + cards,
                env=dict(os.environ, LD_LIBRARY_PATH=BUILD))


if __name__ == "__main__":
    main(60)
