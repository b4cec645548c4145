/* SPDX-License-Identifier: Apache-2.0 */
/* What takes up space, and removing what nobody uses. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/filter.h"
#include "daemon/lifecycle.h"
#include "daemon/spares.h"

/* Space on the disk, which of a sparse file is less than its size. */
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

/* Everything in the folder of a container. */
static int64_t container_bytes(struct daemon *d, const struct container *c)
{
	cleanup_close int dir_fd = openat(d->containers_fd, c->rec.id,
					  O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int64_t sum = 0;

	if (dir_fd >= 0)
		(void)path_each(dir_fd, add_bytes, &sum);
	return sum;
}

int64_t api_container_layer_bytes(struct daemon *d, const struct container *c)
{
	cleanup_free char *name = str_printf("%s/rw.ext4", c->rec.id);

	return name ? disk_bytes(d->containers_fd, name) : 0;
}

/* "until": what was made before; a time, or a duration before now. */
static int read_until(const struct filters *f, int64_t *ret, struct err *err)
{
	const char *text;
	char *unit;
	double value;

	*ret = INT64_MAX;
	if (filters_count(f, "until") == 0)
		return 0;
	if (filters_count(f, "until") > 1)
		return err_set(err, -EINVAL, "more than one until filter specified");
	text = filters_value(f, "until", 0);
	if (clock_parse(text, ret) == 0)
		return 0;
	*ret = clock_now_nsec();
	while (*text) {
		value = strtod(text, &unit);
		if (unit == text || value < 0 || value > 1e9 || !*unit || !strchr("hms", *unit))
			return err_set(err, -EINVAL, "invalid until filter: %s",
				       filters_value(f, "until", 0));
		*ret -= (int64_t)(value * (*unit == 'h' ? 3600e9 : *unit == 'm' ? 60e9 : 1e9));
		text = unit + 1;
	}
	return 0;
}

static bool is_idle(struct daemon *d, const struct container *c)
{
	bool idle;

	pthread_mutex_lock(&d->containers.lock);
	idle = c->rec.state != CONTAINER_RUNNING && !c->starting && !c->restart.pending;
	pthread_mutex_unlock(&d->containers.lock);
	return idle;
}

int api_container_prune(struct request *rq, struct reply *rp, struct err *err)
{
	static const char *const allowed[] = { "label", "until", NULL };
	struct daemon *d = rq->daemon;
	cleanup(filters_reset) struct filters f = FILTERS_INIT;
	cleanup_json json_t *removed = json_array();
	struct container **list;
	int64_t until, freed = 0;
	size_t n;
	int r = filters_parse(request_arg(rq, "filters"), allowed, &f, err);

	if (r == 0)
		r = read_until(&f, &until, err);
	if (r == 0)
		r = removed ? containers_list(&d->containers, &list, &n) : -ENOMEM;
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		struct container *c = list[i];
		int64_t bytes;

		if (c->rec.created_nsec >= until || !is_idle(d, c) ||
		    !filters_labels(&f, c->labels))
			continue;
		bytes = container_bytes(d, c);
		if (container_remove(d, c, false, NULL) < 0)
			continue;
		freed += bytes;
		json_array_append_new(removed, json_string(c->rec.id));
	}
	containers_list_free(&d->containers, list, n);
	return reply_json(rp, 200,
			  json_pack("{s:O, s:I}", "ContainersDeleted", removed, "SpaceReclaimed",
				    (json_int_t)freed));
}

/* Remove one image with all its names, unless a container uses it. */
static void prune_image(struct daemon *d, const struct image *im, json_t *deleted, int64_t *freed)
{
	cleanup(removal_reset) struct removal gone = { 0 };

	if (store_remove(d->store, im->config.text, true, api_image_in_use, d, &gone, NULL) < 0)
		return;
	*freed += (int64_t)(im->size_bytes + im->blobs_bytes);
	for (char **name = gone.untagged; name && *name; name++)
		json_array_append_new(deleted, json_pack("{s:s}", "Untagged", *name));
	for (char **name = gone.deleted; name && *name; name++)
		json_array_append_new(deleted, json_pack("{s:s}", "Deleted", *name));
	hub_publish(d->hub, "image", "delete", im->config.text,
		    json_pack("{s:s}", "name", im->config.text));
}

