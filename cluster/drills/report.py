"""What drills showed, for people and as JSON."""

import collections

COLUMNS = ("drill", "s", "acknowledged", "refused", "sent again", "lost", "twice", "wrong",
           "earn away", "burn away", "matched", "verified", "")


def _gap(gap):
    """Longest and total; nothing where nothing was affected."""
    longest, total = gap
    return "-" if total == 0 else f"{longest:.1f} / {total:.1f} s"


def _milliseconds(latency):
    calls, median, late = latency
    return "none" if not calls else f"{median * 1000:.0f} / {late * 1000:.0f} ms"


def _row(result):
    found = result.findings
    verdict = "good" if result.is_good() else "BAD"
    if found is None:
        return (result.drill.name, f"{result.seconds:.0f}", *["?"] * (len(COLUMNS) - 3), verdict)
    return (result.drill.name, f"{result.seconds:.0f}", f"{found.acknowledged:,}",
            f"{found.refused:,}", f"{found.repeated:,}", str(found.lost), str(found.twice),
            str(found.wrong), _gap(result.gaps.get("earn", (0, 0))),
            _gap(result.gaps.get("burn", (0, 0))), f"{result.statements}/{result.pairs}",
            f"{result.verified}/{result.nodes}", verdict)


def print_result(result):
    found = result.findings
    if found is not None:
        for reason, count in sorted(found.refusals.items()):
            print(f"            refused {count} times: {reason}")
        again = collections.Counter()
        for reason, count in result.troubles.items():
            again[reason.split(":")[0]] += count
        for reason, count in sorted(again.items()):
            print(f"            called again {count} times: {reason}")
        for note in found.notes:
            print(f"            {note}")
    if result.latency:
        parts = [f"{span} {_milliseconds(kinds['hold abroad'])}"
                 for span, kinds in result.latency.items()]
        print(f"            holds abroad, median / 99 % of answers: {', '.join(parts)}")
    for failure in result.failures:
        print(f"            FAILED: {failure}")
    print(f"  {result.seconds:6.1f} s  " + ("good" if result.is_good() else "BAD"), flush=True)


def print_table(results):
    rows = [COLUMNS] + [_row(result) for result in results]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    for row in rows:
        cells = [cell.ljust(width) if column in (0, len(COLUMNS) - 1) else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip())
    print("away: the longest time and the sum of times in which some till of some brand was not "
          "served;\nmatched: pairs whose statement both have signed and countersigned.")


def result_json(result):
    def ms(seconds):
        return None if seconds is None else round(seconds * 1000, 3)
    found = result.findings
    row = {"drill": result.drill.name, "title": result.drill.title,
           "is_good": result.is_good(), "seconds": round(result.seconds, 3),
           "fault_seconds": round(result.fault_seconds, 3), "remarks": result.remarks,
           "failures": result.failures, "statements_matched": result.statements,
           "pairs": result.pairs, "verified": result.verified, "nodes": result.nodes,
           "turned_away": result.turned_away}
    if found is not None:
        row.update(acknowledged=found.acknowledged, refused=found.refused,
                   refusals=dict(found.refusals), sent_again=found.repeated, lost=found.lost,
                   applied_twice=found.twice, wrong=found.wrong, unanswered=found.unanswered,
                   notes=found.notes)
    row["sent_again_because"] = result.troubles
    row["latency"] = {span: {kind: {"calls": calls, "p50_ms": ms(median), "p99_ms": ms(late)}
                             for kind, (calls, median, late) in kinds.items()}
                      for span, kinds in result.latency.items()}
    row["away"] = {kind: {"longest_seconds": round(gap[0], 3), "total_seconds": round(gap[1], 3)}
                   for kind, gap in result.gaps.items()}
    row["away_by_brand"] = result.keys
    return row
