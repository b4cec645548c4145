"""A machine without moat-shim: QEMU, and this end of the guest link (docs/LINK.md).

What the shim never does can be done here: several containers by hand, and orders that make no
sense.
"""
import os
import pathlib
import re
import select
import socket
import struct
import subprocess
import time

from hang import HANG

NAMES = ("HELLO MACHINE READY SPAWN STARTED FAILED EXITED DATA EOF CREDIT SIGNAL RESIZE SHUTDOWN DOWN "
         "MORE STATS PROCS CLOCK REMOVE FILES CONTAINER LIMITS OOM REMOVED SPACE NETWORK CONNECT CALL RECLAIM").split()
NUMBERS = {name: i + 1 for i, name in enumerate(NAMES)}
WINDOW = 256 << 10
USUAL_CAPABILITIES = 0xa80425fb
ALL_CAPABILITIES = (1 << 41) - 1
KERNEL_OPTIONS = ("console=ttyS0 quiet reboot=t panic=-1 tsc=reliable no_timer_check "
                  "random.trust_cpu=on cryptomgr.notests 8250.nr_uarts=1 rcupdate.rcu_expedited=1 "
                  "lapic_timer_hz=1000000000")


def kernel_options(acpi):
    """Debian's kernel, which is announced its devices by ACPI, may wait for ever when it measures its clock."""
    if not acpi:
        return KERNEL_OPTIONS
    speed = re.search(r"^cpu MHz\s*: ([0-9]+)", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return KERNEL_OPTIONS + (f" tsc_early_khz={speed[1]}000" if speed else "")


def field(value):
    value = value.encode() if isinstance(value, str) else value
    return struct.pack("<I", len(value)) + value


def strv(values):
    return struct.pack("<I", len(values)) + b"".join(map(field, values))


def options(privileged=False, domain="", sysctls=(), hosts=(), resolv=""):
    """struct oci_options, as far as it is needed here."""
    return (struct.pack("<BBH", 0, privileged, 1000) + field(domain) + strv([]) + strv(sysctls) +
            strv([]) + strv(hosts) + strv([]) + field(resolv) + struct.pack("<III", 0, 0, 0) + field(b""))


def interface(slot, name, mac, *addresses, mtu=1500, gateway4="", gateway6="", routes=(), sysctls=()):
    """struct oci_interface."""
    return (bytes([slot]) + field(name) + bytes.fromhex(mac.replace(":", "")) + struct.pack("<I", mtu) +
            strv(addresses) + field(gateway4) + field(gateway6) + strv(routes) + strv(sysctls))


class Gone(Exception):
    """The machine has ended."""


def make_disks(folder, slots, last):
    """An image with busybox and a file /which, and an empty writable layer, for each slot.

    The last layer goes into the folder @last.
    """
    root, layer = folder / "root", folder / "layer"
    for path in [root / name for name in ("bin", "dev", "etc", "proc", "sys", "tmp")]:
        path.mkdir(parents=True)
    for name in ("upper", "work", "fresh"):
        (layer / name).mkdir(parents=True)
    busybox = subprocess.run(["sh", "-c", "command -v busybox"], check=True, capture_output=True)
    target = root / "bin/busybox"
    target.write_bytes(pathlib.Path(busybox.stdout.decode().strip()).read_bytes())
    target.chmod(0o755)
    for applet in subprocess.run([target, "--list"], check=True, capture_output=True).stdout.split():
        if applet != b"busybox":
            (root / "bin" / applet.decode()).symlink_to("busybox")
    disks = []
    for slot in range(slots):
        (root / "which").write_text(f"image {slot}\n")
        image = folder / f"image{slot}"
        writable = (last if slot == slots - 1 else folder) / f"writable{slot}"
        subprocess.run(["mkfs.erofs", "--quiet", image, root], check=True, stdout=subprocess.DEVNULL)
        with open(writable, "wb") as f:
            f.truncate(64 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-d", layer, writable], check=True)
        disks += [image, writable]
    return disks


class Machine:
    """Containers have numbers, processes streams; self.over has how a stream ended."""

    def __init__(self, folder, kernel, initrd, acpi, last=None, tap=None):
        self.folder = pathlib.Path(folder)
        self.disks = make_disks(self.folder, 2, pathlib.Path(last or folder))
        self.link, theirs = socket.socketpair()
        args = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot",
                "-display", "none", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2",
                "-m", "256M", "-global", "virtio-mmio.force-legacy=false", "-machine",
                f"microvm,x-option-roms=off,isa-serial=on,acpi={'on' if acpi else 'off'}",
                "-kernel", kernel, "-initrd", initrd, "-append", kernel_options(acpi),
                "-serial", f"file:{self.folder}/console",
                "-chardev", f"socket,id=link,fd={theirs.fileno()}",
                "-device", "virtio-serial-device,max_ports=2",
                "-device", "virtserialport,chardev=link,nr=1,name=moat.link"]
        for i, disk in enumerate(self.disks):
            args += ["-drive", f"if=none,id=disk{i},format=raw,file={disk},discard=unmap,"
                               f"readonly={'off' if i % 2 else 'on'},werror=report",
                     "-device", f"virtio-blk-device,drive=disk{i}"]
        fds = [theirs.fileno()]
        if tap:
            fds.append(tap.fd)
            args += ["-netdev", f"tap,id=nic,fd={tap.fd},vhost=off", "-device", "virtio-net-device,netdev=nic"]
        self.qemu = subprocess.Popen(args, pass_fds=fds, stdin=subprocess.DEVNULL)
        theirs.close()
        self.unread, self.last_stream = b"", 0
        self.output, self.over, self.started, self.heard = {}, {}, set(), []

    def send(self, name, payload=b"", container=0, stream=0, channel=0):
        self.link.sendall(struct.pack("<IBBHI", len(payload), NUMBERS[name], channel, container,
                                      stream) + payload)

    def _fill(self, length):
        deadline = time.monotonic() + HANG
        while len(self.unread) < length:
            left = max(0, deadline - time.monotonic())
            if not select.select([self.link], [], [], left)[0]:
                raise TimeoutError("the guest says nothing; its console: " + self.console())
            piece = self.link.recv(1 << 20)
            if not piece:
                raise Gone(self.console())
            self.unread += piece

    def take(self):
        """The next message: (name, container, stream, payload)."""
        self._fill(12)
        size, number, channel, container, stream = struct.unpack("<IBBHI", self.unread[:12])
        self._fill(12 + size)
        payload, self.unread = self.unread[12:12 + size], self.unread[12 + size:]
        name = NAMES[number - 1]
        if name == "CLOCK":
            self.send("CLOCK", payload + struct.pack("<q", time.time_ns()))
        elif name == "DATA":
            self.output[stream] = self.output.get(stream, b"") + payload
            self.send("CREDIT", struct.pack("<I", len(payload)), 0, stream, channel)
        elif name == "STARTED":
            self.started.add(stream)
        elif name == "EXITED":
            code, signal, oom = struct.unpack("<IIB", payload)
            self.over[stream] = {"code": code, "signal": signal, "oom": bool(oom)}
        elif name == "FAILED" and stream:
            self.over[stream] = {"failed": payload[8:].decode()}
        self.heard.append((name, container, stream))
        return name, container, stream, payload

    def wait(self, name, container=0):
        """Pass over what comes before it; a failure of a container or of the machine is an end."""
        while True:
            got = self.take()
            if got[:2] == (name, container):
                return got[3]
            if got[0] == "FAILED" and got[2] == 0:
                raise RuntimeError(f"container {got[1]}: {got[3][8:].decode()}")

    def boot(self):
        assert struct.unpack("<I", self.wait("HELLO")[:4])[0] == 2, "version of the link"
        self.send("MACHINE", struct.pack("<q", time.time_ns()) + field(os.urandom(64)))

    def order(self, number, slot, memory=0, pids=0, readonly=False, wishes=b""):
        self.send("CONTAINER", bytes([slot]) + field(f"box{number}") + bytes([readonly]) +
                  struct.pack("<QqQq", memory, 0, 0, pids) + strv([]) + strv([]) + field(wishes),
                  number)

    def add(self, number, slot, **wanted):
        self.order(number, slot, **wanted)
        self.wait("READY", number)

    def network(self, number, *interfaces, hosts=(), resolv=""):
        """Return: what went wrong; None."""
        network = bytes([len(interfaces)]) + b"".join(interfaces)
        self.send("NETWORK", struct.pack("<I", 7) + field(network) + strv(hosts) + field(resolv), number)
        answer = self.wait("NETWORK", number)
        assert struct.unpack("<I", answer[:4])[0] == 7
        return answer[12:].decode() if len(answer) > 4 else None

    def spawn(self, number, script, capabilities=USUAL_CAPABILITIES):
        self.last_stream += 1
        self.send("SPAWN", strv(["sh", "-c", script]) + strv(["PATH=/bin"]) + field("/") + field("") +
                  struct.pack("<BHHBBQI", 0, 0, 0, 0, 0, capabilities, 0), number, self.last_stream)
        for channel in (1, 2):
            self.send("CREDIT", struct.pack("<I", WINDOW), 0, self.last_stream, channel)
        return self.last_stream

    def start(self, number, script, **wanted):
        """Return: its stream, when it runs."""
        stream = self.spawn(number, script, **wanted)
        while stream not in self.started and stream not in self.over:
            self.take()
        assert stream in self.started, self.over[stream]
        return stream

    def finish(self, stream):
        while stream not in self.over:
            self.take()
        return self.over[stream]

    def run(self, number, script, **wanted):
        """Return: what it put out; it has to succeed."""
        stream = self.spawn(number, script, **wanted)
        end, text = self.finish(stream), self.output.get(stream, b"").decode()
        assert end.get("code") == 0 and not end.get("signal"), f"{script}: {end} {text}"
        return text.strip()

    def kill(self, stream):
        self.send("SIGNAL", struct.pack("<I", 9), 0, stream)
        return self.finish(stream)

    def remove(self, number):
        self.send("REMOVE", b"", number)
        self.wait("REMOVED", number)

    def shut_down(self):
        self.send("SHUTDOWN")
        self.wait("DOWN")

    def console(self):
        return (self.folder / "console").read_text(errors="replace")

    def end(self):
        self.link.close()
        self.qemu.kill()
        self.qemu.wait()
