/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A request and an image become the three texts that the database keeps of a
 * container.  Then its folder is made, then its row, and then the object in the table.  A crash in
 * between leaves a folder without a row, which the next moatd removes.
 *
 * The image can be removed while this goes on.  From the moment on that the container is in the
 * table nobody can, so that is when it is looked for again.
 *
 * The request is a client's, and all of it is checked before anything is made.
 */
#include <errno.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/str.h"
#include "daemon/container/create.h"
#include "daemon/container/mounts.h"
#include "daemon/container/name.h"
#include "daemon/container/networking.h"
#include "daemon/container/secrets.h"
#include "daemon/container/table.h"
#include "daemon/container/transition.h"
#include "daemon/machine/machines.h"
#include "daemon/machine/plan.h"
#include "daemon/network/network-view.h"
#include "daemon/network/network.h"
#include "daemon/spec/config.h"
#include "daemon/spec/fields.h"
#include "daemon/spec/host-config.h"
#include "daemon/spec/ports.h"
#include "daemon/spec/runtime.h"
#include "daemon/spec/secrets.h"
#include "daemon/volume/use.h"
#include "image/image.h"
#include "kernel/store.h"
#include "settings/file.h"

#define NAME_ATTEMPTS 8u

DEFINE_CLEANUP(struct image, image_free)

static int no_such_image(const char *name, struct err *err)
{
	cleanup_reference struct reference *ref = NULL;
	cleanup_free char *familiar = NULL;

	if (reference_parse(name, &ref, NULL) == 0)
		familiar = reference_familiar(ref);
	return err_set(err, -ENOENT, "No such image: %s", familiar ? familiar : name);
}

static int check_platform(const struct image *im, const char *name, const char *wanted,
			  struct err *err)
{
	struct platform host = platform_host(), want = host;
	char have_text[64], want_text[64];
	int r = wanted && *wanted ? platform_parse(wanted, &want, err) : 0;

	if (r < 0)
		return r;
	platform_format(&im->oci->platform, have_text);
	platform_format(&want, want_text);
	if (!platform_matches(&im->oci->platform, &want)) {
		/* docker's message; but the image is there, only for another platform. */
		(void)err_set(err, -ENOEXEC,
			      "image with reference %s was found but its platform (%s) does not "
			      "match the specified platform (%s)",
			      name, have_text, want_text);
		return wanted && *wanted ? -ENOENT : -EINVAL;
	}
	if (!platform_matches(&want, &host))
		return err_set(err, -EOPNOTSUPP, "moat cannot run %s on this host yet", want_text);
	return 0;
}

/* Checks the image against what the settings demand now; a file of settings that cannot be read may
 * demand anything. */
static int check_signed(struct containers *t, const struct image *im, const char *full,
			struct err *err)
{
	cleanup_settings struct settings *s = NULL;
	int r = t->machines->settings ? settings_file_get(t->machines->settings, &s, err) : 0;

	return r == 0 ? image_check_signed(im, full, s, err) : r;
}

static int find_image(struct containers *t, const struct create_request *rq, const char **ret_name,
		      struct image **ret, struct err *err)
{
	cleanup_free char *full = NULL;
	const char *name;
	int r = json_get_str(rq->body, "Image", &name, err);

	if (r < 0)
		return r;
	if (!name || !*name)
		return err_set(err, -EINVAL, "no image specified");
	r = store_resolve(t->images, name, ret, &full, err);
	if (r == -ENOENT)
		return no_such_image(name, err);
	if (r < 0)
		return r;
	*ret_name = name;
	r = check_platform(*ret, name, rq->platform, err);
	return r == 0 ? check_signed(t, *ret, full, err) : r;
}

/* Is no kernel set for the container's machine?  A container that brings its own kernel needs none.
 */
static bool lacks_kernel(struct containers *t, const json_t *host)
{
	cleanup(kernel_paths_reset) struct kernel_paths current = { 0 };

	return !json_object_get(json_object_get(host, "Moat"), "KernelHash") &&
	       kernel_current(t->machines->kernels, &current, NULL) == -ENOENT;
}

/* A container on its way from the request to the table. */
struct making {
	const char *name; /* borrowed; NULL: a random one */
	struct record rec;
	struct texts texts;
	struct mount_points mounts;
	struct wishes wishes;	    /* the networks that it is to be on */
	struct create_notes *notes; /* borrowed */
};

static void making_reset(struct making *m)
{
	record_reset(&m->rec);
	texts_reset(&m->texts);
	mount_points_reset(&m->mounts);
	member_wishes_free(m->wishes.list, m->wishes.n);
}

