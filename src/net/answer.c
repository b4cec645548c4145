/* SPDX-License-Identifier: Apache-2.0 */
#include "net/answer.h"

#include <errno.h>
#include <string.h>

#include "base/fields.h"
#include "base/str.h"
#include "net/parts.h"

static const struct field answer_fields[] = {
	FIELD(net_answer, version, FIELD_INT, .max = INT32_MAX),
	FIELD(net_answer, tap, FIELD_NAME, .max = NET_TAP_MAX),
	FIELD(net_answer, packets, FIELD_U64),
	FIELD(net_answer, names, FIELD_U64),
};

static const struct field event_fields[] = {
	FIELD(net_event, network, FIELD_NAME, .max = NET_ID_LEN),
	FIELD(net_event, name, FIELD_LINE, .max = NET_EVENT_TEXT_MAX),
	FIELD(net_event, protocol, FIELD_INT, .max = 255),
	FIELD(net_event, port, FIELD_U16, .max = UINT16_MAX),
	FIELD(net_event, text, FIELD_LINE, .max = NET_EVENT_TEXT_MAX),
};

static const char *const event_names[] = {
	[NET_EVENT_REFUSED] = "refused",
	[NET_EVENT_HOST] = "host",
	[NET_EVENT_FAILED] = "failed",
};

char *net_answer_write(const struct net_answer *a)
{
	cleanup_json json_t *obj = json_pack("{s:b}", "ok", 1);

	if (!obj || fields_put(obj, answer_fields, ARRAY_SIZE(answer_fields), a) < 0 ||
	    parts_put_ips(obj, "hosts", a->hosts, a->n_hosts) < 0)
		return NULL;
	return json_write(obj);
}

char *net_refusal_write(const struct err *err)
{
	cleanup_json json_t *obj = json_pack("{s:b, s:i, s:o}", "ok", 0, "errno", -err->code,
					     "error", json_utf8(err->msg));

	return obj ? json_write(obj) : NULL;
}

static int read_refusal(const json_t *obj, struct err *err)
{
	const char *message = NULL;
	int64_t code = EIO;
	int r = json_get_i64(obj, "errno", &code, err);

	if (r == 0)
		r = json_get_str(obj, "error", &message, err);
	if (r < 0)
		return r;
	return err_set(err, code > 0 && code < 4096 ? -(int)code : -EIO, "%s",
		       message ? message : "moat-net gave no reason");
}

int net_answer_read(const char *text, size_t len, struct net_answer *ret, json_t **json,
		    struct err *err)
{
	cleanup_json json_t *obj = NULL;
	struct net_answer a = { 0 };
	bool ok = false;
	int r = json_read(text, len, "moat-net's answer", &obj, err);

	if (r == 0)
		r = json_get_bool(obj, "ok", &ok, err);
	if (r == 0 && !ok)
		r = read_refusal(obj, err);
	if (r == 0)
		r = fields_get(obj, answer_fields, ARRAY_SIZE(answer_fields), &a, err);
	if (r == 0)
		r = parts_get_ips(obj, "hosts", a.hosts, ARRAY_SIZE(a.hosts), &a.n_hosts, err);
	if (r < 0)
		return r;
	if (ret)
		*ret = a;
	if (json)
		*json = take_ptr(obj);
	return 0;
}

char *net_event_write(const struct net_event *e)
{
	cleanup_json json_t *obj = json_pack("{s:s}", "event", event_names[e->type]);

	if (!obj || fields_put(obj, event_fields, ARRAY_SIZE(event_fields), e) < 0 ||
	    parts_put_ips(obj, "from", &e->from, ip_is_none(&e->from) ? 0 : 1) < 0 ||
	    parts_put_ips(obj, "to", &e->to, ip_is_none(&e->to) ? 0 : 1) < 0)
		return NULL;
	return json_write(obj);
}

static int find_event(const json_t *obj, enum net_event_type *ret, struct err *err)
{
	const char *const *at, *name;
	int r = json_get_str(obj, "event", &name, err);

	if (r < 0)
		return r;
	at = STR_FIND(event_names, name);
	if (!at)
		return err_set(err, -EOPNOTSUPP, "the event is not known");
	*ret = (enum net_event_type)(at - event_names);
	return 0;
}

int net_event_read(const char *text, size_t len, struct net_event *ret, struct err *err)
{
	cleanup_json json_t *obj = NULL;
	struct net_event e = { 0 };
	size_t n;
	int r = json_read(text, len, "an event", &obj, err);

	if (r == 0)
		r = find_event(obj, &e.type, err);
	if (r == 0)
		r = fields_get(obj, event_fields, ARRAY_SIZE(event_fields), &e, err);
	if (r == 0)
		r = parts_get_ips(obj, "from", &e.from, 1, &n, err);
	if (r == 0)
		r = parts_get_ips(obj, "to", &e.to, 1, &n, err);
	if (r == 0)
		*ret = e;
	return r;
}
