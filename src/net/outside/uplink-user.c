/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  slirp4netns makes a tap, up0, in moat's namespace and is a router there: it
 * reads packets from it and speaks for them with sockets of its own, on the host, as the user it
 * runs as.  It knows one network, in which moat's side has one address; so what leaves is
 * masqueraded in moat's namespace.  It ends when this process does: it watches a pipe.
 *
 * Containers reach the host at the address of slirp4netns itself.  By that slirp4netns would lead
 * to the host's loopback, where things listen that are for the host alone; so it is told not to,
 * and moat's rules lead what is for that address to the host's own, whichever that is at the time.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "net/common/program.h"
#include "net/outside/host-address.h"
#include "net/outside/uplink.h"

#define LOOK_AGAIN_USEC	 (200 * USEC_PER_MSEC)
#define RETRY_FIRST_USEC (200 * USEC_PER_MSEC)
#define RETRY_LAST_USEC	 (30 * USEC_PER_SEC)
#define LIVED_LONG_USEC	 (30 * USEC_PER_SEC)

/* What its sockets take at once; larger packets are fewer. */
#define MTU 65520

/* In its network: itself, and moat's side. */
#define OWN_NUMBER  100
#define HOST_NUMBER 2

struct uplink {
	struct uplink_setup setup;
	struct netlink *nl;
	char *program; /* NULL: there is none */
	int namespace_fd, user_fd;
	struct wire_uplink wish;
	struct wire_place place; /* as it was told last, or will be */
	char cidr[IP_TEXT_MAX];
	pid_t pid; /* 0: it does not run */
	int exit_fd, ready_fd;
	struct source *child, *ready, *retry;
	uint64_t started_usec, retry_usec;
	int monitor_fd;
	struct source *monitor, *again;
};

static void tell(struct uplink *u)
{
	u->place.serial = u->wish.serial;
	u->setup.fn(&u->place, u->setup.arg);
}

/* The last ones of their networks first, as for the way of root; fd00::/64 is fixed. */
static int choose_network(struct uplink *u)
{
	static const char *const candidates[] = { "10.0.2.0/24", "10.254.253.0/24",
						  "172.31.253.0/24", "192.168.253.0/24" };

	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
		bool taken = false;
		struct ip_net net;

		if (ip_net_parse(candidates[i], &net) < 0)
			return -EINVAL;
		for (uint32_t j = 0; j < u->wish.n_subnets; j++)
			taken = taken || ip_net_overlap(&net, &u->wish.subnets[j]);
		if (taken)
			continue;
		snprintf(u->cidr, sizeof(u->cidr), "%s", candidates[i]);
		u->place.own[0].bits = net.bits;
		ip_add(&net.ip, OWN_NUMBER, &u->place.own[0].ip);
		ip_add(&net.ip, HOST_NUMBER, &u->place.host[0]);
		return 0;
	}
	return -EADDRNOTAVAIL;
}

static void choose_network6(struct uplink *u)
{
	struct ip_net net;

	u->place.own[1] = (struct ip_net){ 0 };
	u->place.host[1] = (struct ip){ 0 };
	if (ip_net_parse("fd00::/64", &net) < 0)
		return;
	for (uint32_t j = 0; j < u->wish.n_subnets; j++)
		if (ip_net_overlap(&net, &u->wish.subnets[j]))
			return;
	u->place.own[1].bits = net.bits;
	ip_add(&net.ip, OWN_NUMBER, &u->place.own[1].ip);
	ip_add(&net.ip, HOST_NUMBER, &u->place.host[1]);
}

/* Return: is it another one than before? */
static bool find_host(struct uplink *u)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	bool changed = false;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		struct ip now = { 0 };

		if (!ip_is_none(&u->place.host[i]) && host_address(u->nl, families[i], &now) < 0)
			now = (struct ip){ 0 };
		changed = changed || !ip_equal(&now, &u->place.behind[i]);
		u->place.behind[i] = now;
	}
	return changed;
}

static void forget_process(struct uplink *u)
{
	source_free(take_ptr(u->child));
	source_free(take_ptr(u->ready));
	fd_close(&u->ready_fd);
	fd_close(&u->exit_fd);
	u->pid = 0;
}

static void end_process(struct uplink *u)
{
	if (u->pid > 0 && kill(u->pid, SIGKILL) == 0)
		waitpid(u->pid, NULL, 0);
	forget_process(u);
}

static void set_text(struct uplink *u, const char *text)
{
	snprintf(u->place.text, sizeof(u->place.text), "%s", text);
}

