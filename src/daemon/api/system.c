/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/container/view.h"
#include "daemon/machine/machines.h"

int api_ping(struct request *rq, struct reply *rp, struct err *err)
{
	(void)rq;
	(void)err;
	rp->ping_headers = true;
	return reply_text(rp, 200, "text/plain; charset=utf-8", "OK");
}

int api_version(struct request *rq, struct reply *rp, struct err *err)
{
	struct platform host = platform_host();
	cleanup_free char *max = str_printf("1.%u", API_MINOR_MAX);
	cleanup_free char *min = str_printf("1.%u", API_MINOR_MIN);
	struct utsname uts;

	(void)rq;
	(void)err;
	if (!max || !min || uname(&uts) < 0)
		return -ENOMEM;
	return reply_json(
		rp, 200,
		json_pack("{s:{s:s}, s:[{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s}}], s:s, s:s, s:s,"
			  " s:s, s:s, s:s, s:s, s:s}",
			  "Platform", "Name", "moat", "Components", "Name", "Engine", "Version",
			  MOAT_VERSION, "Details", "ApiVersion", max, "Arch", host.arch,
			  "KernelVersion", uts.release, "MinAPIVersion", min, "Os", "linux",
			  "Version", MOAT_VERSION, "ApiVersion", max, "MinAPIVersion", min,
			  "GitCommit", "", "GoVersion", "", "Os", "linux", "Arch", host.arch,
			  "KernelVersion", uts.release));
}

struct counts {
	int all, running, paused, stopped;
};

static int count_containers(struct api *api, struct counts *ret)
{
	struct container_view *all;
	size_t n;
	int r = container_views(api->containers, &all, &n);

	if (r < 0)
		return r;
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

int api_info(struct request *rq, struct reply *rp, struct err *err)
{
	struct api *api = rq->api;
	struct counts n = { 0 };
	char now[CLOCK_TEXT_MAX];
	cleanup_json json_t *info = NULL, *more = NULL;
	struct sysinfo si;
	struct utsname uts;
	int images, r = count_images(api, &images, err);

	if (r == 0)
		r = count_containers(api, &n);
	if (r < 0)
		return r;
	if (sysinfo(&si) < 0 || uname(&uts) < 0)
		return -errno;
	clock_format(clock_now_nsec(), now);
	info = json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:s, s:[], s:s, s:s, s:s, s:s, s:s, s:i,"
			 " s:I, s:s, s:s, s:s, s:s}",
			 "ID", "moat", "Containers", n.all, "ContainersRunning", n.running,
			 "ContainersPaused", n.paused, "ContainersStopped", n.stopped, "Images",
			 images, "Driver", "erofs", "DriverStatus", "Name", uts.nodename,
			 "KernelVersion", uts.release, "OperatingSystem", "moat", "OSType", "linux",
			 "Architecture", uts.machine, "NCPU", (int)api->machines->host_cpus,
			 "MemTotal", (json_int_t)si.totalram * si.mem_unit, "DockerRootDir",
			 api->root, "ServerVersion", MOAT_VERSION, "SystemTime", now,
			 "LoggingDriver", "json-file");
	more = json_pack("{s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:s, s:{s:{s:s}}, s:{s:s},"
			 " s:{s:n, s:[s], s:n, s:[]}, s:[], s:[], s:s, s:{s:{}, s:[]}}",
			 "CgroupDriver", "none", "CgroupVersion", "2", "MemoryLimit", 1,
			 "SwapLimit", 0, "CpuCfsPeriod", 1, "CpuCfsQuota", 1, "PidsLimit", 1,
			 "DefaultRuntime", "moat", "Runtimes", "moat", "path", "moat-shim", "Swarm",
			 "LocalNodeState", "inactive", "Plugins", "Volume", "Network", "bridge",
			 "Authorization", "Log", "SecurityOptions", "Warnings",
			 "IndexServerAddress", "https://index.docker.io/v1/", "RegistryConfig",
			 "IndexConfigs", "Mirrors");
	if (!info || !more || json_object_update(info, more) < 0)
		return -ENOMEM;
	return reply_json(rp, 200, take_ptr(info));
}
