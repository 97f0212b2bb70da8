#!/usr/bin/python3
"""Prints compile_commands.json: compdb.py FLAGS-FILE OBJECT...

The flags file's first line is the command for the kernel's C files, the second
that for user programs. An OBJECT is a path in the tree: mm/vmo.o for a file of the
kernel, user/shell/main.c.o for one of a program.
"""
import json
import os
import sys

USER_FOLDERS = ("user/", "tests/user/", "tests/bad/")


def source_of(obj):
    return obj[:-2] if obj.endswith((".c.o", ".S.o")) else obj[:-1] + "c"


def entry(obj, kernel, user):
    source = source_of(obj)
    command = user if source.startswith(USER_FOLDERS) else kernel
    return {"directory": os.getcwd(), "file": source,
            "command": f"{command} -c {source}"}


def main(args):
    with open(args[0], encoding="utf-8") as flags:
        kernel, user = [line.rstrip("\n") for line in flags][:2]
    entries = [entry(obj, kernel, user) for obj in args[1:]
               if os.path.exists(source_of(obj))]
    json.dump(entries, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main(sys.argv[1:])
