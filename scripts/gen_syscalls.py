#!/usr/bin/python3
"""Turns syscalls/syscalls.tbl, whose head explains it, into sources.

  gen_syscalls.py TABLE FOLDER [SEED]  write the generated files into FOLDER; with
                                       a SEED other than 0, numbers are shuffled
  gen_syscalls.py --public TABLE       print include/zircon/internal/prototypes.h
  gen_syscalls.py --check TABLE FILE   fail unless FILE is what --public prints
"""
import collections
import json
import os
import random
import re
import sys

Argument = collections.namedtuple("Argument", "name type mark optional size_of")
Call = collections.namedtuple("Call", "number name returns args flags rights spec")

MARKS = {"in", "out", "inout", "handle", "consumed"}
FLAGS = {"blocks", "faults", "noreturn", "user"}
MAX_ARGS = 8


class TableError(Exception):
    """A row that the table's grammar does not allow."""


def rows(text):
    """Yield (line number, row) with continuation lines joined."""
    row, start = "", 0
    for number, line in enumerate(text.splitlines() + [""], 1):
        if line[:1] in ("\t", " ") and line.strip():
            row += " " + line.strip()
            continue
        if row:
            yield start, row
        row, start = ("", number) if line.startswith("#") else (line.strip(), number)


def parse_argument(text):
    match = re.fullmatch(r"(\w+) ([^:]+?)(?::(\w+)(\?)?(?:\[(\w+)\])?)?", text.strip())
    if not match:
        raise TableError(f"argument `{text.strip()}`")
    name, ctype, mark, optional, size_of = match.groups()
    pointer = ctype.endswith("*")
    if mark and mark not in MARKS or pointer != (mark in ("in", "out", "inout")):
        raise TableError(f"mark of `{name}`")
    if ctype == "zx_handle_t" and mark is None:
        raise TableError(f"handle `{name}` without mark")
    return Argument(name, ctype, mark, bool(optional), size_of)


def parse_row(row):
    fields = [field.strip() for field in row.split("|")]
    if len(fields) != 7:
        raise TableError(f"{len(fields)} columns, not 7")
    number, name, returns, args, flags, rights, spec = fields
    args = [] if args == "-" else [parse_argument(a) for a in args.split(",")]
    flags = [] if flags == "-" else flags.split()
    names = {a.name for a in args}
    if not set(flags) <= FLAGS or ("user" in flags) != (number == "-"):
        raise TableError("flags")
    if len(args) > MAX_ARGS or len(names) != len(args):
        raise TableError("arguments")
    if any(a.size_of and a.size_of not in names for a in args):
        raise TableError("array length names no argument")
    if not re.match(r"(zx|jx)_\w+$", name):
        raise TableError("name")
    if number != "-" and returns != ("void" if "noreturn" in flags else "zx_status_t"):
        raise TableError("a kernel entry returns zx_status_t")
    return Call(None if number == "-" else int(number), name, returns, args,
                flags, None if rights == "-" else rights, spec)


def parse(path):
    """Return the calls of the table in order; exits with a sentence if it is bad."""
    calls = []
    with open(path) as table:
        for line, row in rows(table.read()):
            try:
                calls.append(parse_row(row))
            except TableError as error:
                sys.exit(f"{path}:{line}: {error}")
    numbers = [c.number for c in calls if c.number is not None]
    if len(set(numbers)) != len(numbers):
        sys.exit(f"{path}: a number appears twice")
    if len({c.name for c in calls}) != len(calls):
        sys.exit(f"{path}: a name appears twice")
    return calls


def assign_numbers(calls, seed):
    """Number the calls that enter the kernel from 0 without gaps, in the table's
    order of numbers, or in an order that the seed makes."""
    order = sorted(c.number for c in calls if c.number is not None)
    if seed:
        random.Random(seed).shuffle(order)
    rank = {number: index for index, number in enumerate(order)}
    return [c if c.number is None else c._replace(number=rank[c.number]) for c in calls]


def kernel_name(call):
    return call.name[3:] if call.name.startswith("zx_") else call.name


def entries(calls):
    return [c for c in calls if c.number is not None]


def numbers_h(calls):
    yield "#ifndef GEN_SYSCALL_NUMBERS_H"
    yield "#define GEN_SYSCALL_NUMBERS_H"
    for call in entries(calls):
        yield f"#define SYS_{kernel_name(call)} {call.number}"
    yield f"#define SYSCALL_COUNT {len(entries(calls))}"
    yield "#endif"


def kernel_type(arg):
    return "uaddr_t" if arg.type.endswith("*") else arg.type


def protos_h(calls):
    yield "#ifndef GEN_SYSCALL_PROTOS_H"
    yield "#define GEN_SYSCALL_PROTOS_H"
    yield "#include <kernel/types.h>"
    for call in entries(calls):
        args = ", ".join(f"{kernel_type(a)} {a.name}" for a in call.args) or "void"
        attribute = "__attribute__((__noreturn__)) " if "noreturn" in call.flags else ""
        yield f"{attribute}{call.returns} sys_{kernel_name(call)}({args});"
    yield "#endif"


def dispatch_inc(calls):
    for call in entries(calls):
        yield f"SYSCALL({call.number}, {kernel_name(call)}, {len(call.args)})"


