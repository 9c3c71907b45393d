#!/usr/bin/python3
"""libtalea's calls of an office, and of a till with a programme, against a real node: C programs,
built as anybody would."""

import os
import unittest

from coalition import BUILD, SOURCE, Coalition, main, needs, run

PROGRAMME = """version: 1
currency: USD
earn: {points: 1, per: 1.00, rounding: down}
expiry: {kind: months, months: 12}
goods:
  - {name: bread, categories: [bread]}
coupons:
  - {coupon: spring, codes: [SPRING]}
  - {coupon: sorry, prefix: S-, personal: yes}
surveys:
  - {survey: visit, scale: 0-10, days: 14}
rules:
  - rule: bread double
    for: [bread]
    give: {multiple: 2, rounding: down}
  - rule: spring
    coupon: spring
    give: {points: 3}
  - rule: sorry
    coupon: sorry
    give: {points: 50}
    caps: [{of: code, per: ever, uses: 1}]
  - rule: asked
    on: survey
    give: {points: 7}
  - rule: written
    on: review
    give: {points: 500}
  - rule: mug
    on: reward mug
    give: {item: mug}
    price: {points: 300}
    caps: [{per: ever, uses: 1, of: all}]
  - rule: gift card
    on: reward gift card
    give: {item: gift card, worth: 5.00, days: 365}
    price: {points: 500, money: 1.00}
"""


class Office(unittest.TestCase):
    def run_program(self, coalition, name, *cards):
        node = coalition["grocer"]
        program = coalition.path(name)
        run([os.environ.get("CC", "cc"), "-std=c11", "-Wall", "-Wextra", "-Werror",
             f"-I{SOURCE}/include", f"{SOURCE}/tests/integration/{name}.c", "-o", program,
             f"-L{BUILD}", "-ltalea"])
        run([program, f"127.0.0.1:{node.port}", node.folder, *cards],
            env=dict(os.environ, LD_LIBRARY_PATH=BUILD))

    def test_all_of_it(self):
        needs(os.path.join(BUILD, "libtalea.so"))
        with Coalition(["grocer"]) as coalition:
            node = coalition["grocer"]
            with open(node.path("programme.yaml"), "w", encoding="utf-8") as file:
                file.write(PROGRAMME)
            coalition.start()
            cards = [node.cli("member", "add")["card"] for _ in range(3)]
            self.run_program(coalition, "client_office", *cards[:2])
            self.run_program(coalition, "client_programme", cards[2])
            node.talea("verify")


if __name__ == "__main__":
    main(60)
