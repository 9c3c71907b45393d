"""Runs drills one after the other and prints what they showed. cluster/drill is the way to call it."""

import argparse
import json
import os
import random
import sys
import time
import traceback

from coalition import TALEA, TALEAD, needs
from ground import needs_own_namespaces
import network
import outage
import processes
from report import print_result, print_table, result_json
from scene import Scene
import security

DRILLS = {drill.name: drill for room in (network, processes, security, outage)
          for drill in room.DRILLS}


def read_options():
    parser = argparse.ArgumentParser(prog="cluster/drill", add_help=False)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--rate", type=float, default=40.0)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in DRILLS]
    if unknown:
        parser.error(f"no drill is called {unknown[0]}; --list names them")
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 32)
    options.folder = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"talea-drill.{os.getpid()}")
    return options


def run_one(kind, options):
    drill = kind()
    print(f"\n{drill.name}: {drill.title}", flush=True)
    reason = drill.unable()
    if reason is not None:
        print(f"  skipped: {reason}")
        return None
    with Scene(drill, options) as scene:
        try:
            scene.run()
        except Exception as error:  # pylint: disable=broad-except
            traceback.print_exc()
            scene.result.failures.append(f"{type(error).__name__}: {error}".splitlines()[0])
        scene.result.seconds = time.monotonic() - scene.began
        print_result(scene.result)
        return scene.result


def main():
    options = read_options()
    if options.list:
        for drill in DRILLS.values():
            print(f"{drill.name:<12} {drill.title}")
        return 0
    needs(TALEA, TALEAD)
    needs_own_namespaces()
    print(f"seed {options.seed}")
    results = [run_one(DRILLS[name], options) for name in options.names or DRILLS]
    results = [result for result in results if result is not None]
    print()
    print_table(results)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump([result_json(result) for result in results], file, indent=2)
            file.write("\n")
    return 0 if all(result.is_good() for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