/* Return: the first of its networks, where none of them leads out; NULL where one does. */
static const char *closed_network(struct containers *t, const struct making *m)
{
	const struct wishes *w = &m->wishes;

	for (size_t i = 0; i < w->n; i++)
		if (!network_is_internal(t->networks, w->list[i].network))
			return NULL;
	return w->n > 0 ? w->list[0].network : NULL;
}

static int add_warnings(struct containers *t, const json_t *host, const struct making *m)
{
	const char *closed = closed_network(t, m);
	char ***ret = &m->notes->warnings;

	if (m->notes->lacks_kernel &&
	    strv_add(ret, "there is no guest kernel yet: the recommended one is fetched and set "
			  "before the first start") < 0)
		return -ENOMEM;
	if (closed && host_config_warn_closed(host, closed, ret) < 0)
		return -ENOMEM;
	return host_config_warn(host, ret);
}

/* Copies the kernel into the store, and names it by its hash from then on: its path is the
 * client's, who may change the file. */
static int add_kernel(struct containers *t, json_t *host, struct err *err)
{
	const char *kernel = NULL, *modules = NULL;
	cleanup_json json_t *copy = NULL;
	char hash[65];
	json_t *ours;
	int r = json_get_object(host, "Moat", &ours, err);

	if (r == 0)
		r = json_get_str(ours, "Kernel", &kernel, err);
	if (r == 0)
		r = json_get_str(ours, "Modules", &modules, err);
	if (r < 0 || !ours)
		return r;
	copy = json_copy(ours);
	(void)json_object_del(copy, "KernelHash");
	if (kernel && *kernel) {
		r = kernel_add(t->machines->kernels, kernel, modules, hash, err);
		if (r == 0 && json_object_set_new(copy, "KernelHash", json_string(hash)) < 0)
			r = err_nomem(err);
	}
	return r < 0 ? r : json_object_set(host, "Moat", copy) < 0 ? err_nomem(err) : 0;
}

/* Checks the ports now, so that no start finds what is wrong with them. */
static int check_ports(const json_t *config, const json_t *host, struct err *err)
{
	cleanup(port_plan_reset) struct port_plan plan = { 0 };

	return port_plan_read(config, host, &plan, err);
}

/* Makes all texts but that of the mounts, before which volumes have to be taken. */
static int make_texts(struct containers *t, const struct config_source *src, const struct image *im,
		      struct making *ret, struct err *err)
{
	cleanup_oci_runtime struct oci_runtime *rt = NULL;
	cleanup_json json_t *config = NULL, *host = NULL;
	uint64_t layer_bytes;
	int r = config_merge(src, &config, err);

	if (r == 0)
		r = host_config_check(src->body, t->machines->host_cpus, &host, err);
	if (r == 0)
		r = machine_layer_bytes(host, &layer_bytes, err);
	if (r == 0)
		r = config_runtime(config, host, &rt, err);
	if (r == 0)
		r = check_ports(config, host, err);
	if (r == 0)
		r = container_mounts_plan(t, config, host, &ret->mounts, err);
	if (r == 0)
		r = container_wishes(&ret->wishes, src->body, config, host, err);
	if (r == 0)
		r = add_kernel(t, host, err);
	if (r == 0)
		r = secret_uses_from_label(src->body, host, err);
	if (r == 0)
		r = container_secrets_check(t, host, err);
	if (r < 0)
		return r;
	rt->rootfs_path = store_rootfs_path(t->images, &im->manifest);
	ret->notes->lacks_kernel = lacks_kernel(t, host);
	if (!rt->rootfs_path || add_warnings(t, host, ret) < 0)
		return err_nomem(err);
	ret->texts.config = json_write(config);
	ret->texts.host_config = json_write(host);
	ret->texts.spec = oci_runtime_write(rt);
	return ret->texts.config && ret->texts.host_config && ret->texts.spec ? 0 : err_nomem(err);
}

int container_name_conflict(struct containers *t, const char *name, struct err *err)
{
	struct container *other = NULL;

	(void)containers_find(t, name, &other, NULL);
	err_set(err, -EEXIST,
		"Conflict. The container name \"/%s\" is already in use by container \"%s\". You "
		"have to remove (or rename) that container to be able to reuse that name.",
		name, other ? other->rec.id : "");
	container_unref(other);
	return -EEXIST;
}

