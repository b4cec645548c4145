/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/http/filter.h"
#include "daemon/network/network.h"

/* One client of GET /events. */
struct listener {
	struct hub_sub *sub;
	struct filters filters;
	int client_fd;
	const char *default_network; /* its name for the client; static */
	bool bounded;
	int64_t until_nsec;
	struct buf pending; /* text of an event that did not fit at once */
};

static void listener_free(void *arg)
{
	struct listener *l = arg;

	hub_unsubscribe(l->sub);
	filters_reset(&l->filters);
	buf_reset(&l->pending);
	free(l);
}

static const char *member_of(const json_t *obj, const char *key)
{
	const char *s = json_string_value(json_object_get(obj, key));

	return s ? s : "";
}

static bool names_actor(const char *value, const void *arg)
{
	const json_t *actor = arg;

	return str_starts(member_of(actor, "ID"), value) ||
	       streq(member_of(json_object_get(actor, "Attributes"), "name"), value);
}

/* Is the network meant by this name?  The default network has two. */
static bool names_network(const char *value, const void *arg)
{
	return names_actor(streq(value, NETWORK_BRIDGE) ? NETWORK_DEFAULT : value, arg);
}

/* Is the action meant?  "exec_create" stands for "exec_create: COMMAND", too. */
static bool action_fits(const char *value, const void *arg)
{
	const char *rest = str_starts(arg, value);

	return rest && (*rest == '\0' || *rest == ':');
}

/* Is the image meant, with or without its tag? */
static bool image_name_fits(const char *value, const void *arg)
{
	const char *rest = str_starts(arg, value);

	return rest && (*rest == '\0' || (*rest == ':' && !strchr(rest, '/')));
}

/* Does the actor fit a filter named after a kind of actor?  Actors of other kinds do not. */
static bool kind_fits(const struct listener *l, const char *kind, const char *type,
		      const json_t *actor)
{
	bool (*fits)(const char *value, const void *arg) =
		streq(kind, "network") ? names_network : names_actor;

	return filters_count(&l->filters, kind) == 0 ||
	       (streq(type, kind) && filters_any(&l->filters, kind, fits, actor));
}

static bool event_is_wanted(const struct listener *l, const json_t *event)
{
	const json_t *actor = json_object_get(event, "Actor");
	const json_t *attributes = json_object_get(actor, "Attributes");
	const char *type = member_of(event, "Type");
	bool container = streq(type, "container");

	return filters_exact(&l->filters, "type", type) &&
	       filters_exact(&l->filters, "scope", member_of(event, "scope")) &&
	       filters_any(&l->filters, "event", action_fits, member_of(event, "Action")) &&
	       filters_labels(&l->filters, attributes) && kind_fits(l, "container", type, actor) &&
	       kind_fits(l, "network", type, actor) && kind_fits(l, "volume", type, actor) &&
	       (filters_any(&l->filters, "image", image_name_fits,
			    member_of(attributes, container ? "image" : "name")) ||
		(!container &&
		 filters_any(&l->filters, "image", image_name_fits, member_of(actor, "ID"))));
}

static void name_network(const struct listener *l, const json_t *event)
{
	json_t *attributes = json_object_get(json_object_get(event, "Actor"), "Attributes");

	if (streq(member_of(event, "Type"), "network") &&
	    streq(member_of(attributes, "name"), NETWORK_DEFAULT))
		(void)json_object_set_new(attributes, "name", json_string(l->default_network));
}

/* Return: 1 when @l->pending has something; 0 when there is no event yet; -ENODATA past the end. */
static int next_event(struct listener *l)
{
	for (;;) {
		int64_t nsec = 0;
		cleanup_json json_t *event = hub_next(l->sub, &nsec);
		cleanup_free char *text = NULL;

		if (!event)
			return 0;
		if (l->bounded && nsec > l->until_nsec)
			return -ENODATA;
		if (!event_is_wanted(l, event))
			continue;
		name_network(l, event);
		text = json_write(event);
		if (!text || buf_adds(&l->pending, text) < 0 || buf_adds(&l->pending, "\n") < 0)
			return -ENOMEM;
		return 1;
	}
}

/* Return: as hub_wait(); -ENODATA when the end has passed. */
static int await_event(struct listener *l)
{
	int64_t left_msec;
	int r;

	if (!l->bounded)
		return hub_wait(l->sub, l->client_fd, -1);
	left_msec = (l->until_nsec - clock_now_nsec()) / 1000000;
	if (left_msec <= 0)
		return -ENODATA;
	r = hub_wait(l->sub, l->client_fd, left_msec > 60000 ? 60000 : (int)left_msec + 1);
	return r;
}

static ssize_t listener_read(void *arg, char *data, size_t max)
{
	struct listener *l = arg;
	int r = 0;

	while (l->pending.len == 0) {
		r = next_event(l);
		if (r == 0)
			r = await_event(l);
		if (r < 0)
			return r == -ENODATA ? 0 : r;
	}
	return (ssize_t)buf_move(&l->pending, data, max);
}

static int read_times(const struct request *rq, struct listener *l, struct err *err)
{
	const char *since = request_arg(rq, "since"), *until = request_arg(rq, "until");
	int64_t since_nsec;

	if (until && *until) {
		if (clock_parse(until, &l->until_nsec) < 0)
			return err_set(err, -EINVAL, "invalid value for \"until\": %s", until);
		l->bounded = true;
	}
	if (!since || !*since)
		return 0;
	if (clock_parse(since, &since_nsec) < 0)
		return err_set(err, -EINVAL, "invalid value for \"since\": %s", since);
	hub_rewind(l->sub, since_nsec);
	return 0;
}

int api_events(struct request *rq, struct reply *rp, struct err *err)
{
	static const char *const allowed[] = { "container", "event",  "image",	 "label",  "type",
					       "scope",	    "daemon", "network", "volume", NULL };
	static const struct stream stream = { listener_read, listener_free };
	struct listener *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return err_nomem(err);
	l->client_fd = rq->client_fd;
	l->default_network = api_default_network(rq);
	r = hub_subscribe(rq->api->hub, &l->sub) < 0 ? err_nomem(err) : 0;
	if (r == 0)
		r = filters_parse(request_arg(rq, "filters"), allowed, &l->filters, err);
	if (r == 0)
		r = read_times(rq, l, err);
	if (r < 0) {
		listener_free(l);
		return r;
	}
	return reply_stream(rp, TYPE_JSON, &stream, l);
}
