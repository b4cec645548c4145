"""From exec of QEMU to the first word of init: moat's own kernel and Debian's, each told what moat tells it about the
machine."""
import bare
from measure import Table, timed
from setting import DEBIAN_KERNEL, HERE, KERNEL, MOAT, OWN_KERNEL, kernel_file, needs_acpi, quiet


def machine(kernel, name):
    quiet(MOAT, "system", "kernel", "set", str(kernel))
    return bare.Machine(HERE / name, kernel_file(), kernel / "none", needs_acpi())


def run(runs, _registry):
    own, debian = machine(OWN_KERNEL, "boot-own"), machine(DEBIAN_KERNEL, "boot-debian")
    quiet(MOAT, "system", "kernel", "set", str(KERNEL))
    table = Table("boot: bare QEMU to init", "moat's kernel, 1 CPU", runs)
    subjects = {}
    for cpus in (1, 2):
        text = f"{cpus} CPU{'s' if cpus > 1 else ''}"
        subjects[f"moat's kernel, {text}"] = own.command(["up"], cpus=cpus, told=bare.TOLD)
        subjects[f"Debian's kernel, {text}"] = debian.command(["up"], cpus=cpus, told=bare.TOLD)
    table.interleave({name: lambda command=command: {"output": timed(command, b"up")["output"]}
                      for name, command in subjects.items()}, warm_up=1)
    return table
