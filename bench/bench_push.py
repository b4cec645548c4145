"""Push an image of Debian packages to a registry on loopback that has nothing yet."""
import shutil

from bench_pull import blobs, push_image
from measure import Table, timed
from setting import HERE, MOAT, Server, quiet


def run(runs, registry):
    name, layout = push_image(registry)
    packed = sum(p.stat().st_size for p in blobs(layout))
    quiet(MOAT, "pull", "-q", name)
    table = Table(f"push: Debian packages, {len(blobs(layout))} layers, {packed / 1e6:.0f} MB, to loopback", "moat push", runs)

    def fresh(push):
        """Each has a registry of its own, so that nothing is there, and nothing to be mounted."""
        folder = HERE / "empty"
        shutil.rmtree(folder, ignore_errors=True)
        server = Server(folder)
        try:
            return push(f"{server.address}/bench/debian:latest")
        finally:
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)

    def moat(to):
        quiet(MOAT, "tag", name, to)
        sample = timed([MOAT, "push", "-q", to], b"bench/debian")
        quiet(MOAT, "image", "rm", to)
        return sample

    def skopeo(to):
        return timed(["skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false", f"oci:{layout}:latest",
                      f"docker://{to}"], b"")

    def curl(to):
        """The floor: each layer as one request, two at a time, without a look at what is there."""
        repository = f"http://{to.removesuffix(':latest')}"
        repository = repository.replace("/bench/", "/v2/bench/")
        return timed(["xargs", "-P", "2", "-n", "1", "-a", str(HERE / "layers.txt"), "sh", "-c",
                      f'at=$(curl -s -X POST -o /dev/null -w "%header{{location}}" {repository}/blobs/uploads/) && '
                      'curl -sf -X PUT -H "Content-Type: application/octet-stream" -T "$0" "$at&digest=sha256:${0##*/}"'], b"")

    (HERE / "layers.txt").write_text("".join(f"{p}\n" for p in blobs(layout)))
    table.interleave({"moat push": lambda: fresh(moat), "skopeo copy": lambda: fresh(skopeo),
                      "upload alone (curl)": lambda: fresh(curl)}, 1)
    quiet(MOAT, "image", "rm", name)
    return table
