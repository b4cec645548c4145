/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "base/clock.h"
#include "base/json-object.h"
#include "base/numbered.h"
#include "base/str.h"
#include "control/names.h"
#include "daemon/api/api.h"
#include "daemon/api/ports.h"
#include "daemon/container/exec.h"
#include "daemon/container/networking.h"
#include "daemon/container/table.h"
#include "daemon/container/view.h"
#include "daemon/log/files.h"
#include "daemon/spec/host-defaults.h"

#define NEVER "0001-01-01T00:00:00Z"

static void format_time(int64_t nsec, char ret[CLOCK_TEXT_MAX])
{
	if (nsec > 0)
		clock_format(nsec, ret);
	else
		strcpy(ret, NEVER);
}

static json_t *describe_state(const struct container_view *v)
{
	char started[CLOCK_TEXT_MAX], finished[CLOCK_TEXT_MAX];

	format_time(v->rec.started_nsec, started);
	format_time(v->rec.finished_nsec, finished);
	return JSON_OBJECT(
		member_text("Status", view_status(v)),
		member_bool("Running", view_is_shown(v, STATES_RUNNING | STATE(WAITING))),
		member_bool("Paused", view_is_shown(v, STATE(PAUSED))),
		member_bool("Restarting", view_is_shown(v, STATE(WAITING))),
		member_bool("OOMKilled", v->rec.oom), member_bool("Dead", false),
		member_int("Pid", v->rec.pid), member_int("ExitCode", v->rec.exit_code),
		member_text("Error", v->rec.error), member_text("StartedAt", started),
		member_text("FinishedAt", finished),
		member_optional("Health", health_describe(&v->health)),
		member_bool("DiskFull", v->disk_full),
		member_optional("DiskErrors", disk_errors_describe(&v->disk_errors)));
}

static json_t *exec_ids(const struct container *c)
{
	json_t *list = container_exec_ids(c);

	return list ? list : json_null();
}

/* A value of the default network's endpoint, which docker repeats at the top. */
static json_t *of_default(const json_t *endpoint, const char *key, const char *otherwise)
{
	json_t *value = json_object_get(endpoint, key);

	return value ? json_incref(value) : otherwise ? json_string(otherwise) : json_integer(0);
}

static json_t *network_settings(const struct request *rq, const struct container_view *v)
{
	json_t *networks = api_container_networks(rq, v->c);
	const json_t *endpoint = json_object_get(networks, api_default_network(rq));

	return JSON_OBJECT(
		member_text("Bridge", ""), member_text("SandboxID", ""),
		member_text("SandboxKey", ""), member_json("Ports", api_ports_map(v)),
		member_bool("HairpinMode", false), member_text("LinkLocalIPv6Address", ""),
		member_int("LinkLocalIPv6PrefixLen", 0), member_null("SecondaryIPAddresses"),
		member_null("SecondaryIPv6Addresses"),
		member_json("EndpointID", of_default(endpoint, "EndpointID", "")),
		member_json("Gateway", of_default(endpoint, "Gateway", "")),
		member_json("GlobalIPv6Address", of_default(endpoint, "GlobalIPv6Address", "")),
		member_json("GlobalIPv6PrefixLen",
			    of_default(endpoint, "GlobalIPv6PrefixLen", NULL)),
		member_json("IPAddress", of_default(endpoint, "IPAddress", "")),
		member_json("IPPrefixLen", of_default(endpoint, "IPPrefixLen", NULL)),
		member_json("IPv6Gateway", of_default(endpoint, "IPv6Gateway", "")),
		member_json("MacAddress", of_default(endpoint, "MacAddress", "")),
		member_json("Networks", networks));
}

/* Return: the path of the newest log file, as they are numbered. */
static json_t *log_path(struct api *api, const struct container *c)
{
	cleanup_close int dir_fd = openat(api->containers->dir_fd, c->rec.id,
					  O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	uint64_t first, last;
	char name[NUMBERED_MAX];

	if (dir_fd < 0 || numbered_range(dir_fd, CONTAINER_LOG_FILE, &first, &last) < 0)
		return json_string("");
	numbered_name(CONTAINER_LOG_FILE, last, name);
	return json_sprintf("%s/containers/%s/%s", api->root, c->rec.id, name);
}

static json_t *describe_container(const struct request *rq, const struct container_view *v)
{
	const struct container *c = v->c;
	cleanup_json json_t *args = json_from_strv(c->args ? c->args + 1 : NULL);
	char created[CLOCK_TEXT_MAX];

	format_time(v->rec.created_nsec, created);
	return JSON_OBJECT(
		member_text("Id", c->rec.id), member_text("Created", created),
		member_text("Path", c->args ? c->args[0] : ""),
		member_json("Args", json_incref(args)), member_json("State", describe_state(v)),
		member_text("Image", v->rec.config.text), member_text("ResolvConfPath", ""),
		member_text("HostnamePath", ""), member_text("HostsPath", ""),
		member_json("Name", json_sprintf("/%s", v->rec.name)),
		member_int("RestartCount", v->rec.restart_count), member_text("Driver", "erofs"),
		member_text("Platform", "linux"), member_text("MountLabel", ""),
		member_text("ProcessLabel", ""), member_text("AppArmorProfile", ""),
		member_json("GraphDriver",
			    JSON_OBJECT(member_text("Name", "erofs"), member_null("Data"))),
		member_json("NetworkSettings", network_settings(rq, v)),
		member_json("Moat", trace_describe(&v->trace)));
}

static int add_text(json_t *obj, const char *key, const char *text, struct err *err)
{
	json_t *value;
	int r = json_read(text, strlen(text), key, &value, err);

	if (r < 0)
		return r;
	return json_object_set_new(obj, key, value) < 0 ? err_nomem(err) : 0;
}

static int fill_host_config(const struct request *rq, json_t *host)
{
	int r = host_config_fill(host);

	return r == 0 ? json_object_set_new(host, "NetworkMode",
					    json_string(api_network_mode(rq, network_mode(host))))
		      : r;
}

int api_container_inspect(struct request *rq, struct reply *rp, struct err *err)
{
	struct api *api = rq->api;
	cleanup(texts_reset) struct texts texts = { 0 };
	cleanup(container_view_reset) struct container_view v = { 0 };
	cleanup_json json_t *obj = NULL;
	cleanup_container struct container *c = NULL;
	int r = containers_find(api->containers, rq->target, &c, err);

	if (r == 0)
		r = state_texts(api->state, c->rec.id, &texts, err);
	if (r == 0)
		r = container_view(c, &v) < 0 ? err_nomem(err) : 0;
	if (r == 0) {
		obj = describe_container(rq, &v);
		r = obj ? add_text(obj, "Config", texts.config, err) : err_nomem(err);
	}
	if (r == 0 && (json_object_set_new(obj, "ExecIDs", exec_ids(c)) < 0 ||
		       json_object_set_new(obj, "LogPath", log_path(api, c)) < 0 ||
		       json_object_set_new(obj, "Mounts", api_mounts_describe(api, c)) < 0))
		r = err_nomem(err);
	if (r == 0 && request_flag(rq, "size", false))
		api_container_add_sizes(api, c, obj);
	if (r == 0)
		r = add_text(obj, "HostConfig", texts.host_config, err);
	if (r == 0 && fill_host_config(rq, json_object_get(obj, "HostConfig")) < 0)
		r = err_nomem(err);
	return r < 0 ? r : reply_json(rp, 200, take_ptr(obj), err);
}