static void start_later(struct uplink *u)
{
	bool lived = clock_mono_usec() - u->started_usec > LIVED_LONG_USEC;

	u->retry_usec = lived || u->retry_usec == 0 ? RETRY_FIRST_USEC : u->retry_usec * 2;
	if (u->retry_usec > RETRY_LAST_USEC)
		u->retry_usec = RETRY_LAST_USEC;
	source_set_timer(u->retry, u->retry_usec);
}

static int ended(struct source *s, pid_t pid, int status, void *arg)
{
	struct uplink *u = arg;

	(void)s;
	(void)pid;
	log_warning("slirp4netns has ended (status %x)", (unsigned)status);
	forget_process(u);
	u->place.up = false;
	set_text(u, "slirp4netns has ended, and is started again: see net.log");
	tell(u);
	start_later(u);
	return 0;
}

static int became_ready(struct source *s, int fd, uint32_t events, void *arg)
{
	struct uplink *u = arg;
	char byte;

	(void)events;
	/* Without a byte it has ended, which is told by its process. */
	if (read(fd, &byte, 1) == 1) {
		u->place.up = true;
		u->place.outward[0] = true;
		u->place.outward[1] = !ip_is_none(&u->place.own[1].ip);
		set_text(u, "");
		find_host(u);
		tell(u);
	}
	source_free(s);
	u->ready = NULL;
	return 0;
}

/* Where its descriptors are: to be told to end by, to say that it is ready, the namespace. */
enum { EXIT_FD = 3, READY_FD, NAMESPACE_FD, FDS_END };

/*
 * Runs in the child.  In moat's user namespace the user is 0 and may enter the network namespace;
 * that, and that it may mount, is what slirp4netns needs to shut itself in.
 */
static void run_slirp(const struct uplink *u, const int fds[FDS_END], char *const argv[])
{
	static char path[] = "PATH=/usr/bin:/bin";
	static char *const environment[] = { path, NULL };
	sigset_t none;
	int high[FDS_END];

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 0; i < FDS_END; i++)
		high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FDS_END);
	if (setns(u->user_fd, CLONE_NEWUSER) < 0)
		_exit(126);
	for (int i = 0; i < FDS_END; i++)
		if (high[i] < 0 || dup2(high[i], i) < 0)
			_exit(126);
	execve(u->program, argv, environment);
	_exit(127);
}

static int spawn(struct uplink *u, int exit_end, int ready_end)
{
	char cidr[IP_TEXT_MAX + 8], mtu[16];
	char *const argv[] = { (char[]){ "slirp4netns" },
			       (char[]){ "--exit-fd=3" },
			       (char[]){ "--ready-fd=4" },
			       mtu,
			       cidr,
			       (char[]){ "--enable-ipv6" },
			       (char[]){ "--disable-host-loopback" },
			       (char[]){ "--disable-dns" },
			       (char[]){ "--enable-sandbox" },
			       (char[]){ "--enable-seccomp" },
			       (char[]){ "--netns-type=path" },
			       (char[]){ "/proc/self/fd/5" },
			       (char[]){ "up0" },
			       NULL };
	cleanup_close int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int fds[FDS_END] = { null_fd,  null_fd,	STDERR_FILENO,
				   exit_end, ready_end, u->namespace_fd };
	pid_t pid;

	snprintf(cidr, sizeof(cidr), "--cidr=%s", u->cidr);
	snprintf(mtu, sizeof(mtu), "--mtu=%d", MTU);
	pid = null_fd < 0 ? -1 : fork();
	if (pid == 0)
		run_slirp(u, fds, argv);
	if (pid < 0)
		return -errno;
	u->pid = pid;
	return 0;
}

static int execute(struct uplink *u)
{
	cleanup_close int exit_end = -1, ready_end = -1;
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	exit_end = fds[0];
	u->exit_fd = fds[1];
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	u->ready_fd = fds[0];
	ready_end = fds[1];
	r = spawn(u, exit_end, ready_end);
	if (r == 0)
		r = loop_add_child(u->setup.loop, u->pid, ended, u, &u->child);
	if (r == 0)
		r = loop_add_io(u->setup.loop, u->ready_fd, EPOLLIN, became_ready, u, &u->ready);
	return r;
}

static void start(struct uplink *u)
{
	int r = u->program ? execute(u) : -ENOENT;

	u->started_usec = clock_mono_usec();
	if (r == 0)
		return;
	end_process(u);
	set_text(u, u->program ? "slirp4netns cannot be executed: see net.log"
			       : "containers reach nothing outside: the program slirp4netns is "
				 "missing, install the package of that name");
	log_warning("slirp4netns: %s", strerror(-r));
	tell(u);
	if (u->program)
		start_later(u);
}