static int insert_row(struct containers *t, struct making *m, struct err *err)
{
	struct record *rec = &m->rec;
	int r = -EEXIST;

	for (unsigned i = 0; r == -EEXIST && i < (m->name ? 1 : NAME_ATTEMPTS); i++) {
		free(rec->name);
		rec->name = m->name ? strdup(m->name) : name_random(i);
		r = rec->name ? state_insert(t->state, rec, &m->texts, err) : err_nomem(err);
	}
	return r == -EEXIST ? container_name_conflict(t, rec->name, err) : r;
}

static int fill_record(struct record *rec, const struct image *im, const char *image_name)
{
	rec->created_nsec = clock_now_nsec();
	rec->manifest = im->manifest;
	rec->config = im->config;
	rec->image = strdup(image_name);
	rec->error = strdup("");
	return rec->image && rec->error ? 0 : -ENOMEM;
}

/* Refuses where the image was removed after it was found.  Now that the container is in the table,
 * the image cannot be removed. */
static int check_image_kept(struct container *c, struct err *err)
{
	return store_has(c->table->images, &c->rec.manifest) ? 0 : no_such_image(c->rec.image, err);
}

static int create_from(struct containers *t, struct making *m, struct container **ret,
		       struct err *err)
{
	struct container *c = NULL;
	int r;

	if (mkdirat(t->dir_fd, m->rec.id, 0700) < 0)
		return err_errno(err, -errno, "%s/containers/%s", t->root, m->rec.id);
	r = insert_row(t, m, err);
	if (r < 0) {
		(void)path_remove_tree(t->dir_fd, m->rec.id);
		return r;
	}
	r = container_new(t, &m->rec, &m->texts, &c, err);
	if (r < 0)
		return r;
	containers_add(t, c);
	r = check_image_kept(c, err);
	if (r < 0) {
		(void)container_forget(c, true, NULL);
		container_unref(c);
		return r;
	}
	*ret = c;
	return 0;
}

/* Makes the endpoints first: a crash before the container is there leaves some that nobody names
 * (network/member.h). */
static int create_with_networks(struct containers *t, struct making *m, struct container **ret,
				struct err *err)
{
	const struct member_names names = { .id = m->rec.id, .name = m->name };
	char id[ID_LEN + 1];
	int r = member_add(t->networks, &names, m->wishes.list, m->wishes.n, err);

	if (r < 0)
		return r;
	memcpy(id, m->rec.id, sizeof(id));
	r = create_from(t, m, ret, err);
	if (r == 0 && container_tell_names(*ret) < 0) {
		r = err_nomem(err);
		(void)container_forget(*ret, true, NULL);
		container_unref(*ret);
	}
	if (r < 0)
		member_forget(t->networks, id);
	return r;
}

/* Makes the volumes first: a crash before the container is there leaves some that nobody keeps
 * (volume/use.h). */
static int create_with_volumes(struct containers *t, struct making *m, struct container **ret,
			       struct err *err)
{
	char id[ID_LEN + 1];
	int r;

	memcpy(id, m->rec.id, sizeof(id));
	r = volume_use_take(t->volumes, id, &m->mounts, err);
	if (r < 0)
		return r;
	m->texts.mounts = mount_points_write(&m->mounts);
	r = m->texts.mounts ? create_with_networks(t, m, ret, err) : err_nomem(err);
	if (r < 0)
		volume_use_release(t->volumes, id, &m->mounts, true);
	return r;
}

int container_create(struct containers *t, const struct create_request *rq, struct container **ret,
		     struct create_notes *ret_notes, struct err *err)
{
	cleanup(image_free_cleanup_fn) struct image *im = NULL;
	cleanup(making_reset) struct making m = { .wishes.nets = t->networks, .notes = ret_notes };
	struct config_source src = { .body = rq->body, .id = m.rec.id };
	int r = rq->name && *rq->name ? name_check(rq->name, &m.name, err) : 0;

	if (r == 0)
		r = fields_check(rq->body, &ret_notes->warnings, err);
	if (r == 0)
		r = find_image(t, rq, &src.image_name, &im, err);
	if (r < 0)
		return r;
	r = random_id(m.rec.id);
	if (r < 0)
		return err_errno(err, r, "a container's id");
	src.image = im->oci;
	r = make_texts(t, &src, im, &m, err);
	if (r == 0)
		r = fill_record(&m.rec, im, src.image_name);
	if (r == 0)
		r = create_with_volumes(t, &m, ret, err);
	if (r < 0)
		return r;
	container_publish(*ret, "create", NULL);
	return 0;
}
