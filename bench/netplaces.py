"""Where the ends of bench_net are: on the host, in network namespaces, in containers of moat and of podman.

The host is the namespace that bench/run made; beside it is one outside, 192.0.2.2 to its 192.0.2.1. Each kind of place has a
server and somebody who asks it, and says how the server is reached."""
import json
import subprocess
import time

import ociimage
from measure import wait_for
from setting import CONFIG, HERE, MOAT, REPO, output, quiet, require

PORT = "5001"
PUBLISHED = {"moat": "5101", "podman": "5102"}
SHORT = "5103"  # published by moat without a userland proxy
HOST, OUTSIDE = "192.0.2.1", "192.0.2.2"
NETWORK = "bench-net"


class Plain:
    """Network namespaces on a bridge of the host's."""
    name = "veth + bridge"

    def __init__(self, peer):
        self.peer = [str(peer)]
        quiet("ip", "link", "add", "plain0", "type", "bridge")
        quiet("ip", "addr", "add", "10.201.0.1/24", "dev", "plain0")
        quiet("ip", "link", "set", "plain0", "up")
        quiet("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
        self.holders = [self.join(n) for n in (2, 3)]
        self.server = subprocess.Popen([*self.enter(0), *self.peer, "serve", PORT])
        self.address = "10.201.0.2"

    def join(self, n):
        holder = subprocess.Popen(["unshare", "-n", "sleep", "infinity"])
        wait_for(lambda: require(output("readlink", f"/proc/{holder.pid}/ns/net") != output("readlink", "/proc/self/ns/net")))
        quiet("ip", "link", "add", f"plain{n}", "type", "veth", "peer", "name", "eth0", "netns", str(holder.pid))
        quiet("ip", "link", "set", f"plain{n}", "master", "plain0", "up")
        quiet("nsenter", "-t", str(holder.pid), "-n", "sh", "-c",
              f"ip link set lo up; ip addr add 10.201.0.{n}/24 dev eth0; ip link set eth0 up; ip route add default via 10.201.0.1")
        return holder

    def enter(self, i):
        return ["nsenter", "-t", str(self.holders[i].pid), "-n"]

    def client(self):
        return [*self.enter(1), *self.peer]

    def stop(self):
        for process in [self.server, *self.holders]:
            process.kill()
            process.wait()
        quiet("ip", "link", "del", "plain0")


class Moat:
    name = "moat"

    def __init__(self, image):
        quiet(MOAT, "pull", "-q", image)
        quiet(MOAT, "network", "create", NETWORK)
        run = [MOAT, "run", "-d", "--network", NETWORK]
        quiet(*run, "--name", "bench-server", "-p", f"{PUBLISHED['moat']}:{PORT}", image, "/net-peer", "serve", PORT)
        quiet(*run, "--name", "bench-client", image, "sleep", "100000")
        CONFIG.write_text('{"userland-proxy": false}\n', encoding="ascii")
        quiet(*run, "--name", "bench-short", "-p", f"{SHORT}:{PORT}", image, "/net-peer", "serve", PORT)
        CONFIG.write_text("{}\n", encoding="ascii")
        networks = json.loads(output(MOAT, "inspect", "bench-server"))[0]["NetworkSettings"]["Networks"]
        self.address = networks[NETWORK]["IPAddress"]

    def client(self):
        return [MOAT, "exec", "bench-client", "/net-peer"]

    def stop(self):
        quiet(MOAT, "rm", "-f", "bench-server", "bench-client", "bench-short")
        quiet(MOAT, "network", "rm", NETWORK)


class Podman:
    name = "podman"

    def __init__(self, image):
        quiet("podman", "pull", "-q", "--tls-verify=false", image)
        quiet("podman", "network", "create", "--disable-dns", NETWORK)
        run = ["podman", "--runtime", "runc", "run", "-d", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024",
               "--network", NETWORK]
        quiet(*run, "--name", "bench-server", "-p", f"{PUBLISHED['podman']}:{PORT}", image, "/net-peer", "serve", PORT)
        quiet(*run, "--name", "bench-client", image, "sleep", "100000")
        self.address = output("podman", "inspect", "-f", f"{{{{(index .NetworkSettings.Networks \"{NETWORK}\").IPAddress}}}}",
                              "bench-server").strip()

    def client(self):
        return ["podman", "--runtime", "runc", "exec", "bench-client", "/net-peer"]

    def stop(self):
        quiet("podman", "rm", "-f", "-t", "0", "bench-server", "bench-client")
        quiet("podman", "network", "rm", NETWORK)


class Outside:
    """A neighbour of the host's with a server."""

    def __init__(self, peer):
        self.holder = subprocess.Popen(["unshare", "-n", "sleep", "infinity"])
        time.sleep(0.2)
        pid = str(self.holder.pid)
        quiet("ip", "link", "add", "outside0", "type", "veth", "peer", "name", "eth0", "netns", pid)
        quiet("sh", "-c", f"ip addr add {HOST}/24 dev outside0; ip link set outside0 up; ip route add default via {OUTSIDE}")
        quiet("nsenter", "-t", pid, "-n", "sh", "-c",
              f"ip link set lo up; ip addr add {OUTSIDE}/24 dev eth0; ip link set eth0 up; ip route add 10.201.0.0/24 via {HOST}")
        self.inside = ["nsenter", "-t", pid, "-n"]
        self.server = subprocess.Popen([*self.inside, str(peer), "serve", PORT])

    def stop(self):
        for process in (self.server, self.holder):
            process.kill()
            process.wait()


def make_peer(registry):
    """The program, and an image that has it."""
    peer = HERE / "net-peer"
    subprocess.run(["gcc", "-static", "-O2", "-D_GNU_SOURCE", "-o", str(peer), str(REPO / "bench/net-peer.c")], check=True)
    layer = ociimage.Layer()
    layer.file("net-peer", peer.read_bytes(), 0o755)
    layout = ociimage.Layout(HERE / "images/peer")
    layout.tag(layout.image([ociimage.busybox_layer(), layer]), "latest")
    image = registry.address + "/bench/peer:latest"
    quiet("skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false", f"oci:{HERE}/images/peer:latest",
          f"docker://{image}")
    return peer, image
