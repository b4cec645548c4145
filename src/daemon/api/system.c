/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "base/json-object.h"
#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/container/view.h"
#include "daemon/machine/machines.h"

int api_ping(struct request *rq, struct reply *rp, struct err *err)
{
	(void)rq;
	rp->ping_headers = true;
	return reply_text(rp, 200, "text/plain; charset=utf-8", "OK", err);
}

int api_version(struct request *rq, struct reply *rp, struct err *err)
{
	struct platform host = platform_host();
	cleanup_free char *max = str_printf("1.%u", API_MINOR_MAX);
	cleanup_free char *min = str_printf("1.%u", API_MINOR_MIN);
	struct utsname uts;

	(void)rq;
	if (!max || !min || uname(&uts) < 0)
		return err_nomem(err);
	return reply_json(
		rp, 200,
		JSON_OBJECT(
			member_json("Platform", JSON_OBJECT(member_text("Name", "moat"))),
			member_json("Components",
				    json_pack("[{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s}}]", "Name",
					      "Engine", "Version", MOAT_VERSION, "Details",
					      "ApiVersion", max, "Arch", host.arch, "KernelVersion",
					      uts.release, "MinAPIVersion", min, "Os", "linux")),
			member_text("Version", MOAT_VERSION), member_text("ApiVersion", max),
			member_text("MinAPIVersion", min), member_text("GitCommit", ""),
			member_text("GoVersion", ""), member_text("Os", "linux"),
			member_text("Arch", host.arch), member_text("KernelVersion", uts.release)),
		err);
}

struct counts {
	int all, running, paused, stopped;
};

static int count_containers(struct api *api, struct counts *ret, struct err *err)
{
	struct container_view *all;
	size_t n;

	if (container_views(api->containers, &all, &n) < 0)
		return err_nomem(err);
	*ret = (struct counts){ .all = (int)n };
	for (size_t i = 0; i < n; i++) {
		ret->running += view_is_shown(&all[i], STATE(RUNNING));
		ret->paused += view_is_shown(&all[i], STATE(PAUSED));
		ret->stopped += !view_is_shown(&all[i], STATES_RUNNING);
	}
	container_views_free(all, n);
	return 0;
}

static int count_images(struct api *api, int *ret, struct err *err)
{
	struct image **list;
	size_t n;
	int r = store_list(api->store, &list, &n, err);

	if (r < 0)
		return r;
	image_list_free(list, n);
	*ret = (int)n;
	return 0;
}

/* Describes what never changes. */
static json_t *describe_abilities(void)
{
	return JSON_OBJECT(
		member_text("CgroupDriver", "none"), member_text("CgroupVersion", "2"),
		member_bool("MemoryLimit", true), member_bool("SwapLimit", false),
		member_bool("CpuCfsPeriod", true), member_bool("CpuCfsQuota", true),
		member_bool("CPUShares", true), member_bool("CPUSet", true),
		member_bool("PidsLimit", true), member_bool("OomKillDisable", false),
		member_bool("IPv4Forwarding", true), member_bool("BridgeNfIptables", false),
		member_bool("BridgeNfIp6tables", false), member_text("DefaultRuntime", "moat"),
		member_text("InitBinary", "moat-init"), member_text("Isolation", ""),
		member_bool("LiveRestoreEnabled", true), member_bool("ExperimentalBuild", false),
		member_json("Runtimes",
			    JSON_OBJECT(member_json(
				    "moat", JSON_OBJECT(member_text("path", "moat-shim"))))),
		member_json(
			"Plugins",
			JSON_OBJECT(member_json("Volume", json_pack("[s]", "local")),
				    member_json("Network", json_pack("[s, s]", "bridge", "null")),
				    member_null("Authorization"),
				    member_json("Log", json_pack("[s, s]", "json-file", "local")))),
		member_json("SecurityOptions", json_array()), member_json("Labels", json_array()),
		member_null("GenericResources"), member_json("CDISpecDirs", json_array()));
}

