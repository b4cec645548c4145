/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's end of the link against bytes a hostile guest sends.  Stream 1 is open with credit
 * both ways, stream 2 was closed; the handler uses what comes as moat-shim does.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "link/conn.h"
#include "link/setup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct host {
	struct loop *loop;
	struct link_conn *conn;
};

static int on_message(void *arg, const struct link_header *h, struct wire_view payload)
{
	struct host *host = arg;
	struct link_hello hello;
	struct link_exited exited;
	struct err err;

	switch (h->type) {
	case LINK_HELLO:
		return link_hello_get(payload, &hello);
	case LINK_FAILED:
		return link_failed_get(payload, &err);
	case LINK_EXITED:
		link_close(host->conn, h->stream);
		return link_exited_get(payload, &exited);
	case LINK_STARTED:
		return link_open(host->conn, h->stream);
	case LINK_READY:
	case LINK_REMOVED:
		return h->container == 0 ? -EBADMSG : 0;
	case LINK_DOWN:
		link_conn_free(host->conn);
		host->conn = NULL;
		loop_quit(host->loop, 0);
		return 0;
	default:
		return 0;
	}
}

static int on_data(void *arg, uint32_t stream, enum link_channel channel, const void *data,
		   size_t len)
{
	struct host *host = arg;
	const char *bytes = data;

	if (bytes[0] == bytes[len - 1] && link_credit(host->conn, stream, channel) >= len)
		link_data(host->conn, stream, channel, data, len);
	return link_grant(host->conn, stream, channel, len);
}

static void on_writable(void *arg, uint32_t stream, enum link_channel channel)
{
	struct host *host = arg;

	if (link_credit(host->conn, stream, channel) > 2)
		link_data(host->conn, stream, channel, "ab", 2);
}

static void on_broken(void *arg, int code)
{
	struct host *host = arg;

	(void)code;
	loop_quit(host->loop, 0);
}

static const struct link_handler handler = {
	.message = on_message,
	.data = on_data,
	.writable = on_writable,
	.broken = on_broken,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host host = { 0 };
	int fds[2];

	if (size > 65536 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return 0;
	if (loop_new(&host.loop) < 0 ||
	    link_conn_new(host.loop, fds[0], &handler, &host, &host.conn) < 0)
		abort();
	link_open(host.conn, 1);
	link_open(host.conn, 2);
	link_close(host.conn, 2);
	link_grant(host.conn, 1, LINK_STDOUT, LINK_WINDOW);
	link_grant(host.conn, 1, LINK_STDERR, 100);
	if (fd_write_all(fds[1], data, size) < 0 || shutdown(fds[1], SHUT_WR) < 0)
		abort();
	if (loop_run(host.loop) < 0)
		abort();
	link_conn_free(host.conn);
	loop_free(host.loop);
	close(fds[1]);
	return 0;
}
