/* SPDX-License-Identifier: Apache-2.0 */
/* Removing what nobody uses. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/str.h"
#include "control/names.h"
#include "daemon/api/api.h"
#include "daemon/container/remove.h"
#include "daemon/container/table.h"
#include "daemon/container/view.h"
#include "daemon/http/filter.h"

/* Bytes on the disk, which for a sparse file are fewer than its size. */
static int64_t disk_bytes(int dir_fd, const char *name)
{
	struct stat sb;

	return fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 ? sb.st_blocks * 512 : 0;
}

static int add_bytes(int dir_fd, const char *name, void *arg)
{
	int64_t *sum = arg;

	*sum += disk_bytes(dir_fd, name);
	return 0;
}

/* Bytes of everything in a container's folder. */
static int64_t container_bytes(struct api *api, const struct container *c)
{
	cleanup_close int dir_fd = openat(api->containers->dir_fd, c->rec.id,
					  O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int64_t sum = 0;

	if (dir_fd >= 0)
		(void)path_each(dir_fd, add_bytes, &sum);
	return sum;
}

int64_t api_container_layer_bytes(struct api *api, const struct container *c)
{
	cleanup_free char *name = str_printf("%s/" LAYER_FILE, c->rec.id);

	return name ? disk_bytes(api->containers->dir_fd, name) : 0;
}

static bool container_is_idle(const struct container *c)
{
	return container_is_now(c, STATE(CREATED) | STATE(EXITED) | STATES_GONE);
}

void api_publish_pruned(struct api *api, const char *type, int64_t freed)
{
	hub_publish(api->hub, type, "prune", "",
		    json_pack("{s:o}", "reclaimed", json_sprintf("%lld", (long long)freed)));
}

int api_container_prune(struct request *rq, struct reply *rp, struct err *err)
{
	static const char *const allowed[] = { "label", "label!", "until", NULL };
	struct api *api = rq->api;
	cleanup(filters_reset) struct filters f = FILTERS_INIT;
	cleanup_json json_t *removed = json_array();
	struct container **list;
	int64_t until, freed = 0;
	size_t n;
	int r = filters_parse(request_arg(rq, "filters"), allowed, &f, err);

	if (r == 0)
		r = filters_until(&f, &until, err);
	if (r == 0)
		r = removed && containers_list(api->containers, &list, &n) == 0 ? 0
										: err_nomem(err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		struct container *c = list[i];
		int64_t bytes;

		if (c->rec.created_nsec >= until || !container_is_idle(c) ||
		    !filters_labels(&f, c->labels))
			continue;
		bytes = container_bytes(api, c);
		if (container_remove(c, false, false, NULL) < 0)
			continue;
		freed += bytes;
		json_array_append_new(removed, json_string(c->rec.id));
	}
	containers_list_free(list, n);
	api_publish_pruned(api, "container", freed);
	return reply_json(rp, 200,
			  json_pack("{s:O, s:I}", "ContainersDeleted", removed, "SpaceReclaimed",
				    (json_int_t)freed),
			  err);
}

/* Counts containers that do not run as if they did: an image that one is made of keeps its names.
 */
static struct image_users count_all_users(const struct digest *manifest, void *arg)
{
	struct api *api = arg;
	struct image_users n = containers_use(api->containers, manifest);

	n.running = n.all;
	return n;
}

/* Removes an image with all its names, unless a container uses it. */
static void prune_image(struct api *api, const struct image *im, json_t *deleted)
{
	cleanup(removal_reset) struct removal gone = { 0 };

	if (store_remove(api->store, im->config.text, true, count_all_users, api, &gone, NULL) < 0)
		return;
	for (char **name = gone.untagged; name && *name; name++)
		json_array_append_new(deleted, json_pack("{s:s}", "Untagged", *name));
	for (char **name = gone.deleted; name && *name; name++)
		json_array_append_new(deleted, json_pack("{s:s}", "Deleted", *name));
	hub_publish(api->hub, "image", "delete", im->config.text,
		    json_pack("{s:s}", "name", im->config.text));
}

static int64_t store_bytes(struct api *api)
{
	cleanup(usage_reset) struct usage u = { 0 };

	return store_usage(api->store, &u, NULL) < 0 ? 0 : (int64_t)u.total_bytes;
}

int api_image_prune(struct request *rq, struct reply *rp, struct err *err)
{
	static const char *const allowed[] = { "label", "label!", "until", "dangling", NULL };
	struct api *api = rq->api;
	cleanup(filters_reset) struct filters f = FILTERS_INIT;
	cleanup_json json_t *deleted = json_array();
	struct image **list;
	int64_t until, freed;
	bool tagged = false;
	size_t n;
	int r = filters_parse(request_arg(rq, "filters"), allowed, &f, err);

	if (r == 0)
		r = filters_until(&f, &until, err);
	if (r == 0 && filters_count(&f, "dangling") > 0)
		tagged = !filters_true(filters_value(&f, "dangling", 0));
	if (r == 0)
		r = deleted ? store_list(api->store, &list, &n, err) : err_nomem(err);
	if (r < 0)
		return r;
	freed = store_bytes(api);
	for (size_t i = 0; i < n; i++)
		if ((tagged || strv_len(list[i]->tags) == 0) &&
		    api_image_created_nsec(list[i]) < until &&
		    filters_labels(&f, list[i]->oci->labels))
			prune_image(api, list[i], deleted);
	image_list_free(list, n);
	store_tidy(api->store);
	freed -= store_bytes(api);
	if (freed < 0)
		freed = 0;
	api_publish_pruned(api, "image", freed);
	return reply_json(rp, 200,
			  json_pack("{s:O, s:I}", "ImagesDeleted", deleted, "SpaceReclaimed",
				    (json_int_t)freed),
			  err);
}

/* moat has no objects of these kinds. */
int api_nothing_to_prune(struct request *rq, struct reply *rp, struct err *err)
{
	(void)rq;
	return reply_json(rp, 200, json_pack("{s:[], s:i}", "CachesDeleted", "SpaceReclaimed", 0),
			  err);
}
