"""A tap of the test's own, as a machine gets one, and this host at its other end."""
import fcntl
import os
import struct
import subprocess

from hang import HANG

TUNSETIFF = 0x400454ca
TUNGETIFF = 0x800454d2
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def ping(address, count=3):
    """Does it answer at once?  Only where the first packet is answered, too, this succeeds."""
    return subprocess.run(["busybox", "ping", "-A", "-c", str(count), "-W", "3" if count == 1 else str(HANG), address],
                          stdout=subprocess.DEVNULL).returncode == 0


class Tap:
    """self.fd is the machine's."""

    def __init__(self, *addresses):
        self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
        flags = struct.pack("16sH22x", b"tap%d", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR)
        self.name = fcntl.ioctl(self.fd, TUNSETIFF, flags)[:16].rstrip(b"\0").decode()
        for address in addresses:
            ip("address", "add", address, "dev", self.name, *(["nodad"] if ":" in address else []))
        if addresses:
            ip("link", "set", self.name, "up")
