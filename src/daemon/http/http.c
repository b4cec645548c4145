/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/http/http.h"

#include <errno.h>

#include "base/fd.h"
#include "base/str.h"

const char *request_arg(const struct request *rq, const char *key)
{
	for (size_t i = 0; i < rq->n_query; i++)
		if (streq(rq->query[i].key, key))
			return rq->query[i].value;
	return NULL;
}

bool request_flag(const struct request *rq, const char *key, bool otherwise)
{
	static const char *const no[] = { "", "0", "no", "false", "False", "none" };
	const char *value = request_arg(rq, key);

	return value ? !STR_FIND(no, value) : otherwise;
}

bool request_is_abandoned(void *request)
{
	const struct request *rq = request;

	return rq->client_fd >= 0 && fd_wait(rq->client_fd, 0, 0) > 0;
}

int request_json(const struct request *rq, json_t **ret, struct err *err)
{
	json_t *obj;
	int r;

	/* Parsed values take many times the memory of their text, so their number is bounded. */
	if (json_measure(rq->body.data, rq->body.len).values > HTTP_JSON_MAX_VALUES)
		return err_set(err, -EFBIG, "the request's body has more than %u values",
			       HTTP_JSON_MAX_VALUES);
	if (rq->body.len == 0) {
		obj = json_object();
		if (!obj)
			return err_nomem(err);
	} else {
		r = json_read(rq->body.data, rq->body.len, "the request's body", &obj, err);
		if (r < 0)
			return r;
	}
	if (!json_is_object(obj)) {
		json_decref(obj);
		return err_set(err, -EBADMSG, "the request's body must be a JSON object");
	}
	*ret = obj;
	return 0;
}

int reply_json(struct reply *rp, unsigned status, json_t *value, struct err *err)
{
	cleanup_free char *text = value ? json_write(value) : NULL;

	json_decref(value);
	if (!text)
		return err_nomem(err);
	rp->status = status;
	rp->content_type = TYPE_JSON;
	return buf_addf(&rp->body, "%s\n", text) < 0 ? err_nomem(err) : 0;
}

int reply_text(struct reply *rp, unsigned status, const char *content_type, const char *text,
	       struct err *err)
{
	rp->status = status;
	rp->content_type = content_type;
	return buf_adds(&rp->body, text) < 0 ? err_nomem(err) : 0;
}

int reply_empty(struct reply *rp, unsigned status)
{
	rp->status = status;
	return 0;
}

int reply_stream(struct reply *rp, const char *content_type, const struct stream *stream, void *arg)
{
	rp->status = 200;
	rp->content_type = content_type;
	rp->stream = stream;
	rp->arg = arg;
	return 0;
}

int reply_hijack(const struct request *rq, struct reply *rp, const char *content_type,
		 const struct hijack *hijack, void *arg)
{
	rp->status = rq->wants_upgrade ? 101 : 200;
	rp->content_type = content_type;
	rp->hijack = hijack;
	rp->arg = arg;
	return 0;
}

unsigned http_status(int code)
{
	switch (-code) {
	case EALREADY:
		return 304;
	case EINVAL:
	case EBADMSG:
	case ERANGE:
		return 400;
	case EKEYREJECTED:
		return 401;
	case EACCES:
	case EPERM:
		return 403;
	case ENOENT:
		return 404;
	case EBUSY:
	case EEXIST:
		return 409;
	case EFBIG:
		return 413;
	case ENOSYS:
	case EOPNOTSUPP:
		return 501;
	case EUSERS:
	case ENONET:
		return 503;
	default:
		return 500;
	}
}

int http_error_body(struct buf *b, const struct err *err)
{
	cleanup_json json_t *obj =
		json_pack("{s:o, s:i}", "message", json_utf8(err->msg), "errno", -err->code);
	cleanup_free char *json = obj ? json_write(obj) : NULL;

	return json ? buf_addf(b, "%s\n", json) : -ENOMEM;
}