/* Answers as docker does about parts that moat does not have. */
static json_t *describe_absent(void)
{
	static const char *const commits[] = { "ContainerdCommit", "RuncCommit", "InitCommit" };
	json_t *out = JSON_OBJECT(member_json(
		"Swarm", JSON_OBJECT(member_text("NodeID", ""), member_text("NodeAddr", ""),
				     member_text("LocalNodeState", "inactive"),
				     member_bool("ControlAvailable", false),
				     member_text("Error", ""), member_null("RemoteManagers"))));

	for (size_t i = 0; out && i < ARRAY_SIZE(commits); i++)
		if (json_object_set_new(out, commits[i], json_pack("{s:s}", "ID", "")) < 0)
			json_decref(take_ptr(out));
	return out;
}

/* How many entries a folder of /proc/self has. */
static json_int_t count_own(const char *folder)
{
	cleanup_dir DIR *dir = opendir(folder);
	const struct dirent *entry;
	json_int_t n = 0;

	while (dir && (entry = readdir(dir)))
		n += *entry->d_name != '.';
	return n;
}

/* Adds figures of moatd itself, and its settings. */
static int add_settings(struct api *api, json_t *info, struct err *err)
{
	cleanup_settings struct settings *settings = NULL;
	cleanup_json json_t *proxies = NULL, *part = NULL;
	/* Errors in the file are told by pulls. */
	int r = settings_file_get(api->settings, &settings, NULL);

	if (r < 0)
		settings = settings_default();
	if (!settings)
		return err_nomem(err);
	proxies = api_proxies(settings);
	part = JSON_OBJECT(member_bool("Debug", false), member_text("OSVersion", MOAT_VERSION),
			   member_int("NFd", count_own("/proc/self/fd")),
			   member_int("NGoroutines", count_own("/proc/self/task")),
			   member_text("IndexServerAddress", "https://index.docker.io/v1/"),
			   member_json("RegistryConfig", api_registry_config(settings)));
	if (!proxies || !part || json_object_update(info, proxies) < 0 ||
	    json_object_update(info, part) < 0)
		return err_nomem(err);
	return 0;
}

static int add_constants(json_t *info)
{
	json_t *(*const parts[])(void) = { describe_abilities, describe_absent };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		cleanup_json json_t *part = parts[i]();

		if (!part || json_object_update(info, part) < 0)
			return -ENOMEM;
	}
	return 0;
}

static json_t *list_warnings(struct api *api)
{
	cleanup_free char *warning = networks_warning(api->networks, false);

	return warning ? json_pack("[s+]", "WARNING: ", warning) : json_array();
}

int api_info(struct request *rq, struct reply *rp, struct err *err)
{
	struct api *api = rq->api;
	struct counts n = { 0 };
	char now[CLOCK_TEXT_MAX];
	cleanup_json json_t *info = NULL;
	struct sysinfo si;
	struct utsname uts;
	int images, r = count_images(api, &images, err);

	if (r == 0)
		r = count_containers(api, &n, err);
	if (r < 0)
		return r;
	if (sysinfo(&si) < 0 || uname(&uts) < 0)
		return err_errno(err, -errno, "this host");
	clock_format(clock_now_nsec(), now);
	info = JSON_OBJECT(
		member_text("ID", "moat"), member_int("Containers", n.all),
		member_int("ContainersRunning", n.running),
		member_int("ContainersPaused", n.paused),
		member_int("ContainersStopped", n.stopped), member_int("Images", images),
		member_text("Driver", "erofs"), member_json("DriverStatus", json_array()),
		member_text("Name", uts.nodename), member_text("KernelVersion", uts.release),
		member_text("OperatingSystem", "moat"), member_text("OSType", "linux"),
		member_text("Architecture", uts.machine),
		member_int("NCPU", api->machines->host_cpus),
		member_int("MemTotal", (json_int_t)si.totalram * si.mem_unit),
		member_text("DockerRootDir", api->root), member_text("ServerVersion", MOAT_VERSION),
		member_text("SystemTime", now), member_text("LoggingDriver", "json-file"),
		member_json("Warnings", list_warnings(api)));
	if (!info || add_constants(info) < 0)
		return err_nomem(err);
	r = add_settings(api, info, err);
	return r < 0 ? r : reply_json(rp, 200, take_ptr(info), err);
}
