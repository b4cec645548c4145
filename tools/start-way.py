# SPDX-License-Identifier: Apache-2.0
"""Lists the files of src/daemon that the next start of a container enters, in their order.

    gdb -q -batch -p "$(pidof moatd)" -x tools/start-way.py    # then start a container

The thread that serves POST /containers/ID/start is followed until the shim is asked for the
process.  Each file stands below the one that led into it first, by a call, so the files that lead
on can be told from those that only answer.  Left out are the rooms that know no other (http, spec,
state, log), and what is behind the door of another room than api, container and machine.
"""
import glob
import os
import re
import subprocess

import gdb

OWN = {'api', 'container', 'machine'}
LEFT_OUT = {'http', 'spec', 'state', 'log'}


def daemon_file(path):
    found = re.search(r'src/daemon/(\w+/[\w-]+\.c)$', path or '')
    return found and found.group(1)


def room(name):
    return name.split('/')[0]


class Entry(gdb.Breakpoint):
    """A public function of a file that has not been entered yet."""

    way = {}  # file -> by which it was entered
    of_file = {}

    def __init__(self, address, name):
        super().__init__(f'*{address:#x}', internal=True)
        self.name = name
        self.of_file.setdefault(name, []).append(self)

    def stop(self):
        for other in self.of_file[self.name]:
            other.enabled = False
        frame = gdb.newest_frame().older()
        while frame:
            table = frame.find_sal().symtab
            caller = daemon_file(table.filename if table else None)
            if caller and caller != self.name:
                break
            frame = frame.older()
        self.way.setdefault(self.name, caller if frame else None)
        return False


def symbols(*files):
    return (line.split() for line in subprocess.check_output(['nm', '-A', '--defined-only', *files], text=True).splitlines())


def watch_all_files(thread):
    pid = gdb.selected_inferior().pid
    program = os.readlink(f'/proc/{pid}/exe')
    with open(f'/proc/{pid}/maps', encoding='ascii') as maps:
        base = int(next(line for line in maps if line.rstrip().endswith(program)).split('-')[0], 16)
    places = {words[2]: int(words[0].split(':')[1], 16) for words in symbols(program)}
    objects = glob.glob(os.path.dirname(program) + '/src/daemon/*/*.p/*.o')
    for where, kind, function in symbols(*objects):
        name = re.sub(r'.*/(\w+)/[^/]+/([^/]+)\.o:.*', r'\1/\2', where)
        if kind == 'T' and room(name) not in LEFT_OUT and function in places:
            Entry(base + places[function], name).thread = thread


def show(name, depth, children):
    print('    ' * depth + name + ('' if children.get(name) or not depth else '  (answers)'))
    for child in children.get(name, []):
        show(child, depth + 1, children)


gdb.execute('set pagination off')
gdb.execute('set breakpoint always-inserted on')
first = gdb.Breakpoint('api_container_start', internal=True)
os.write(2, b'moatd is followed: start a container\n')
gdb.execute('continue')
first.delete()
watch_all_files(gdb.selected_thread().global_num)
last = gdb.Breakpoint('shim_ask', internal=True)
last.condition = 'op == CONTROL_START'
gdb.execute('continue')

children = {}
for entered, caller in Entry.way.items():
    if caller and entered != 'api/containers.c' and room(caller) in OWN:
        children.setdefault(caller, []).append(entered)
show('api/containers.c', 0, children)
print(f'{len(children)} files lead on; {sum(map(len, children.values())) + 1} are entered')
