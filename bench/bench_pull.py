"""Pull and unpack an image from a registry on loopback, with the image removed in between."""
from measure import Table, timed
from setting import MOAT, quiet


def run(runs, registry):
    table = Table("pull: 101 MB in 4,000 files, gzip, from loopback", "moat pull", runs)

    def moat():
        sample = timed([MOAT, "pull", "-q", registry.tree], b"bench/tree")
        quiet(MOAT, "image", "rm", registry.tree)
        return sample

    def podman():
        sample = timed(["podman", "pull", "-q", "--tls-verify=false", registry.tree], b"")
        quiet("podman", "rmi", "-f", registry.tree)
        return sample

    table.interleave({"moat pull": moat, "podman pull": podman})
    return table
