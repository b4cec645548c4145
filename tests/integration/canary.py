#!/usr/bin/env python3
"""Look for secrets where they must not be: in files, and in the memory of processes.

  canary.py [--files FOLDER]… [--except FOLDER] [--process PID]… [--all] [--but NAME]… -- SECRET…

A secret is looked for as it is, and as a part of what is in base64.

--except: a folder in those of --files that keeps secrets; --all: in every process of moat's, QEMU's
and a credential helper's, but those whose program's name begins with NAME. Looked through are memory,
arguments and environment; a core dump must have none of the memory. Says where one was found, and
fails then; fails too where there was nothing to look through.
"""
import argparse
import base64
import os
import pathlib
import sys

PIECE, OVERLAP = 1 << 20, 1 << 10


def pieces(path):
    """What a file that may be sparse has, in pieces that overlap."""
    with open(path, "rb") as file:
        end = file.seek(0, os.SEEK_END)
        offset = 0
        while offset < end:
            try:
                offset = file.seek(offset, os.SEEK_DATA)
            except OSError:
                return
            text = file.read(PIECE)
            yield text
            if len(text) < PIECE:
                return
            offset += PIECE - OVERLAP


def in_files(folder, but, secrets):
    for path in pathlib.Path(folder).rglob("*"):
        if path.is_file() and not path.is_symlink() and not (but and path.is_relative_to(but)):
            yield from (f"{path}: {secret}" for text in pieces(path) for secret in secrets if secret in text)


def in_memory(pid, secrets):
    looked = 0
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="ascii").splitlines():
            place, access = line.split()[:2]
            start, end = (int(number, 16) for number in place.split("-"))
            if "r" not in access or "[v" in line:
                continue
            memory.seek(start)
            try:
                text = memory.read(end - start)
            except OSError:
                continue
            looked += len(text)
            yield from (f"process {pid}, {line}: {secret}" for secret in secrets if secret in text)
    if not looked:
        yield f"process {pid}: no memory could be read"


PROGRAMS = ("moat", "qemu-system", "docker-credential")


def all_processes(but):
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            name = os.path.basename(os.readlink(folder / "exe"))
        except OSError:
            continue
        if name.startswith(PROGRAMS) and not name.startswith(tuple(but or ["-"])):
            yield int(folder.name), name


def in_words(pid, secrets):
    for name in ("cmdline", "environ"):
        text = pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
        yield from (f"process {pid}, {name}: {secret}" for secret in secrets if secret in text)


def dumps_core(pid, name):
    dumped = int(pathlib.Path(f"/proc/{pid}/coredump_filter").read_text(encoding="ascii") or "0", 16)
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
    limit = next(line for line in limits.splitlines() if line.startswith("Max core file size")).split()[4]
    if dumped or limit != "0":
        yield f"{name} ({pid}): a core dump has its memory: filter {dumped:#x}, limit {limit}"


def everywhere(but, secrets):
    looked = []
    for pid, name in all_processes(but):
        try:
            found = [f"{name}: {where}" for where in (*in_memory(pid, secrets), *in_words(pid, secrets))]
            found += dumps_core(pid, name)
        except (FileNotFoundError, ProcessLookupError):
            continue
        looked.append(name)
        yield from found
    print("looked through:", *sorted(looked), file=sys.stderr)
    if "moatd" not in looked:
        yield "moatd is not among the processes"


def forms(secret):
    """The bytes, and what they are in base64 wherever in a text they begin, without the ends that the rest has a say in."""
    yield secret
    for before, first in ((0, 0), (1, 2), (2, 3)):
        text = base64.b64encode(b"x" * before + secret)
        yield text[first:-4]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", action="append", default=[])
    parser.add_argument("--except", dest="but_files")
    parser.add_argument("--process", action="append", default=[])
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--but", action="append")
    parser.add_argument("secret", nargs="+")
    options = parser.parse_args()
    secrets = [form for secret in options.secret for form in forms(secret.encode())]
    found = [where for folder in options.files for where in in_files(folder, options.but_files, secrets)]
    found += [where for pid in options.process for where in in_memory(pid, secrets)]
    found += everywhere(options.but, secrets) if options.all else []
    print("\n".join(found))
    sys.exit(bool(found) or not options.files or not (options.process or options.all))


main()
