/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Each program is told the same: a network of two between itself and moat's
 * side, and nothing of what it would do of itself: no way to the host's loopback, no names, no
 * ports of the host's that lead in, no setting up of what is in the namespace.
 *
 * What it opens by a path of /proc is a descriptor of its own.  pasta since 2024 closes all but the
 * first three when it begins, so what it is given is among these; slirp4netns writes to its output.
 *
 * Nothing here comes from outside: addresses are those that user_network_choose() has found.
 */
#include "net/outside/speaker.h"

#include <errno.h>
#include <unistd.h>

#include "base/str.h"

enum { SLIRP_EXIT_FD = 3, SLIRP_READY_FD, SLIRP_NAMESPACE_FD };
enum { PASTA_NAMESPACE_FD, PASTA_READY_FD };

static int add_all(const char *const *words, char ***ret)
{
	int r = 0;

	for (; r == 0 && *words; words++)
		r = strv_add(ret, *words);
	return r;
}

static int slirp_arguments(const struct speaker_setup *setup, char ***ret)
{
	static const char *const fixed[] = {
		"slirp4netns",	    "--enable-ipv6",	"--disable-host-loopback", "--disable-dns",
		"--enable-sandbox", "--enable-seccomp", "--netns-type=path",	   NULL
	};
	int r = add_all(fixed, ret);

	if (r == 0)
		r = strv_addf(ret, "--exit-fd=%d", SLIRP_EXIT_FD);
	if (r == 0)
		r = strv_addf(ret, "--ready-fd=%d", SLIRP_READY_FD);
	if (r == 0)
		r = strv_addf(ret, "--mtu=%u", setup->place->mtu);
	if (r == 0)
		r = strv_addf(ret, "--cidr=%s", setup->cidr);
	if (r == 0)
		r = strv_addf(ret, "/proc/self/fd/%d", SLIRP_NAMESPACE_FD);
	return r == 0 ? strv_add(ret, setup->device) : r;
}

static int add_option(const char *option, const struct ip *ip, char ***ret)
{
	char text[IP_TEXT_MAX];
	int r = strv_add(ret, option);

	ip_format(ip, text);
	return r == 0 ? strv_add(ret, text) : r;
}

/* Adds the addresses of its side and ours. */
static int add_sides(const struct wire_place *place, size_t family, char ***ret)
{
	int r = add_option("--address", &place->own[family].ip, ret);

	return r == 0 ? add_option("--gateway", &place->host[family], ret) : r;
}

static int pasta_arguments(const struct speaker_setup *setup, char ***ret)
{
	static const char *const fixed[] = { "pasta",
					     "--foreground",
					     "--quiet",
					     "--stderr",
					     "--netns-only",
					     "--no-dhcp",
					     "--no-dhcpv6",
					     "--no-ra",
					     "--no-map-gw",
					     "--no-netns-quit",
					     "--dns",
					     "none",
					     "--search",
					     "none",
					     "--tcp-ports",
					     "none",
					     "--udp-ports",
					     "none",
					     "--tcp-ns",
					     "none",
					     "--udp-ns",
					     "none",
					     "--mac-addr",
					     "02:00:00:00:00:02",
					     NULL };
	const struct wire_place *place = setup->place;
	int r = add_all(fixed, ret);

	if (r == 0)
		r = add_sides(place, 0, ret);
	if (r == 0)
		r = strv_addf(ret, "--netmask=%u", place->own[0].bits);
	if (r == 0)
		r = ip_is_none(&place->own[1].ip) ? strv_add(ret, "--ipv4-only")
						  : add_sides(place, 1, ret);
	if (r == 0)
		r = strv_addf(ret, "--ns-ifname=%s", setup->device);
	/* The program writes its pid there when it is ready. */
	if (r == 0)
		r = strv_addf(ret, "--pid=/proc/self/fd/%d", PASTA_READY_FD);
	return r == 0 ? strv_addf(ret, "--netns=/proc/self/fd/%d", PASTA_NAMESPACE_FD) : r;
}

const struct speaker_kind speaker_kinds[SPEAKER_KINDS] = {
	{ .program = "slirp4netns",
	  .follows = true,
	  .fds = { SPEAKER_FD_NULL, SPEAKER_FD_NULL, SPEAKER_FD_LOG,
		   [SLIRP_EXIT_FD] = SPEAKER_FD_EXIT, [SLIRP_READY_FD] = SPEAKER_FD_READY,
		   [SLIRP_NAMESPACE_FD] = SPEAKER_FD_NAMESPACE },
	  .n_fds = SLIRP_NAMESPACE_FD + 1,
	  .arguments = slirp_arguments },
	{ .program = "pasta",
	  .fds = { [PASTA_NAMESPACE_FD] = SPEAKER_FD_NAMESPACE,
		   [PASTA_READY_FD] = SPEAKER_FD_READY,
		   [STDERR_FILENO] = SPEAKER_FD_LOG },
	  .n_fds = STDERR_FILENO + 1,
	  .arguments = pasta_arguments },
};
