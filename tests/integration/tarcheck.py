#!/usr/bin/env python3
"""Archives for the tests of copying.

  tarcheck.py make           a tar with everything a file can be, on standard output
  tarcheck.py list [PREFIX]  what is in the tar on standard input, a sorted line each
  tarcheck.py hostile KIND   a tar that wants out of where it is unpacked
"""
import hashlib
import io
import struct
import sys
import tarfile

BIG = 5 << 20


def member(name, kind=tarfile.REGTYPE, **fields):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.mode = 0o644
    info.mtime = 1000000000.25
    for key, value in fields.items():
        setattr(info, key, value)
    return info


def make(out):
    capability = struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0)
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        def add(info, data=b""):
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))

        def xattr(info, name, value):
            info.pax_headers = {"SCHILY.xattr." + name: value.decode("utf-8", "surrogateescape")}
            return info

        add(member("t/", tarfile.DIRTYPE, mode=0o751, uid=7, gid=8))
        add(member("t/plain", mode=0o640, uid=1000, gid=1001), b"plain\n")
        add(member("t/setuid", mode=0o4755), b"x")
        add(member("t/empty"))
        add(member("t/big"), bytes(range(256)) * (BIG // 256))
        add(member("t/bigowner", uid=3000000, gid=3000001))
        add(member("t/sticky/", tarfile.DIRTYPE, mode=0o1777))
        add(member("t/closed/", tarfile.DIRTYPE, mode=0o555, mtime=1.0))
        add(member("t/closed/in"), b"inside")
        add(member("t/hard", tarfile.LNKTYPE, linkname="t/plain"))
        add(member("t/sym", tarfile.SYMTYPE, linkname="../../nowhere", mode=0o777))
        add(member("t/null", tarfile.CHRTYPE, devmajor=1, devminor=3))
        add(member("t/disk", tarfile.BLKTYPE, devmajor=259, devminor=7))
        add(member("t/pipe", tarfile.FIFOTYPE))
        add(member("t/" + "n" * 200), b"long")
        add(member("t/" + "d" * 120 + "/", tarfile.DIRTYPE, mode=0o755))
        add(member("t/" + "d" * 120 + "/" + "e" * 120, tarfile.SYMTYPE, linkname="l" * 300, mode=0o777))
        add(member("t/\u00fcml\u00e4ut"), b"utf-8")
        add(member("t/old", mtime=-1.5))
        add(xattr(member("t/noted"), "user.note", b"hello"))
        # tarfile writes what it is given as UTF-8: of a capability's bytes that keeps all but 0xff.
        add(xattr(member("t/capable", mode=0o755), "security.capability", capability))


def lines(stream, prefix):
    with tarfile.open(fileobj=stream, mode="r|", errors="surrogateescape") as tar:
        for m in tar:
            name = m.name[len(prefix):] if m.name.startswith(prefix) else m.name
            data = ""
            if m.isreg():
                text = tar.extractfile(m).read()
                data = f"{len(text)}:{hash_of(text)}"
            link = m.linkname[len(prefix):] if m.islnk() and m.linkname.startswith(prefix) else m.linkname
            xattrs = sorted((k, v) for k, v in m.pax_headers.items() if k.startswith("SCHILY.xattr."))
            device = f"{m.devmajor}:{m.devminor}" if m.ischr() or m.isblk() else ""
            yield (f"{name} {m.type!r} {m.mode:o} {m.uid}:{m.gid} {float(m.mtime):.2f} {link} {device}"
                   f" {data} {xattrs!r}")


def hash_of(data):
    return hashlib.sha256(data).hexdigest()[:16]


def hostile(kind, out):
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        def add(info, data=b""):
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))

        if kind == "dotdot":
            add(member("../../../../../../tmp/moat-escaped"), b"out")
        elif kind == "symlink":
            add(member("out", tarfile.SYMTYPE, linkname="/tmp"))
            add(member("out/moat-escaped"), b"out")
        elif kind == "hardlink":
            add(member("passwd", tarfile.LNKTYPE, linkname="../../../../etc/passwd"))
        elif kind == "huge":
            info = member("huge")
            info.size = 1 << 40
            out.write(info.tobuf(tarfile.PAX_FORMAT))
            out.write(b"x" * 512)


def main():
    command, args = sys.argv[1], sys.argv[2:]
    if command == "make":
        make(sys.stdout.buffer)
    elif command == "list":
        for line in sorted(lines(sys.stdin.buffer, args[0] if args else "")):
            print(line.encode("utf-8", "backslashreplace").decode())
    elif command == "hostile":
        hostile(args[0], sys.stdout.buffer)


main()
