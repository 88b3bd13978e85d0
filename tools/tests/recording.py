#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes a recording as record.rst describes it, without the tool that is tested.

  recording.py FILE [TICKS [LATENESS...]]

TICKS (2000) ticks of 1 ms of a source "scripted", late by the nanoseconds
LATENESS in turn or else by what a quiet machine shows, the same each time; with
an event, a gap of ten ticks in the middle, and an end.
"""
import struct
import sys
import zlib

PERIOD_NS = 1000000
START_NS = 5000 * PERIOD_NS
GAP_TICKS = 10
CHANGED = 6


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def folded(value):
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def header(name):
    out = struct.pack("<8sHHIIIIIQQQQ32s16s32s12x", b"\x89FRKREC\n", 1, 160, 1, 1, 7, 1, 1024,
                      PERIOD_NS, PERIOD_NS, START_NS, 1700000000 * 10**9, name, b"hrtimer", b"0.1.0")
    return out + struct.pack("<I", zlib.crc32(out))


def block(kind, entries, payload):
    head = struct.pack("<III", kind, len(payload), entries)
    return head + struct.pack("<I", zlib.crc32(head + payload)) + payload


def quiet_machine(n):
    """Around 4 us, some later, few very late."""
    noise = (n * 2654435761 >> 7) % 1000
    late = 2500 + noise * 3 + (noise % 97) ** 2
    return late + 60000 + 90 * noise if n % 613 == 612 else late


def ticks(first, count, lateness):
    """A block of them; the first one says its number and its deadline."""
    payload = varint(PERIOD_NS)
    for n in range(first, first + count):
        head = n == first
        payload += bytes([3 if head else 0])
        if head:
            payload += folded(n) + folded(START_NS + n * PERIOD_NS)
        payload += folded(lateness(n))
    return block(1, count, payload)


def event(at_ns, seen):
    body = b"".join(map(varint, (CHANGED, at_ns, 7, 0, 1, seen, 0, PERIOD_NS))) + folded(0)
    body += b"".join(map(varint, (0, 0, 0, 0))) + b"scripted"
    return block(2, 1, varint(len(body)) + body)


def recording(count, lateness):
    half = count // 2
    end_ns = START_NS + (count + GAP_TICKS) * PERIOD_NS
    out = header(b"scripted")
    for first, last in ((0, half), (half + GAP_TICKS, count + GAP_TICKS)):
        for begin in range(first, last, 500):
            out += ticks(begin, min(500, last - begin), lateness)
    out += event(START_NS + half * PERIOD_NS, half)
    return out + block(3, 1, b"".join(map(varint, (2, end_ns, count, GAP_TICKS, 0))))


def main(arguments):
    count = int(arguments[1]) if len(arguments) > 1 else 2000
    given = [int(text) for text in arguments[2:]]
    with open(arguments[0], "wb") as file:
        file.write(recording(count, (lambda n: given[n % len(given)]) if given else quiet_machine))


if __name__ == "__main__":
    main(sys.argv[1:])
