"""A container from exec to its output and to its end: on moat with a spare machine ready, restored and booted, on
podman, and with the same kernel and files on bare QEMU: with a plain command line, and told the rate of the APIC's timer, as
moat tells it, which spares the kernel 0.2 s of measuring.

A spare machine is made before a run that uses it, while no clock runs, and at no other time."""
import bare
from measure import Table, timed
from setting import HERE, KERNEL, MOAT, PODMAN_RUN, kernel_file, needs_acpi, quiet, rootfs, timed_from_spare

SUBJECTS = {"own": "moat run (a spare machine)", "restored": "moat run (restored)", "cold": "moat run --cold --cpus 1", "podman": "podman run (runc, no network)",
            "bare": "bare QEMU, same kernel, 1 CPU", "told": "bare QEMU, told the timer's rate too"}


def run(runs, registry):
    quiet(MOAT, "pull", "-q", registry.busybox)
    quiet("podman", "pull", "-q", "--tls-verify=false", registry.busybox)
    machine = bare.Machine(HERE / "bare", kernel_file(), KERNEL / "modules", needs_acpi())
    table = Table("start: run --rm IMAGE echo ok", SUBJECTS["own"], runs)
    own = [MOAT, "run", "--rm", registry.busybox, "echo", "ok"]
    quiet(*own)
    commands = {
        SUBJECTS["restored"]: own,
        SUBJECTS["cold"]: [MOAT, "run", "--rm", "--cold", "--cpus", "1", registry.busybox, "echo", "ok"],
        SUBJECTS["podman"]: [*PODMAN_RUN, registry.busybox, "echo", "ok"],
        SUBJECTS["bare"]: machine.command(["echo", "ok"], rootfs()),
        SUBJECTS["told"]: machine.command(["echo", "ok"], rootfs(), told=bare.TOLD),
    }
    table.interleave({SUBJECTS["own"]: lambda: timed_from_spare(own, b"ok")} |
                     {name: lambda command=command: timed(command, b"ok") for name, command in commands.items()})
    quiet("podman", "rmi", "-f", registry.busybox)
    return table
