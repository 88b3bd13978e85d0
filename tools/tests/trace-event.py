#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Is FILE in the Trace Event Format, in its JSON object form, as viewers want it?

usage: trace-event.py FILE

What is asked: each event has a name, a phase, a process and a thread; complete
events a time and a duration that are not negative; instants a scope; counters
numbers; metadata a name; and each thread that has ticks has a name.
"""

import json
import sys


def check(event):
    assert isinstance(event["name"], str) and event["name"], event
    assert isinstance(event["pid"], int) and isinstance(event["tid"], int), event
    phase = event["ph"]
    assert phase in ("M", "X", "C", "i"), event
    if phase == "M":
        assert event["name"] in ("process_name", "thread_name"), event
        assert isinstance(event["args"]["name"], str), event
        return
    assert event["ts"] >= 0, event
    if phase == "X":
        assert event["dur"] >= 0, event
    if phase == "C":
        assert event["args"] and all(v >= 0 for v in event["args"].values()), event
    if phase == "i":
        assert event["s"] in ("t", "p", "g"), event


def main(path):
    with open(path, encoding="utf-8") as file:
        trace = json.load(file)
    assert trace["displayTimeUnit"] in ("ns", "ms")
    events = trace["traceEvents"]
    for event in events:
        check(event)
    named = {e["tid"] for e in events if e["ph"] == "M" and e["name"] == "thread_name"}
    ticks = [e for e in events if e["ph"] == "X"]
    assert ticks, "no tick"
    assert {e["tid"] for e in ticks} <= named, "a source without a name"
    print(f"{len(events)} events, {len(ticks)} ticks, {len(named)} sources")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("--"):
        sys.exit(__doc__)
    main(sys.argv[1])
