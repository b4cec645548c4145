/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A handler leaves one of four answers in the exchange: a body, a stream that
 * the library reads as the client takes it, a connection to be handed over (with 101, or 200 for
 * clients that asked for no upgrade), or an error, whose body is made here.
 */
#include "daemon/http/answer.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/relay.h"

#define STREAM_BLOCK_BYTES (32u << 10)
#define HEAD_STEP_USEC	   20u
#define HEAD_STEP_MAX_USEC 1000u
#define HEAD_WAIT_USEC	   500000u

static ssize_t on_stream_read(void *cls, uint64_t pos, char *data, size_t max)
{
	struct exchange *x = cls;
	ssize_t n = x->rp.stream->read(x->rp.arg, data, max);

	(void)pos;
	if (n == 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	return n < 0 ? MHD_CONTENT_READER_END_WITH_ERROR : n;
}

/* Waits until the client has read the head of its answer.  Some clients (docker's SDK for Python)
 * read the head through a buffer, and lose bytes of the stream that get into that buffer. */
static void await_head_read(int fd)
{
	useconds_t step = HEAD_STEP_USEC;
	int unread;

	for (useconds_t waited = 0; waited < HEAD_WAIT_USEC; waited += step) {
		if (ioctl(fd, SIOCOUTQ, &unread) < 0 || unread == 0)
			return;
		usleep(step);
		step = step < HEAD_STEP_MAX_USEC ? 2 * step : step;
	}
}

static void on_upgrade(void *cls, struct MHD_Connection *conn, void *state, const char *early,
		       size_t len, MHD_socket socket, struct MHD_UpgradeResponseHandle *urh)
{
	struct exchange *x = cls;
	const struct hijack *hijack = x->rp.hijack;
	int fd = fcntl(socket, F_DUPFD_CLOEXEC, 3);

	(void)conn;
	(void)state;
	x->rp.hijack = NULL;
	x->passed_on = true;
	if (fd >= 0)
		await_head_read(fd);
	if (fd >= 0)
		hijack->take(x->rp.arg, fd, early, len);
	else
		hijack->drop(x->rp.arg);
	/* The library closes its descriptor without a shutdown(2), so the duplicate stays
	 * connected. */
	MHD_upgrade_action(urh, MHD_UPGRADE_ACTION_CLOSE);
}

/*
 * The library can answer a request that asks for no upgrade, but not hand its connection over.  So
 * the head is written past it, and this thread stays until what is relayed ends; the library then
 * closes the connection.  Unlike an upgraded stream, this one ends with moatd.
 */
static enum MHD_Result serve_raw(struct exchange *x)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: " TYPE_RAW_STREAM "\r\n\r\n";
	const struct hijack *hijack = x->rp.hijack;
	int fd = fcntl(x->rq.client_fd, F_DUPFD_CLOEXEC, 3), inner = -1;
	struct relay *relay;
	pthread_t thread;
	bool sent;

	sent = fd >= 0 &&
	       send(fd, head, sizeof(head) - 1, MSG_NOSIGNAL) == (ssize_t)sizeof(head) - 1;
	if (sent)
		await_head_read(fd);
	if (sent)
		inner = relay_new(take_fd(&fd), &relay);
	if (fd >= 0)
		close(fd);
	if (inner < 0)
		return MHD_NO; /* exchange_free() drops what was to be handed over */
	x->rp.hijack = NULL;
	if (relay_start(relay, &thread) < 0) {
		close(inner);
		hijack->drop(x->rp.arg);
		return MHD_NO;
	}
	hijack->take(x->rp.arg, inner, NULL, 0);
	pthread_join(thread, NULL);
	return MHD_NO;
}

static void add_ping_headers(struct MHD_Response *response)
{
	char version[16];

	snprintf(version, sizeof(version), "1.%u", API_MINOR_MAX);
	MHD_add_response_header(response, "Api-Version", version);
	MHD_add_response_header(response, "Ostype", "linux");
	MHD_add_response_header(response, "Docker-Experimental", "false");
	MHD_add_response_header(response, "Cache-Control", "no-cache, no-store, must-revalidate");
}

static struct MHD_Response *make_response(struct exchange *x)
{
	struct MHD_Response *response;
	char *body;

	if (x->rp.hijack) {
		response = MHD_create_response_for_upgrade(on_upgrade, x);
		if (response)
			MHD_add_response_header(response, "Upgrade", "tcp");
		return response;
	}
	if (x->rp.stream)
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES,
							 on_stream_read, x, NULL);
	if (x->rp.body.len == 0)
		return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	body = x->rp.body.data;
	response = MHD_create_response_from_buffer(x->rp.body.len, body, MHD_RESPMEM_MUST_FREE);
	if (response)
		x->rp.body = BUF_INIT;
	return response;
}

static void fill_error(struct exchange *x)
{
	buf_reset(&x->rp.body);
	x->rp.status = http_status(x->result);
	if (x->rp.status == 304)
		return;
	x->rp.content_type = TYPE_JSON;
	if (http_error_body(&x->rp.body, &x->err) < 0)
		buf_reset(&x->rp.body);
	if (x->rp.status == 500)
		log_warning("%s %s: %s", x->rq.method, x->route ? x->route->pattern : "",
			    x->err.msg);
}

enum MHD_Result answer_queue(struct exchange *x, struct MHD_Connection *conn)
{
	struct MHD_Response *response;
	enum MHD_Result queued;

	if (x->result < 0)
		fill_error(x);
	if (x->rp.hijack && !x->rq.wants_upgrade)
		return serve_raw(x);
	response = make_response(x);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, "Server", "moat/" MOAT_VERSION " (linux)");
	if (x->rp.content_type)
		MHD_add_response_header(response, "Content-Type", x->rp.content_type);
	if (x->rp.header && x->result == 0)
		MHD_add_response_header(response, x->rp.header, x->rp.header_value);
	if (x->rp.ping_headers)
		add_ping_headers(response);
	queued = MHD_queue_response(conn, x->rp.status, response);
	MHD_destroy_response(response);
	return queued;
}
