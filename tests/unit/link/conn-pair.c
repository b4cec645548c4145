/* SPDX-License-Identifier: Apache-2.0 */
#include "conn-pair.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/fd.h"

struct link_header message(enum link_type type, uint32_t stream)
{
	return (struct link_header){ .type = type,
				     .container = type == LINK_SPAWN ? CONTAINER : 0,
				     .stream = stream };
}

static int on_message(void *arg, const struct link_header *h, struct wire_view payload)
{
	struct end *e = arg;

	assert_int_equal(payload.error, 0);
	e->messages++;
	e->header = *h;
	buf_reset(&e->message);
	assert_int_equal(buf_add(&e->message, payload.data, payload.len), 0);
	if (e->free_on_message) {
		link_conn_free(e->conn);
		e->conn = NULL;
	}
	return 0;
}

static int on_data(void *arg, uint32_t stream, enum link_channel channel, const void *data,
		   size_t len)
{
	struct end *e = arg;

	(void)stream;
	return buf_add(&e->data[channel], data, len);
}

static void on_writable(void *arg, uint32_t stream, enum link_channel channel)
{
	struct end *e = arg;

	(void)stream;
	(void)channel;
	e->writables++;
}

static void on_broken(void *arg, int code)
{
	struct end *e = arg;

	e->is_broken = true;
	e->code = code;
}

static const struct link_handler handler = {
	.message = on_message,
	.data = on_data,
	.writable = on_writable,
	.broken = on_broken,
};

static void end_open(struct end *e, struct loop *l, int fd)
{
	*e = (struct end){ .loop = l };
	assert_int_equal(link_conn_new(l, fd, &handler, e, &e->conn), 0);
}

static void end_close(struct end *e)
{
	link_conn_free(e->conn);
	buf_reset(&e->message);
	for (unsigned i = 0; i < LINK_CHANNELS; i++)
		buf_reset(&e->data[i]);
}

struct pair *pair_new(bool with_b)
{
	struct pair *p = calloc(1, sizeof(*p));
	int fds[2];

	assert_non_null(p);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(loop_new(&p->loop), 0);
	end_open(&p->a, p->loop, fds[0]);
	p->raw = -1;
	if (with_b)
		end_open(&p->b, p->loop, fds[1]);
	else
		p->raw = fds[1];
	return p;
}

void pair_free(struct pair *p)
{
	end_close(&p->a);
	end_close(&p->b);
	fd_close(&p->raw);
	loop_free(p->loop);
	free(p);
}

static int stop(struct source *s, void *arg)
{
	(void)s;
	loop_quit(arg, 0);
	return 0;
}

void settle(struct pair *p)
{
	struct source *timer;

	assert_int_equal(loop_add_timer(p->loop, 0, stop, p->loop, &timer), 0);
	for (int round = 0; round < 256; round++) {
		assert_int_equal(source_set_timer(timer, 0), 0);
		assert_int_equal(loop_run(p->loop), 0);
	}
	source_free(timer);
}

void raw_frame(struct pair *p, struct link_header h, const void *payload)
{
	unsigned char bytes[LINK_HEADER_SIZE];

	link_header_put(&h, bytes);
	assert_int_equal(fd_write_all(p->raw, bytes, sizeof(bytes)), 0);
	assert_int_equal(fd_write_all(p->raw, payload, h.size), 0);
}

void raw_expect_broken(struct pair *p, int code)
{
	settle(p);
	assert_true(p->a.is_broken);
	assert_int_equal(p->a.code, code);
	assert_int_equal(link_send(p->a.conn, message(LINK_DOWN, 0), NULL, 0), -EPIPE);
	pair_free(p);
}
