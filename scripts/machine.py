"""The virtual machine: the one place that writes a QEMU command line.

Boot arguments are `KERNEL ARGS -- INIT ARGS`; the part behind ` -- ` goes to
init as it stands. The kernel ends QEMU with a status through semihosting
(exit=semihosting) and does so with failure on a panic (panic=exit).
"""
import ctypes
import dataclasses
import signal
import subprocess

QEMU = "qemu-system-aarch64"
TIMED_OUT = 124
NOT_STARTED = 125
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


@dataclasses.dataclass
class Machine:
    """What to boot, on what. Sizes as QEMU takes them (512M, 1G)."""

    image: str
    initrd: str = ""
    cpus: int = 4
    mem: str = "1G"
    gic: int = 3
    cpu: str = "cortex-a72"
    seed: str = ""          # set: no other randomness reaches the kernel
    kernel_args: str = ""
    init_args: str = ""
    icount: bool = False    # time is the number of instructions executed
    el2: bool = False       # entered at EL2: the kernel brings its host
    board: str = "virt"     # or raspi4b, raspi3b, whose CPUs and memory are fixed
    dtb: str = ""           # device tree; a Raspberry Pi needs one
    firmware: str = ""      # U-Boot, instead of the image itself
    disk: str = ""          # image of a disk or card, for U-Boot; it stays as it is
    extra: tuple = ()       # further QEMU options

    def boot_arguments(self):
        words = ["exit=semihosting", "panic=exit"]
        if self.seed:
            words.append(f"seed={self.seed}")
        if self.kernel_args:
            words.append(self.kernel_args)
        if self.init_args:
            words += ["--", self.init_args]
        return " ".join(words)

    def machine_words(self):
        if self.board != "virt":
            return ["-M", self.board]
        randomness = "off" if self.seed else "on"
        return ["-M", f"virt,gic-version={self.gic},dtb-randomness={randomness},"
                      f"virtualization={'on' if self.el2 else 'off'}",
                "-cpu", self.cpu, "-smp", str(self.cpus), "-m", self.mem]

    def boot_words(self):
        """What is started, and from where it takes the rest."""
        words = ["-dtb", self.dtb] if self.dtb else []
        if self.disk and self.board == "virt":
            words += ["-drive", f"if=none,id=disk,format=raw,snapshot=on,file={self.disk}",
                      "-device", "virtio-blk-device,drive=disk"]
        elif self.disk:
            words += ["-drive", f"if=sd,format=raw,snapshot=on,file={self.disk}"]
        if self.firmware:
            return words + ["-bios" if self.board == "virt" else "-kernel", self.firmware]
        words += ["-kernel", self.image, "-append", self.boot_arguments()]
        return words + (["-initrd", self.initrd] if self.initrd else [])

    def command(self, serial="stdio"):
        """Return QEMU's argument list."""
        line = [QEMU, *self.machine_words(), "-nodefaults", "-display", "none",
                "-serial", serial, "-no-reboot",
                "-semihosting-config", "enable=on,target=native", *self.boot_words()]
        if self.icount:
            line += ["-icount", "shift=0,sleep=off"]
        return line + list(self.extra)


def die_with_parent():
    """In a child: be killed when the parent ends in whatever way."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run(machine, timeout, output=None):
    """Boot with standard input closed; return QEMU's status or TIMED_OUT.

    The serial line goes to `output`, a file, or to standard output.
    """
    with subprocess.Popen(machine.command(), stdin=subprocess.DEVNULL, stdout=output,
                          stderr=subprocess.STDOUT if output else None,
                          preexec_fn=die_with_parent) as qemu:
        try:
            return qemu.wait(timeout)
        except subprocess.TimeoutExpired:
            return TIMED_OUT
        finally:
            qemu.kill()


def run_on_terminal(machine):
    """Give QEMU the terminal (Ctrl-A x quits); return its status."""
    with subprocess.Popen(machine.command("mon:stdio"),
                          preexec_fn=die_with_parent) as qemu:
        return qemu.wait()
