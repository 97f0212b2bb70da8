#!/usr/bin/python3
"""Writes a cpio archive (newc form) that depends only on names and contents.

  mkinitrd.py ARCHIVE [NAME=FILE]...

Owner and times are 0; folders on the way to a NAME are made.
"""
import sys

FOLDER, PROGRAM = 0o040755, 0o100755


def padded(data):
    return data + b"\0" * (-len(data) % 4)


def member(name, mode, data, inode):
    """Return one archive member: header, name, data, each padded to 4 bytes."""
    raw = name.encode() + b"\0"
    links = 2 if mode == FOLDER else 1
    fields = [inode, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(raw), 0]
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return padded(header + raw) + padded(data)


def folders(names):
    """Return every folder above the names, parents first."""
    found = set()
    for name in names:
        parts = name.split("/")[:-1]
        found.update("/".join(parts[:i + 1]) for i in range(len(parts)))
    return sorted(found)


def archive(files):
    """Return the bytes for {name: content}."""
    entries = [(name, FOLDER, b"") for name in folders(files)]
    entries += [(name, PROGRAM, files[name]) for name in sorted(files)]
    out = b"".join(member(name, mode, data, inode)
                   for inode, (name, mode, data) in enumerate(entries, 1))
    return out + member("TRAILER!!!", 0, b"", 0)


def main(args):
    files = {}
    for arg in args[1:]:
        name, _, path = arg.partition("=")
        with open(path, "rb") as source:
            files[name.strip("/")] = source.read()
    with open(args[0], "wb") as out:
        out.write(archive(files))


if __name__ == "__main__":
    main(sys.argv[1:])