static int64_t created_nsec(const struct image *im)
{
	int64_t nsec = 0;

	if (im->oci->created)
		(void)clock_parse(im->oci->created, &nsec);
	return nsec;
}

int api_image_prune(struct request *rq, struct reply *rp, struct err *err)
{
	static const char *const allowed[] = { "label", "until", "dangling", NULL };
	struct daemon *d = rq->daemon;
	cleanup(filters_reset) struct filters f = FILTERS_INIT;
	cleanup_json json_t *deleted = json_array();
	struct image **list;
	int64_t until, freed = 0;
	bool tagged = false;
	size_t n;
	int r = filters_parse(request_arg(rq, "filters"), allowed, &f, err);

	if (r == 0)
		r = read_until(&f, &until, err);
	if (r == 0 && filters_count(&f, "dangling") > 0)
		tagged = streq(filters_value(&f, "dangling", 0), "false") ||
			 streq(filters_value(&f, "dangling", 0), "0");
	if (r == 0)
		r = deleted ? store_list(d->store, &list, &n, err) : -ENOMEM;
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if ((tagged || strv_len(list[i]->tags) == 0) && created_nsec(list[i]) < until &&
		    filters_labels(&f, list[i]->oci->labels))
			prune_image(d, list[i], deleted, &freed);
	image_list_free(list, n);
	return reply_json(rp, 200,
			  json_pack("{s:O, s:I}", "ImagesDeleted", deleted, "SpaceReclaimed",
				    (json_int_t)freed));
}

/* There is nothing of these that could be left over. */
int api_nothing_to_prune(struct request *rq, struct reply *rp, struct err *err)
{
	const char *key = str_starts(rq->path, "/networks")  ? "NetworksDeleted"
			  : str_starts(rq->path, "/volumes") ? "VolumesDeleted"
							     : "CachesDeleted";

	(void)err;
	return reply_json(rp, 200, json_pack("{s:[], s:i}", key, "SpaceReclaimed", 0));
}

static int list_images(struct daemon *d, json_t *out, int64_t *ret_bytes, struct err *err)
{
	struct image **list;
	size_t n;
	int r = store_list(d->store, &list, &n, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n && r == 0; i++) {
		json_t *item = api_image_describe(list[i]);
		int users = 0;

		pthread_mutex_lock(&d->containers.lock);
		for (const struct container *c = d->containers.first; c; c = c->next)
			users += streq(c->rec.manifest.text, list[i]->manifest.text);
		pthread_mutex_unlock(&d->containers.lock);
		if (!item || json_object_set_new(item, "Containers", json_integer(users)) < 0 ||
		    json_object_set_new(item, "SharedSize", json_integer(0)) < 0 ||
		    json_array_append_new(out, item) < 0)
			r = -ENOMEM;
		*ret_bytes += (int64_t)(list[i]->size_bytes + list[i]->blobs_bytes);
	}
	image_list_free(list, n);
	return r;
}

int api_system_df(struct request *rq, struct reply *rp, struct err *err)
{
	struct daemon *d = rq->daemon;
	cleanup_json json_t *images = json_array(), *containers = NULL;
	cleanup_json json_t *spares = spares_describe(d->spares);
	int64_t bytes = 0;
	int r = images && spares ? list_images(d, images, &bytes, err) : -ENOMEM;

	if (r == 0)
		r = api_container_list_all(d, &containers);
	if (r < 0)
		return r;
	return reply_json(rp, 200,
			  json_pack("{s:I, s:O, s:O, s:[], s:[], s:i, s:O}", "LayersSize",
				    (json_int_t)bytes, "Images", images, "Containers", containers,
				    "Volumes", "BuildCache", "BuilderSize", 0, "Spares",
				    json_object_get(spares, "Machines")));
}
