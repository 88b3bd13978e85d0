#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The family fraktor from Python: everything it knows is from uapi/fraktor.yaml.

  netlink_client.py list              each source, as a JSON object on a line
  netlink_client.py get NAME          one of them
  netlink_client.py readers           each reader
  netlink_client.py set NAME ATTRIBUTE=NUMBER...
  netlink_client.py listen GROUP... [--for SECONDS]
                                      what comes from the groups, with "op" in front

Needs pyroute2 and PyYAML; FRAKTOR_SPEC names another place of the specification.
"""
import errno
import json
import os
import select
import struct
import sys
import time

import yaml
from pyroute2.netlink import NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, genlmsg, nla
from pyroute2.netlink.exceptions import NetlinkError
from pyroute2.netlink.generic import GenericNetlinkSocket

SPEC = os.environ.get("FRAKTOR_SPEC") or os.path.join(
    os.path.dirname(os.path.realpath(__file__)), "../../uapi/fraktor.yaml")
# What pyroute2 calls the types of the specification.
TYPES = {"u32": "uint32", "u64": "uint64", "s64": "int64", "string": "asciiz", "flag": "flag",
         "binary": "cdata", "pad": "none"}
ARRAYS = {"u32": "I", "u64": "Q"}
# Of a generic netlink message: the command stands behind the netlink header.
COMMAND_AT = 16


def load(path=SPEC):
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def numbered(entries, start):
    number = start
    for entry in entries:
        entry = {"name": entry} if isinstance(entry, str) else entry
        number = entry.get("value", number)
        yield number, entry
        number += 1


class Family(GenericNetlinkSocket):
    """A socket that speaks what the specification says."""

    module_err_level = "debug"          # a missing family is an exception already

    def __init__(self, spec):
        super().__init__()
        self.spec = spec
        self.sets = {each["name"]: each for each in spec["attribute-sets"]}
        self.words = {each["name"]: {n: entry["name"] for n, entry in
                                     numbered(each["entries"], each.get("value-start", 0))}
                      for each in spec["definitions"] if "entries" in each}
        self.ops = {op["name"]: (number, op) for number, op in numbered(spec["operations"]["list"], 1)}
        self.messages = {number: self.message(op["attribute-set"]) for number, op in self.ops.values()}
        self.bind(spec["name"], self.decoder)

    # --- tables -----------------------------------------------------------------

    def nla_map(self, name):
        return tuple((number, item["name"], item.get("nested-attributes") or TYPES[item["type"]])
                     for number, item in numbered(self.sets[name]["attributes"], 1))

    def message(self, name):
        nests = {item["nested-attributes"] for item in self.sets[name]["attributes"]
                 if "nested-attributes" in item}
        inside = {nest: type(nest, (nla,), {"nla_map": self.nla_map(nest)}) for nest in nests}
        return type(name, (genlmsg,), {"nla_map": self.nla_map(name), **inside})

    def decoder(self, data, offset=0):
        return self.messages[data[offset + COMMAND_AT]](data, offset=offset)

    # --- values -----------------------------------------------------------------

    def value(self, item, value):
        if "nested-attributes" in item:
            return self.values(item["nested-attributes"], value["attrs"])
        if "sub-type" in item:
            return list(struct.unpack(f"={len(value) // struct.calcsize(ARRAYS[item['sub-type']])}"
                                      f"{ARRAYS[item['sub-type']]}", value))
        if item.get("enum-as-flags"):
            return [word for bit, word in self.words[item["enum"]].items() if value >> bit & 1]
        if "enum" in item:
            return self.words[item["enum"]].get(value, value)
        return value

    def values(self, set_name, attributes):
        items = {item["name"]: item for item in self.sets[set_name]["attributes"]}
        return {name: self.value(items[name], value) for name, value in attributes
                if items[name]["type"] != "pad"}

    # --- operations -------------------------------------------------------------

    def ask(self, op_name, flags, **attributes):
        number, op = self.ops[op_name]
        request = self.messages[number]()
        request["cmd"], request["version"] = number, self.spec["version"]
        request["attrs"] = [(name.replace("_", "-"), value) for name, value in attributes.items()]
        return [self.values(op["attribute-set"], reply["attrs"])
                for reply in self.nlm_request(request, msg_type=self.prid, msg_flags=NLM_F_REQUEST | flags)
                if reply["header"]["type"] == self.prid]

    def join(self, groups):
        for group in groups:
            self.add_membership(group)

    def receive(self, seconds):
        """What comes from the groups that were joined."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.fileno()], [], [], left)[0]:
                continue
            for message in self.get():
                name = next(name for name, (number, _) in self.ops.items() if number == message["cmd"])
                yield {"op": name, **self.values(self.ops[name][1]["attribute-set"], message["attrs"])}


COMMANDS = ["list", "get", "readers", "set", "listen"]


def run(family, command, arguments):
    if command == "list":
        return family.ask("source-get", NLM_F_DUMP)
    if command == "readers":
        return family.ask("reader-get", NLM_F_DUMP)
    if command == "get":
        return family.ask("source-get", 0, name=arguments[0])
    if command == "set":
        numbers = dict(pair.split("=") for pair in arguments[1:])
        return family.ask("source-set", NLM_F_ACK, name=arguments[0],
                          **{name: int(number) for name, number in numbers.items()})
    seconds = float(arguments[arguments.index("--for") + 1]) if "--for" in arguments else 1e9
    family.join(name for name in arguments if name in family.mcast_groups)
    return family.receive(seconds)


def main(arguments):
    if not arguments or arguments[0] not in COMMANDS:
        raise SystemExit(__doc__.strip())
    spec = load()
    try:
        for result in run(Family(spec), arguments[0], arguments[1:]):
            print(json.dumps(result), flush=True)
    except NetlinkError as error:
        raise SystemExit(f"{spec['name']}: {errno.errorcode.get(error.code, error.code)}: {error.args[-1]}") from None
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main(sys.argv[1:])
