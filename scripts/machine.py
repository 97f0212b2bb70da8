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

    def command(self, serial="stdio"):
        """Return QEMU's argument list."""
        randomness = "off" if self.seed else "on"
        line = [QEMU, "-M", f"virt,gic-version={self.gic},dtb-randomness={randomness},"
                f"virtualization={'on' if self.el2 else 'off'}",
                "-cpu", self.cpu, "-smp", str(self.cpus), "-m", self.mem,
                "-nodefaults", "-display", "none", "-serial", serial, "-no-reboot",
                "-semihosting-config", "enable=on,target=native",
                "-kernel", self.image, "-append", self.boot_arguments()]
        if self.initrd:
            line += ["-initrd", self.initrd]
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
