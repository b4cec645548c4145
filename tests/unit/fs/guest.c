/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/macro.h"

static void begin_passing(const struct guest *g)
{
	const struct shares_begin m = { .head = { .len = sizeof(m), .opcode = SHARES_BEGIN },
					.waker = GUEST_WAKER };

	assert_int_equal(fd_write_all(g->port, &m, sizeof(m)), 0);
}

void guest_begin(struct guest *g, const struct fs_share *shares, size_t n, uint64_t flags)
{
	const struct fuse_init_in init = { .major = FUSE_KERNEL_VERSION,
					   .minor = FUSE_KERNEL_MINOR_VERSION,
					   .flags = (uint32_t)flags,
					   .flags2 = (uint32_t)(flags >> 32) };
	struct server_options o = { .shares = shares, .n_shares = n };
	struct shares_hello hello;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	g->port = pair[0];
	g->unique = 1;
	g->n_all = 0;
	o.port = pair[1];
	o.self_fd = g->self_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	o.ended_fd = g->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_int_equal(server_new(&o, &g->server, NULL), 0);
	assert_int_equal(fd_read_exact(g->port, &hello, sizeof(hello)), 0);
	begin_passing(g);
	assert_int_equal(
		guest_ask(g, &(struct ask){ FUSE_INIT, 0, &init, sizeof(init), NULL, NULL }), 0);
}

void guest_end(struct guest *g)
{
	close(g->port);
	server_free(g->server);
	close(g->self_fd);
	close(g->ended_fd);
}

static size_t put(unsigned char *to, size_t at, const void *data, size_t len)
{
	if (len > 0)
		memcpy(to + at, data, len);
	return at + len;
}

static bool is_all(const struct guest *g, const struct fuse_out_header *head)
{
	struct shares_changed m = { .head = *head };

	if (head->unique != 0 || head->error != SHARES_CHANGED)
		return false;
	memcpy(&m.head + 1, g->reply, sizeof(m) - sizeof(m.head));
	return m.what & SHARES_ALL;
}

static int take_reply(struct guest *g, uint64_t unique)
{
	struct fuse_out_header head;

	do {
		GUEST_MUST(fd_read_exact(g->port, &head, sizeof(head)) == 0);
		GUEST_MUST(head.len >= sizeof(head) && head.len <= sizeof(g->reply));
		g->len = head.len - sizeof(head);
		if (g->len > 0)
			GUEST_MUST(fd_read_exact(g->port, g->reply, g->len) == 0);
		g->n_all += is_all(g, &head);
	} while (head.unique == 0); /* of a change */
	GUEST_MUST(head.unique == unique);
	return head.error;
}

uint64_t guest_tell(struct guest *g, const struct ask *ask)
{
	struct fuse_in_header head = {
		.opcode = ask->opcode, .unique = g->unique++, .nodeid = ask->node, .pid = 1
	};
	unsigned char out[8192];
	size_t len = sizeof(head);

	GUEST_MUST(ask->len < 4096);
	len = put(out, len, ask->body, ask->len);
	if (ask->name)
		len = put(out, len, ask->name, strlen(ask->name) + 1);
	if (ask->second)
		len = put(out, len, ask->second, strlen(ask->second) + 1);
	head.len = (uint32_t)len;
	put(out, 0, &head, sizeof(head));
	GUEST_MUST(fd_write_all(g->port, out, len) == 0);
	return head.unique;
}

int guest_ask(struct guest *g, const struct ask *ask)
{
	return take_reply(g, guest_tell(g, ask));
}

uint64_t guest_look_up(struct guest *g, uint64_t dir, const char *name)
{
	struct fuse_entry_out e;

	if (guest_ask(g, &(struct ask){ FUSE_LOOKUP, dir, NULL, 0, name, NULL }) < 0)
		return 0;
	GUEST_MUST(g->len == sizeof(e));
	memcpy(&e, g->reply, sizeof(e));
	return e.nodeid;
}
