#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads what "fraktor record" wrote, by Documentation/record.rst alone.

usage: record_reader.py FILE

Prints one JSON object: of which source, how many ticks, missed periods, lost
records and events, the sum of the lateness, and whether the file has its end.
"""

import json
import struct
import sys
import zlib

IDLE = 1 << 10  # FRAKTOR_TICK_F_IDLE: nobody needed what is passed over


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        shift += 7
        at += 1
        if byte < 0x80:
            return value, at


def unfold(value):
    return value >> 1 ^ -(value & 1)


def ticks(payload, count):
    """Yields sequence number, deadline, fired, periods, flags."""
    period, at = varint(payload, 0)
    seq, deadline = 0, 0
    for _ in range(count):
        shape = payload[at]
        at += 1
        periods, flags = 1, 0
        if shape & 1:
            value, at = varint(payload, at)
            seq += unfold(value)
        if shape & 2:
            value, at = varint(payload, at)
            deadline += unfold(value)
        if shape & 4:
            periods, at = varint(payload, at)
        if shape & 8:
            flags, at = varint(payload, at)
        value, at = varint(payload, at)
        yield seq, deadline, deadline + unfold(value), periods, flags
        seq += 1
        deadline += periods * period


def blocks(file):
    """Yields type, number of entries and payload, up to a cut."""
    while len(head := file.read(16)) == 16:
        kind, length, count, crc = struct.unpack("<4I", head)
        payload = file.read(length)
        if len(payload) < length:
            return
        if zlib.crc32(head[:12] + payload) != crc:
            sys.exit("a checksum is wrong")
        yield kind, count, payload


def main(path):
    result = dict(ticks=0, missed=0, dropped=0, events=0, lateness_ns=0, whole=False)
    last = None
    with open(path, "rb") as file:
        head = file.read(12)
        magic, version, length = struct.unpack("<8s2H", head)
        head += file.read(length - 12)
        if magic != b"\x89FRKREC\n" or version != 1:
            sys.exit("no recording of version 1")
        if zlib.crc32(head[:-4]) != struct.unpack("<I", head[-4:])[0]:
            sys.exit("the checksum of the header is wrong")
        result["name"] = head[64:96].rstrip(b"\0").decode(errors="replace")
        result["period_ns"] = struct.unpack_from("<Q", head, 32)[0]
        for kind, count, payload in blocks(file):
            if kind == 2:
                result["events"] += count
            if kind == 3:
                result["whole"] = True
            if kind != 1:
                continue
            for seq, deadline, fired, periods, flags in ticks(payload, count):
                if last is not None:
                    result["dropped"] += seq - last - 1
                last = seq
                if periods:
                    result["ticks"] += 1
                    result["lateness_ns"] += fired - deadline
                if periods and not flags & IDLE:
                    result["missed"] += periods - 1
    print(json.dumps(result))


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("--"):
        sys.exit(__doc__)
    main(sys.argv[1])
