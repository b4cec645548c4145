/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A tap is there for as long as a descriptor of it is open.  One is kept here
 * while the machine has a copy, so when the machine has ended the tap can be given to another: set
 * down, in no bridge, its queue drained and its modes as those of a new one.  Both descriptors are
 * one open file, so that it is non-blocking is so for the machine, too, as engines want it.
 *
 * The number in a tap's name is never used twice in a namespace, so that no rule or port can be
 * mistaken for one of an earlier tap.
 */
#include "net/inside/taps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/str.h"

#define TUN_FILE "/dev/net/tun"

/* Bytes of the header before each frame, as a new tap has them set. */
#define VNET_HEADER 10

static int explain_open(int code, struct err *err)
{
	struct stat st;

	if (code == -EACCES && stat(TUN_FILE, &st) == 0)
		return err_set(err, code,
			       TUN_FILE
			       " may not be opened by this user, its mode is %04o: networks "
			       "need it to be 0666 (chmod 0666 " TUN_FILE ")",
			       st.st_mode & 07777u);
	if (code == -ENOENT || code == -ENODEV)
		return err_set(err, code,
			       TUN_FILE " is missing: networks need the kernel's module tun "
					"(modprobe tun)");
	return err_errno(err, code, TUN_FILE);
}

static int open_tap(const char *name, int *ret_fd, struct err *err)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	cleanup_close int fd = open(TUN_FILE, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return explain_open(-errno, err);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		return err_errno(err, -errno, "tap %s", name);
	*ret_fd = take_fd(&fd);
	return 0;
}

static int compare_number(const struct link *link, void *arg)
{
	uint32_t number, *last = arg;

	if (link->name[0] == 't' && str_to_u32(link->name + 1, &number) == 0 && number > *last)
		*last = number;
	return 0;
}

/* The highest number that any tap has or had. */
static int last_number(struct model *m, struct netlink *nl, uint32_t *ret)
{
	int r = m->last_tap > 0 ? 0 : link_each(nl, compare_number, &m->last_tap);

	*ret = m->last_tap;
	return r;
}

static int add_tap(struct model *m, const char *name, int index, struct tap **ret)
{
	struct tap *tap = calloc(1, sizeof(*tap));

	if (!tap)
		return -ENOMEM;
	snprintf(tap->name, sizeof(tap->name), "%s", name);
	tap->index = index;
	tap->fd = -1;
	LIST_INSERT_HEAD(&m->taps, tap, link);
	*ret = tap;
	return 0;
}

static int make_tap(struct model *m, struct netlink *nl, struct tap **ret, struct err *err)
{
	cleanup_close int fd = -1;
	char name[NET_TAP_MAX + 1];
	uint32_t number;
	int index, r = last_number(m, nl, &number);

	if (r < 0)
		return err_errno(err, r, "links");
	snprintf(name, sizeof(name), "t%u", number + 1);
	r = open_tap(name, &fd, err);
	if (r < 0)
		return r;
	index = link_index(name);
	if (index < 0)
		return err_errno(err, index, "tap %s", name);
	if (add_tap(m, name, index, ret) < 0)
		return err_nomem(err);
	(*ret)->fd = take_fd(&fd);
	m->last_tap = number + 1;
	return 0;
}

int tap_get(struct model *m, struct netlink *nl, struct tap **ret, struct err *err)
{
	struct tap *tap;

	LIST_FOREACH (tap, &m->taps, link) {
		if (!tap->pooled)
			continue;
		tap->pooled = false;
		*ret = tap;
		return 0;
	}
	return make_tap(m, nl, ret, err);
}

int tap_adopt(struct model *m, const char *name, struct tap **ret, struct err *err)
{
	int index = name[0] == 't' ? link_index(name) : -ENODEV;

	if (index < 0)
		return err_set(err, -ENODEV, "there is no tap %s", name);
	return add_tap(m, name, index, ret) < 0 ? err_nomem(err) : 0;
}

void tap_free(struct tap *tap)
{
	LIST_REMOVE(tap, link);
	if (tap->fd >= 0)
		close(tap->fd);
	free(tap);
}

static size_t count_pooled(const struct model *m)
{
	const struct tap *tap;
	size_t n = 0;

	LIST_FOREACH (tap, &m->taps, link)
		n += tap->pooled;
	return n;
}

static void drain_tap(int fd)
{
	char frame[256];
	ssize_t n;

	/* Each read(2) takes a frame, as what does not fit is cut off. */
	do {
		n = read(fd, frame, sizeof(frame));
	} while (n > 0 || (n < 0 && errno == EINTR));
}

/* Makes a tap as it was when new.  Return: can it be used again? */
static bool renew_tap(const struct tap *tap, struct netlink *nl)
{
	const int header = VNET_HEADER;

	if (tap->fd < 0 || link_set_up(nl, tap->index, false) < 0 ||
	    ioctl(tap->fd, TUNSETOFFLOAD, 0) < 0 || ioctl(tap->fd, TUNSETVNETHDRSZ, &header) < 0 ||
	    fcntl(tap->fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
		return false;
	drain_tap(tap->fd);
	return true;
}

void tap_put(struct model *m, struct netlink *nl, struct tap *tap)
{
	if (tap->pooled)
		return;
	tap->returned = false;
	if (count_pooled(m) < TAPS_POOLED_MAX && renew_tap(tap, nl))
		tap->pooled = true;
	else
		tap_free(tap);
}
