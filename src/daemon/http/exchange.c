/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The HTTP library calls with the headers, then with pieces of the body,
 * then once more.  Most bodies are small and gathered before the handler runs in the connection's
 * thread.  For an upload the handler runs at once in a second thread and reads the body from a
 * pipe; the connection's thread writes what comes in into it, and waits for the handler at the
 * end.  A handler that stops reading early loses nothing but the rest of the body.
 */
#include "daemon/http/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/relay.h"
#include "base/str.h"
#include "base/thread.h"

#define STREAM_BLOCK_BYTES (32u << 10)
#define IDLE_MSEC	   5000 /* of a client whose body is of no use any more */
#define HEAD_STEP_USEC	   20u
#define HEAD_STEP_MAX_USEC 1000u
#define HEAD_WAIT_USEC	   500000u

static enum MHD_Result add_param(void *cls, enum MHD_ValueKind kind, const char *key,
				 const char *value)
{
	struct exchange *x = cls;
	struct param *p = &x->rq.query[x->rq.n_query];

	(void)kind;
	p->key = strdup(key);
	p->value = strdup(value ? value : "");
	x->rq.n_query++;
	if (p->key && p->value)
		return MHD_YES;
	x->result = -ENOMEM;
	return MHD_NO;
}

static int read_query(struct exchange *x, struct MHD_Connection *conn)
{
	int n = MHD_get_connection_values(conn, MHD_GET_ARGUMENT_KIND, NULL, NULL);

	if (n > (int)HTTP_PARAMS_MAX)
		return err_set(&x->err, -EINVAL, "more than %u query parameters", HTTP_PARAMS_MAX);
	x->rq.query = calloc((size_t)n + 1, sizeof(*x->rq.query));
	if (!x->rq.query)
		return -ENOMEM;
	MHD_get_connection_values(conn, MHD_GET_ARGUMENT_KIND, add_param, x);
	return x->result;
}

static int read_headers(struct exchange *x, struct MHD_Connection *conn)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
	const char *auth = MHD_lookup_connection_value(conn, MHD_HEADER_KIND, "X-Registry-Auth");
	const char *upgrade = MHD_lookup_connection_value(conn, MHD_HEADER_KIND, "Upgrade");

	x->rq.client_fd = info ? info->connect_fd : -1;
	x->rq.wants_upgrade = upgrade && *upgrade;
	if (auth) {
		x->rq.registry_auth = strdup(auth);
		if (!x->rq.registry_auth)
			return -ENOMEM;
	}
	return read_query(x, conn);
}

static int find_handler(struct exchange *x, const struct route *routes, const char *url)
{
	const char *path, *target;
	size_t len;
	int r = route_version(url, &x->rq.api_minor, &path, &x->err);

	if (r < 0)
		return r;
	x->rq.path = path;
	x->route = route_find(routes, x->rq.method, path, &target, &len);
	if (!x->route)
		return err_set(&x->err, -ENOENT, "page not found: moat has no %s %s", x->rq.method,
			       path);
	if (target) {
		x->rq.target = strndup(target, len);
		if (!x->rq.target)
			return -ENOMEM;
	}
	return 0;
}

/*
 * The library takes an answer only when the body is complete.  A client that sends nothing any more
 * would wait for ever for one that says that nothing is wanted: its connection is ended.
 */
static void drop_rest(struct exchange *x)
{
	char waste[4096];
	ssize_t n = 1;

	while (n > 0 || (n < 0 && errno == EINTR)) {
		if (fd_wait(x->rq.body_fd, POLLIN, IDLE_MSEC) == 0) {
			(void)shutdown(x->rq.client_fd, SHUT_RD);
			return;
		}
		n = read(x->rq.body_fd, waste, sizeof(waste));
	}
}

static void *run_upload(void *arg)
{
	struct exchange *x = arg;

	x->result = x->route->handler(&x->rq, &x->rp, &x->err);
	if (x->result < 0)
		drop_rest(x);
	close(x->rq.body_fd);
	x->rq.body_fd = -1;
	return NULL;
}

/* After success @x->result belongs to the worker, who may have set it already. */
static int start_worker(struct exchange *x)
{
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	x->rq.body_fd = fds[0];
	x->upload_fd = fds[1];
	r = thread_start(&x->worker, run_upload, x);
	x->uploading = r == 0;
	return r;
}

