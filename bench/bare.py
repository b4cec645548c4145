"""The floor: bare QEMU with the same kernel and files, and an init that does the least there is to do."""
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
# What the machine needs to mount its root; what these depend on is found in them.
MODULES = ["virtio_mmio", "virtio_blk", "erofs"]
MEMORY = "1120M"  # as a container's machine has without --memory (src/daemon/machine/plan.c)
# What moat's own kernel would measure otherwise (src/engine/qemu/cmdline.c).
TOLD = "lapic_timer_hz=1000000000"


def cpio_entry(name, mode, data=b"", device=(0, 0)):
    """One entry of the initramfs format (newc)."""
    path = name.encode() + b"\0"
    fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(path), 0]
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + path
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def depends(module):
    """Names of the modules that a module needs, from its own modinfo."""
    data = module.read_bytes()
    begin = data.index(b"\0depends=") + len(b"\0depends=")
    return [name for name in data[begin:data.index(b"\0", begin)].decode().split(",") if name]


def load_order(folder, names):
    files = {path.stem.replace("-", "_"): path for path in pathlib.Path(folder).rglob("*.ko")}
    order = []

    def visit(name):
        path = files.get(name.replace("-", "_"))
        if path and path not in order:  # what is not there is built into the kernel
            for needed in depends(path):
                visit(needed)
            order.append(path)

    for name in names:
        visit(name)
    return order


class Machine:
    """@kernel: a file; @modules: the folder of its modules, if it has any; @acpi: does it find its devices by that?"""

    def __init__(self, folder, kernel, modules, acpi):
        self.folder, self.kernel, self.acpi = pathlib.Path(folder), kernel, acpi
        self.folder.mkdir(parents=True, exist_ok=True)
        init = self.folder / "bare-init"
        subprocess.run(["gcc", "-static", "-O2", "-D_GNU_SOURCE", "-o", str(init),
                        str(HERE / "bare-init.c")], check=True)
        self.tsc_khz = subprocess.run([init], stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
        self.make_initramfs(init, modules)

    def make_initramfs(self, init, folder):
        modules = load_order(folder, MODULES) if folder.exists() else []
        listing = "".join(f"/{module.name}\n" for module in modules).encode()
        entries = [cpio_entry("dev", 0o040755), cpio_entry("dev/console", 0o020600, device=(5, 1)),
                   cpio_entry("init", 0o100755, init.read_bytes()),
                   cpio_entry("modules", 0o100644, listing)]
        entries += [cpio_entry(module.name, 0o100644, module.read_bytes()) for module in modules]
        entries.append(cpio_entry("TRAILER!!!", 0))
        (self.folder / "initramfs").write_bytes(b"".join(entries))

    def command(self, workload, rootfs=None, cpus=1, told=""):
        """The command line; the workload's output is on the serial port, which is standard output.
        @told: more words on the kernel's command line."""
        cmdline = ("console=ttyS0 quiet reboot=t panic=-1 tsc=reliable no_timer_check "
                   "random.trust_cpu=on cryptomgr.notests 8250.nr_uarts=1 rcupdate.rcu_expedited=1 "
                   f"tsc_early_khz={self.tsc_khz} {told} workload=" + ",".join(workload))
        command = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-nographic", "-no-reboot",
                   "-M", f"microvm,acpi={'on' if self.acpi else 'off'},x-option-roms=off,pit=on,pic=on,rtc=on",
                   "-accel", "tcg,thread=multi,tb-size=256", "-cpu", "max", "-smp", str(cpus), "-m", MEMORY,
                   "-kernel", str(self.kernel), "-initrd", str(self.folder / "initramfs"), "-append", cmdline,
                   "-global", "virtio-mmio.force-legacy=false", "-serial", "stdio"]
        if rootfs:
            command += ["-drive", f"file={rootfs},if=none,id=root,format=raw,read-only=on",
                        "-device", "virtio-blk-device,drive=root"]
        return command
