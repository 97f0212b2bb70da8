#!/usr/bin/python3
"""The build's use of kconfiglib.

  kconfig.py defconfig CONFIG FRAGMENT...  defaults, then the fragments in order
  kconfig.py sync CONFIG HEADER            CONFIG updated to Kconfig, and HEADER

Files whose content would not change are left alone, with their time. An unknown
symbol or a value that does not stick is an error, not a warning.
"""
import sys

import kconfiglib


def load(paths):
    """Return the configuration that the files make, the last one winning."""
    kconf = kconfiglib.Kconfig("Kconfig", warn_to_stderr=False)
    kconf.warn_assign_undef = True
    kconf.warn_assign_override = False
    kconf.warn_assign_redun = False
    for path in paths:
        kconf.load_config(path, replace=False)
    return kconf


def unmet(kconf):
    """Messages for assignments that did not take effect."""
    messages = list(kconf.warnings)
    for sym in kconf.unique_defined_syms:
        wanted = sym.user_value
        if wanted is None:
            continue
        if sym.orig_type == kconfiglib.BOOL:
            wanted = kconfiglib.TRI_TO_STR[wanted]
        if str(wanted) != sym.str_value and sym.choice is None:
            messages.append(f"{sym.name}={wanted} became {sym.str_value}")
    return messages


def main(args):
    if args[:1] == ["defconfig"] and len(args) >= 3:
        kconf = load(args[2:])
        bad = unmet(kconf)
        if bad:
            print("\n".join(["kconfig: refused:"] + bad), file=sys.stderr)
            return 1
        kconf.write_config(args[1], save_old=False)
    elif args[:1] == ["sync"] and len(args) == 3:
        kconf = load([args[1]])
        kconf.write_config(args[1], save_old=False)
        kconf.write_autoconf(args[2])
    else:
        print(__doc__, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
