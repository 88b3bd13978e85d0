#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A foreign client beside the tool, as root in a guest with the module loaded.

Documentation/examples/netlink_client.py, which is pyroute2 and uapi/fraktor.yaml,
must find what "fraktor" finds: each attribute of each source and reader, events,
metrics, refusals.  Prints TAP.  One process, since a guest takes its time to
start Python.
"""
import errno
import json
import os
import subprocess
import sys
import time

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
TOOL = os.path.join(TREE, "build/tools/fraktor")
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TREE, "Documentation/examples"))

from netlink_client import Family, load
from pyroute2.netlink import NLM_F_ACK, NLM_F_DUMP
from pyroute2.netlink.exceptions import NetlinkError

# What the tool calls otherwise: by attribute set.
RENAMED = {
    "source": {"drift_ppb": "drift_budget_ppb", "missed": "missed_policy", "clockid": "clock"},
    "stats": {"histogram": "lateness_histogram"},
}
CLOCKS = {1: "monotonic", 7: "boottime", 11: "tai"}
# Of the last second, or a mean: it may be anything between two looks.
UNSTEADY = ["ticks_last_second", "drift_ppb", "drift_last_second_ppb", "lateness_mean_ns",
            "lateness_histogram", "idle_ns", "behind"]
GOES_DOWN = ["lateness_min_ns"]

failed = 0
number = 0


def ok(name, problems):
    """One test: PROBLEMS is what is wrong, or nothing."""
    global failed, number
    number += 1
    for problem in problems[:10]:
        print(f"# {problem}")
    failed += bool(problems)
    print(f"{'not ' if problems else ''}ok {number} - {name}", flush=True)


def tool(*arguments):
    return json.loads(subprocess.run([TOOL, *arguments, "--json"], check=True, capture_output=True).stdout)


def start():
    """A program that makes a source of 10 ms."""
    return subprocess.Popen([os.path.join(TREE, "build/examples/quickstart")],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            env={**os.environ, "FRAKTOR_PERIOD_US": "10000", "FRAKTOR_DURATION_S": "600"})


def wait_for(listener, condition, seconds=60):
    """The first message of a group that is so, and those before it."""
    seen = []
    for message in listener.receive(seconds):
        seen.append(message)
        if condition(message):
            return message, seen
    return None, seen


def event(kind, name=None):
    return lambda message: (message.get("type") == kind and name in (None, message["source-name"]))


def as_tool_says(source):
    """The attributes of a source under the names of the tool."""
    out = {}
    for set_name, values in (("source", source), ("stats", source["stats"])):
        for key, value in values.items():
            key = key.replace("-", "_")
            out[RENAMED[set_name].get(key, key)] = value
    out["clock"] = CLOCKS[out["clock"]]
    out.setdefault("owner_pid", 0)
    del out["stats"]
    return out


def compare(before, foreign, after):
    """Between two looks of the tool, a foreign one: equal, or on the way."""
    problems = [f"only one of both has {key}" for key in set(before) ^ set(foreign)]
    for key in sorted(set(before) & set(foreign)):
        first, value, last = before[key], foreign[key], after[key]
        if key in UNSTEADY:
            wrong = not isinstance(value, type(first))
        elif key in GOES_DOWN:
            wrong = not first >= value >= last
        elif isinstance(value, int) and not isinstance(value, bool) and first != last:
            wrong = not first <= value <= last
        else:
            wrong = value != first
        if wrong:
            problems.append(f"{key}: the tool says {first} and then {last}, the foreign client {value}")
    return problems


def refusal(family, *arguments, **attributes):
    try:
        family.ask(*arguments, **attributes)
    except NetlinkError as error:
        return error
    return NetlinkError(0)


def as_nobody(function):
    """The errno that FUNCTION gives a process without privileges."""
    child = os.fork()
    if not child:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        os._exit(function())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def sources(family, name):
    before, foreign, after = tool("stat"), family.ask("source-get", NLM_F_DUMP), tool("stat")
    ok("list: the same sources", [] if [each["name"] for each in before["sources"]] ==
       [each["name"] for each in foreign] == [name] else [f"{foreign}"])
    ok("list: R3.6 each attribute as the tool has it",
       compare(before["sources"][0], as_tool_says(foreign[0]), after["sources"][0]))
    wanted = {item["name"] for set_name in ("source", "stats") for item in family.sets[set_name]["attributes"]
              if item["type"] != "pad"}
    had = set(foreign[0]) | set(foreign[0]["stats"])
    ok("list: every attribute of the specification is there", [f"no {each}" for each in wanted - had])
    one = family.ask("source-get", 0, name=name)[0]
    again = family.ask("source-get", 0, id=one["id"])[0]
    ok("get: by its name and by its id", compare(as_tool_says(foreign[0]), as_tool_says(one), as_tool_says(again)))
    error = refusal(family, "source-get", 0, name="nobody")
    ok("get: an unknown source is ENOENT", [] if error.code == errno.ENOENT else [f"{error}"])


def readers(family):
    before, foreign, after = tool("readers"), family.ask("reader-get", NLM_F_DUMP), tool("readers")
    names = {each["id"]: each["name"] for each in family.ask("source-get", NLM_F_DUMP)}
    problems = [] if len(foreign) == len(before["readers"]) == 1 else [f"{foreign}"]
    for first, reader, last in zip(before["readers"], foreign, after["readers"]):
        reader["sources"] = [{"id": each, "name": names[each]} for each in reader["sources"]]
        reader = {key.replace("-", "_"): value for key, value in reader.items()}
        problems += compare(first, {"stalled": False, "owner": False, "pid": 0, **reader}, last)
    ok("readers: R2.3 each attribute as the tool has it", problems)


def changes(family, listener, name):
    family.ask("source-set", NLM_F_ACK, name=name, period_ns=20000000)
    message, seen = wait_for(listener, event("changed", name))
    ok("set: R1.5 the period changes, and an event says so",
       [] if message and message["period-ns"] == 20000000 else [f"{seen}"])
    period = family.ask("source-get", 0, name=name)[0]["period-ns"]
    ok("set: it is in effect", [] if period == tool("stat")["sources"][0]["period_ns"] == 20000000 else [f"{period}"])
    error = refusal(family, "source-set", NLM_F_ACK, name=name, period_ns=1)
    ok("set: what cannot be is refused", [] if error.code in (errno.EINVAL, errno.ERANGE) else [f"{error}"])
    error = refusal(family, "source-set", NLM_F_ACK, name=name, cpu=0)
    ok("set: so is an attribute that is no part of the request", [] if error.code == errno.EINVAL else [f"{error}"])
    code = as_nobody(lambda: refusal(Family(family.spec), "source-set", NLM_F_ACK, name=name, late_ns=5).code)
    ok("set: needs CAP_NET_ADMIN", [] if code == errno.EPERM else [f"errno {code}"])
    code = as_nobody(lambda: len(Family(family.spec).ask("source-get", NLM_F_DUMP)))
    ok("list: needs no permission", [] if code == 1 else [f"{code} sources"])


def metrics(spec, name):
    listener = Family(spec)
    listener.join(["metrics"])
    first, _ = wait_for(listener, lambda message: message["op"] == "metrics")
    second, _ = wait_for(listener, lambda message: message["op"] == "metrics")
    ok("metrics: R1.5 come by themselves, with more ticks each time",
       [] if first and second and first["name"] == second["name"] == name and
       first["stats"]["ticks"] < second["stats"]["ticks"] else [f"{first} {second}"])
    listener.close()


def main():
    print("TAP version 13", flush=True)
    spec = load()
    family, listener = Family(spec), Family(spec)
    groups = [group["name"] for group in spec["mcast-groups"]["list"]]
    ok("family: it has the groups of the specification",
       [] if sorted(groups) == sorted(family.mcast_groups) else [f"{family.mcast_groups}"])
    there = family.ask("source-get", NLM_F_DUMP) + family.ask("reader-get", NLM_F_DUMP)
    ok("list: no source and no reader yet", [f"{each}" for each in there])
    listener.join(["events", "processes"])
    program = start()
    message, seen = wait_for(listener, event("started"))
    ok("listen: a source is created and started",
       [] if message and [each["type"] for each in seen] == ["created", "started"] else [f"{seen}"])
    name = message["source-name"]
    time.sleep(1.5)
    sources(family, name)
    readers(family)
    changes(family, listener, name)
    metrics(spec, name)
    program.kill()
    program.wait()
    message, seen = wait_for(listener, event("removed", name))
    died = [each for each in seen if each["type"] == "owner-died" and each.get("pid") == program.pid]
    ok("listen: R2.3 it stops and is gone, and whose it was",
       [] if message and died and any(each["type"] == "stopped" for each in seen) else [f"{seen}"])
    print(f"1..{number}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