static int retry(struct source *s, void *arg)
{
	struct uplink *u = arg;

	(void)s;
	if (u->wish.wanted && u->pid == 0)
		start(u);
	return 0;
}

static int look_again(struct source *s, void *arg)
{
	struct uplink *u = arg;

	(void)s;
	if (u->place.up && find_host(u))
		tell(u);
	return 0;
}

static int host_changed(struct source *s, int fd, uint32_t events, void *arg)
{
	struct uplink *u = arg;

	(void)s;
	(void)events;
	netlink_drain(fd);
	source_set_timer(u->again, LOOK_AGAIN_USEC);
	return 0;
}

static void watch_host(struct uplink *u)
{
	static const int groups[] = { RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
				      RTNLGRP_IPV6_ROUTE };

	if (u->monitor)
		return;
	if (netlink_monitor(groups, ARRAY_SIZE(groups), &u->monitor_fd) < 0 ||
	    loop_add_io(u->setup.loop, u->monitor_fd, EPOLLIN, host_changed, u, &u->monitor) < 0) {
		fd_close(&u->monitor_fd);
		log_warning("changes of the host's addresses are not seen");
	}
}

static void stop(struct uplink *u)
{
	source_free(take_ptr(u->monitor));
	fd_close(&u->monitor_fd);
	source_set_timer(u->retry, UINT64_MAX);
	source_set_timer(u->again, UINT64_MAX);
	end_process(u);
	u->place = (struct wire_place){ .masquerade = true, .mtu = MTU };
}

static bool overlaps(const struct uplink *u)
{
	for (uint32_t i = 0; i < u->wish.n_subnets; i++)
		for (size_t j = 0; j < ARRAY_SIZE(u->place.own); j++)
			if (!ip_is_none(&u->place.own[j].ip) &&
			    ip_net_overlap(&u->place.own[j], &u->wish.subnets[i]))
				return true;
	return false;
}

static void user_wish(struct uplink *u, const struct wire_uplink *wish)
{
	u->wish = *wish;
	/* A network that came later may have what slirp4netns has. */
	if (!wish->wanted || (u->pid > 0 && overlaps(u)))
		stop(u);
	if (!wish->wanted || u->pid > 0) {
		tell(u);
		return;
	}
	watch_host(u);
	choose_network6(u);
	if (choose_network(u) < 0) {
		set_text(u, "networks have all the subnets that a way outside could have");
		tell(u);
		return;
	}
	start(u);
}

static void user_begin(struct uplink *u, int namespace_fd, int peer)
{
	(void)peer;
	if (u->namespace_fd >= 0 || namespace_fd < 0) {
		fd_close(&namespace_fd);
		return;
	}
	u->namespace_fd = namespace_fd;
	u->user_fd = ioctl(namespace_fd, NS_GET_USERNS);
	if (u->user_fd < 0)
		log_warning("moat's user namespace: %s", strerror(errno));
}

static void user_end(struct uplink *u, uplink_ended_fn fn, void *arg)
{
	stop(u);
	fn(arg);
}

static void user_free(struct uplink *u)
{
	if (!u)
		return;
	stop(u);
	source_free(u->retry);
	source_free(u->again);
	fd_close(&u->namespace_fd);
	fd_close(&u->user_fd);
	netlink_free(u->nl);
	free(u->program);
	free(u);
}

static int user_new(const struct uplink_setup *setup, struct uplink **ret, struct err *err)
{
	struct uplink *u = calloc(1, sizeof(*u));
	int r;

	if (!u)
		return err_nomem(err);
	*u = (struct uplink){ .setup = *setup,
			      .namespace_fd = -1,
			      .user_fd = -1,
			      .exit_fd = -1,
			      .ready_fd = -1,
			      .monitor_fd = -1 };
	u->place = (struct wire_place){ .masquerade = true, .mtu = MTU };
	/* One that is missing is said when it is needed. */
	if (program_find("slirp4netns", &u->program, NULL) < 0)
		u->program = NULL;
	r = netlink_new(&u->nl);
	if (r == 0)
		r = loop_add_timer(setup->loop, UINT64_MAX, retry, u, &u->retry);
	if (r == 0)
		r = loop_add_timer(setup->loop, UINT64_MAX, look_again, u, &u->again);
	if (r < 0) {
		err_errno(err, r, "netlink");
		user_free(u);
		return r;
	}
	*ret = u;
	return 0;
}

const struct uplink_kind uplink_user = {
	.new = user_new,
	.free = user_free,
	.begin = user_begin,
	.wish = user_wish,
	.end = user_end,
};
