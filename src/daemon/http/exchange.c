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
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/thread.h"
#include "daemon/http/answer.h"

#define IDLE_MSEC 5000 /* how long a client may be silent whose body is not wanted */

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
	x->result = err_nomem(&x->err);
	return MHD_NO;
}

static int read_query(struct exchange *x, struct MHD_Connection *conn)
{
	int n = MHD_get_connection_values(conn, MHD_GET_ARGUMENT_KIND, NULL, NULL);

	if (n > (int)HTTP_PARAMS_MAX)
		return err_set(&x->err, -EINVAL, "more than %u query parameters", HTTP_PARAMS_MAX);
	x->rq.query = calloc((size_t)n + 1, sizeof(*x->rq.query));
	if (!x->rq.query)
		return err_nomem(&x->err);
	MHD_get_connection_values(conn, MHD_GET_ARGUMENT_KIND, add_param, x);
	return x->result;
}

static int read_headers(struct exchange *x, struct MHD_Connection *conn)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
	const char *auth = MHD_lookup_connection_value(conn, MHD_HEADER_KIND, "X-Registry-Auth");
	const char *agent = MHD_lookup_connection_value(conn, MHD_HEADER_KIND, "User-Agent");
	const char *upgrade = MHD_lookup_connection_value(conn, MHD_HEADER_KIND, "Upgrade");

	x->rq.client_fd = info ? info->connect_fd : -1;
	x->rq.from_moat = agent && str_starts(agent, "moat/");
	x->rq.wants_upgrade = upgrade && *upgrade;
	if (auth) {
		x->rq.registry_auth = strdup(auth);
		if (!x->rq.registry_auth)
			return err_nomem(&x->err);
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
			return err_nomem(&x->err);
	}
	return 0;
}

/*
 * The library takes an answer only when the body is complete.  A client that stops sending before
 * the end would wait for its answer for ever: its connection is ended.
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
			close(x->upload_fd); /* nobody reads the body any more */
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

enum MHD_Result exchange_finish(struct exchange *x, struct MHD_Connection *conn)
{
	if (x->uploading)
		join_upload(x);
	else if (x->result == 0)
		x->result = x->route->handler(&x->rq, &x->rp, &x->err);
	return answer_queue(x, conn);
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