def stubs_s(calls):
    """Each stub has a section of its own, so that unused ones are not linked.

    It touches nothing but x16: no stack, no memory.
    """
    yield ".macro stub name number"
    yield ".section .text.\\name, \"ax\", %progbits"
    yield ".balign 4"
    yield ".global _\\name\n.type _\\name, %function\n_\\name:"
    yield ".weak \\name\n.type \\name, %function\n\\name:"
    yield "\tmov x16, #\\number\n\tsvc #0\n\tret"
    yield ".size _\\name, . - _\\name\n.size \\name, . - \\name"
    yield ".endm"
    for call in entries(calls):
        yield f"stub {call.name} {call.number}"
    yield ".section .note.GNU-stack, \"\", %progbits"


def bind_s(calls):
    """What programs are linked with: each name jumps to where the vDSO has it.

    The table .zx_bind holds the address and the name of each; until the start-up
    code has filled in the first, and where the vDSO lacks the name, the address is
    that of what libzx answers instead (user/libzx/bind.S).
    """
    yield ".macro bind name missing"
    yield ".section .text.\\name, \"ax\", %progbits"
    yield ".balign 4"
    yield ".global _\\name\n.type _\\name, %function\n_\\name:"
    yield ".weak \\name\n.type \\name, %function\n\\name:"
    yield "\tadrp x16, .Lbind_\\name\n\tldr x16, [x16, #:lo12:.Lbind_\\name]\n\tbr x16"
    yield ".size _\\name, . - _\\name\n.size \\name, . - \\name"
    yield ".section .zx_bind.\\name, \"aw\", %progbits"
    yield ".balign 8"
    yield ".Lbind_\\name:\n\t.quad \\missing, .Lname_\\name"
    yield ".section .rodata.zx_name.\\name, \"a\", %progbits"
    yield ".Lname_\\name:\n\t.asciz \"_\\name\""
    yield ".endm"
    for call in calls:
        answers = call.returns == "zx_status_t"
        yield f"bind {call.name} {'jx_missing_call' if answers else 'jx_missing_trap'}"
    yield ".section .note.GNU-stack, \"\", %progbits"


def as_json(calls):
    table = []
    for call in calls:
        fields = call._asdict()
        fields["args"] = [a._asdict() for a in call.args]
        table.append(fields)
    return json.dumps(table, indent=1).splitlines()


def declaration(call, name):
    """C prototype, wrapped at 98 columns."""
    parts = [a.type + ("" if a.type.endswith("*") else " ") + a.name for a in call.args]
    head = f"{call.returns} {name}("
    lines = [head]
    for index, part in enumerate(parts or ["void"]):
        part += "," if index + 1 < len(parts) else ")"
        if len(lines[-1].expandtabs()) + len(part) > 98:
            lines.append("\t\t")
        lines[-1] += (" " if lines[-1][-1] not in "(\t" else "") + part
    end = " __NO_RETURN;" if "noreturn" in call.flags else ";"
    return "\n".join(lines) + end


def alias(call):
    """The other spelling, on one line if it fits."""
    end = " __NO_RETURN;" if "noreturn" in call.flags else ";"
    parts = f"extern __typeof__({call.name})", f"_{call.name}{end}"
    return (" " if len("".join(parts)) < 98 else "\n\t\t").join(parts)


def public_h(calls):
    yield """/*
 * Prototypes of all calls, in two spellings that do the same. Made from
 * syscalls/syscalls.tbl by scripts/gen_syscalls.py --public and kept in the
 * tree for readers; <zircon/syscalls.h> includes this.
 */
#ifndef ZIRCON_INTERNAL_PROTOTYPES_H_
#define ZIRCON_INTERNAL_PROTOTYPES_H_

#include <zircon/string_view.h>
#include <zircon/syscalls/types.h>
#include <zircon/types.h>

__BEGIN_CDECLS
"""
    for call in calls:
        if call.name.startswith("zx_"):
            yield declaration(call, call.name)
            yield alias(call)
    yield "\n__END_CDECLS\n\n#endif"


OUTPUTS = {
    "syscall_numbers.h": numbers_h,
    "syscall_protos.h": protos_h,
    "syscall_dispatch.inc": dispatch_inc,
    "zx_stubs.S": stubs_s,
    "zx_bind.S": bind_s,
    "syscalls.json": as_json,
}


def text_of(make, calls):
    return "\n".join(make(calls)) + "\n"


def write_if_changed(path, text):
    """Leave an equal file alone, so that nothing is built again for it."""
    if os.path.exists(path):
        with open(path) as old:
            if old.read() == text:
                return
    with open(path, "w") as out:
        out.write(text)


def main(args):
    if len(args) == 2 and args[0] == "--public":
        sys.stdout.write(text_of(public_h, parse(args[1])))
    elif len(args) == 3 and args[0] == "--check":
        with open(args[2]) as present:
            if present.read() != text_of(public_h, parse(args[1])):
                sys.exit(f"{args[2]}: differs from the table; make it again with --public")
    elif len(args) in (2, 3):
        calls = assign_numbers(parse(args[0]), int(args[2]) if len(args) == 3 else 0)
        os.makedirs(args[1], exist_ok=True)
        for name, make in OUTPUTS.items():
            write_if_changed(os.path.join(args[1], name), text_of(make, calls))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
