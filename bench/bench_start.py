"""A container from exec to its output and to its end: warm and cold on moat, on podman, and with the same kernel
and files on bare QEMU."""
import bare
from measure import Table, timed
from setting import HERE, KERNEL, MOAT, PODMAN_RUN, kernel_file, needs_acpi, quiet, rootfs

SUBJECTS = {"own": "moat run", "cold": "moat run --cold --cpus 1", "podman": "podman run (runc, no network)",
            "bare": "bare QEMU, same kernel, 1 CPU"}


def run(runs, registry):
    quiet(MOAT, "pull", "-q", registry.busybox)
    quiet("podman", "pull", "-q", "--tls-verify=false", registry.busybox)
    machine = bare.Machine(HERE / "bare", kernel_file(), KERNEL / "modules", needs_acpi())
    table = Table("start: run --rm IMAGE echo ok", SUBJECTS["own"], runs)
    commands = {
        SUBJECTS["own"]: [MOAT, "run", "--rm", registry.busybox, "echo", "ok"],
        SUBJECTS["cold"]: [MOAT, "run", "--rm", "--cold", "--cpus", "1", registry.busybox, "echo", "ok"],
        SUBJECTS["podman"]: [*PODMAN_RUN, registry.busybox, "echo", "ok"],
        SUBJECTS["bare"]: machine.command(["echo", "ok"], rootfs()),
    }
    table.interleave({name: lambda command=command: timed(command, b"ok") for name, command in commands.items()})
    quiet("podman", "rmi", "-f", registry.busybox)
    return table