void exchange_begin_upload(struct exchange *x)
{
	int r = x->result == 0 ? start_worker(x) : 0;

	if (r < 0)
		x->result = err_errno(&x->err, r, "take the body");
}

struct exchange *exchange_new(const struct service *service, struct MHD_Connection *conn,
			      const char *method, const char *url)
{
	struct exchange *x = calloc(1, sizeof(*x));
	int r;

	if (!x)
		return NULL;
	x->rq.api = service->api;
	x->rq.method = method;
	x->rq.body_fd = -1;
	x->upload_fd = -1;
	r = read_headers(x, conn);
	if (r == 0)
		r = find_handler(x, service->routes, url);
	x->result = r;
	return x;
}

/* Bytes of bodies that are kept in memory for handlers, over all exchanges. */
static atomic_size_t bodies_bytes;

static int take_body(struct exchange *x, const char *data, size_t len)
{
	if (atomic_fetch_add(&bodies_bytes, len) + len > HTTP_JSON_ALL_BYTES) {
		atomic_fetch_sub(&bodies_bytes, len);
		x->result = err_set(&x->err, -EUSERS,
				    "the bodies of all requests take more than %u bytes",
				    HTTP_JSON_ALL_BYTES);
		return 0;
	}
	x->body_bytes += len;
	return buf_add(&x->rq.body, data, len);
}

int exchange_data(struct exchange *x, const char *data, size_t len)
{
	if (x->uploading) {
		if (x->upload_fd >= 0 && fd_write_all(x->upload_fd, data, len) < 0) {
			close(x->upload_fd); /* nobody reads any more */
			x->upload_fd = -1;
		}
		return 0;
	}
	if (x->result < 0)
		return 0;
	if (x->rq.body.len + len > HTTP_JSON_MAX_BYTES) {
		x->result = err_set(&x->err, -EFBIG, "the request's body is larger than %u bytes",
				    HTTP_JSON_MAX_BYTES);
		return 0;
	}
	return take_body(x, data, len);
}

static void join_upload(struct exchange *x)
{
	if (x->upload_fd >= 0)
		close(x->upload_fd);
	x->upload_fd = -1;
	pthread_join(x->worker, NULL);
	x->uploading = false;
}

static ssize_t on_stream_read(void *cls, uint64_t pos, char *data, size_t max)
{
	struct exchange *x = cls;
	ssize_t n = x->rp.stream->read(x->rp.arg, data, max);

	(void)pos;
	if (n == 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	return n < 0 ? MHD_CONTENT_READER_END_WITH_ERROR : n;
}

/* Waits until the client has read the head of its answer.  Some clients (docker's SDK for
 * Python) read the head through a buffer, and lose what of the stream is in that buffer as well.
 * */
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
 * closes the connection.  The stream ends with moatd, other than one that was upgraded.
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
	if (http_error_body(&x->rp.body, x->result, &x->err) < 0)
		buf_reset(&x->rp.body);
	if (x->rp.status == 500)
		log_warning("%s %s: %s", x->rq.method, x->route ? x->route->pattern : "",
			    x->err.msg[0] ? x->err.msg : strerror(-x->result));
}

enum MHD_Result exchange_finish(struct exchange *x, struct MHD_Connection *conn)
{
	struct MHD_Response *response;
	enum MHD_Result queued;

	if (x->uploading)
		join_upload(x);
	else if (x->result == 0)
		x->result = x->route->handler(&x->rq, &x->rp, &x->err);
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

static void free_request(struct request *rq)
{
	for (size_t i = 0; i < rq->n_query; i++) {
		free(rq->query[i].key);
		free(rq->query[i].value);
	}
	free(rq->query);
	free(rq->target);
	free(rq->registry_auth);
	buf_reset(&rq->body);
	if (rq->body_fd >= 0)
		close(rq->body_fd);
}

void exchange_free(struct exchange *x)
{
	if (!x)
		return;
	if (x->uploading)
		join_upload(x);
	if (x->upload_fd >= 0)
		close(x->upload_fd);
	if (x->rp.stream)
		x->rp.stream->free(x->rp.arg);
	if (x->rp.hijack)
		x->rp.hijack->drop(x->rp.arg);
	atomic_fetch_sub(&bodies_bytes, x->body_bytes);
	buf_reset(&x->rp.body);
	free(x->rp.header_value);
	free_request(&x->rq);
	free(x);
}
