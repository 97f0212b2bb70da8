"""What the variables of `make run` ask for, as a machine to boot."""
import os
import subprocess

import machine
import mkinitrd

BOOT_ARGUMENTS_MAX = 2047


class BadRequest(Exception):
    """What was asked for cannot be booted; the text says why."""


def init_arguments(env, terminal):
    """What init is asked to do."""
    if env.get("PROG"):
        return f"-p /bin/prog {env.get('ARGS', '')}".rstrip()
    if env.get("CMD"):
        return f"-c {env['CMD']}"
    return "" if terminal else "-d"


def read_file(path, variable):
    """The content of a file that the variable names."""
    try:
        with open(path, "rb") as source:
            return source.read()
    except OSError as error:
        raise BadRequest(f"{variable}: {path}: {error.strerror}") from error


def more_files(words):
    """Return {name: content} for words such as data/a.db=path/to/a.db."""
    files = {}
    for word in words.split():
        name, equals, path = word.partition("=")
        if not (name.strip("/") and equals):
            raise BadRequest(f"FILES: {word} is not name=path")
        files[name.strip("/")] = read_file(path, "FILES")
    return files


def initrd_for(build, prog, folder, words=""):
    """Return the initrd to boot with: the build's, or one with prog and its files alone."""
    if not prog:
        return os.path.join(build, "initrd")
    path = os.path.join(folder, "initrd")
    files = {**more_files(words), "bin/init": read_file(os.path.join(build, "bin/init"), "O"),
             "bin/prog": read_file(prog, "PROG")}
    with open(path, "wb") as out:
        out.write(mkinitrd.archive(files))
    return path


UBOOT = "/usr/lib/u-boot/qemu_arm64/u-boot.bin"
FIXED = ("CPUS", "MEM", "GIC", "CPU")        # of QEMU's Raspberry Pis
BOARDS = {"virt": "", "raspi4b": "bcm2711-rpi-4-b", "raspi3b": "bcm2837-rpi-3-b"}


def make_image(build, vm, folder):
    """Return a disk image that boots what vm boots, made for this run."""
    out = os.path.join(folder, "disk.img")
    done = subprocess.run([os.path.join(os.path.dirname(os.path.realpath(__file__)), "image"),
                           "virt", "--build", build, "--out", out,
                           "--args", vm.boot_arguments()], check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    if done.returncode:
        raise BadRequest("BOOT=uboot: no disk image could be made")
    return out


def seconds(text):
    """TIMEOUT as a number."""
    try:
        return float(text)
    except ValueError as error:
        raise BadRequest(f"TIMEOUT={text}: a number of seconds") from error


def choose_board(vm, build, env, folder):
    """BOARD and BOOT: another machine, and another way to start it."""
    board, boot = env.get("BOARD") or "virt", env.get("BOOT") or "direct"
    if board not in BOARDS:
        raise BadRequest(f"BOARD={board}: one of {', '.join(BOARDS)}")
    if boot not in ("direct", "uboot"):
        raise BadRequest(f"BOOT={boot}: direct or uboot")
    if board != "virt":
        if boot == "uboot":
            raise BadRequest("BOOT=uboot with a Raspberry Pi: see docs/boards.md")
        for name in FIXED:
            if env.get(name):
                raise BadRequest(f"{name}={env[name]}: QEMU's {board} has its own, leave it out")
        vm.board = board
        vm.dtb = os.path.join(build, "dts", BOARDS[board] + ".dtb")
    elif boot == "uboot":
        vm.disk = make_image(build, vm, folder)
        vm.firmware = UBOOT
    return vm


def machine_for(build, env, terminal, folder):
    if env.get("CMD") and env.get("PROG"):
        raise BadRequest("give CMD or PROG, not both")
    for name in ("ARGS", "FILES"):
        if env.get(name) and not env.get("PROG"):
            raise BadRequest(f"{name} go with PROG")
    if (env.get("GIC") or "3") not in ("2", "3"):
        raise BadRequest(f"GIC={env['GIC']}: 2 or 3")
    if (env.get("CPUS") or "4") not in tuple("12345678"):
        raise BadRequest(f"CPUS={env['CPUS']}: 1 to 8")
    if (env.get("EL") or "1") not in ("1", "2"):
        raise BadRequest(f"EL={env['EL']}: 1 or 2, where the kernel is entered")
    vm = machine.Machine(
        image=os.path.join(build, "Image"),
        initrd=initrd_for(build, env.get("PROG"), folder, env.get("FILES", "")),
        cpus=int(env.get("CPUS") or 4), mem=env.get("MEM") or "1G",
        gic=int(env.get("GIC") or 3), cpu=env.get("CPU") or "cortex-a72",
        el2=env.get("EL") == "2", seed=env.get("SEED", ""), kernel_args=env.get("APPEND", ""),
        init_args=init_arguments(env, terminal))
    if len(vm.boot_arguments()) > BOOT_ARGUMENTS_MAX:
        raise BadRequest(f"more than {BOOT_ARGUMENTS_MAX} bytes of boot arguments")
    return choose_board(vm, build, env, folder)
