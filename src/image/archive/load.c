/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive/load.h"

#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "image/archive/load-docker.h"
#include "image/archive/load-oci.h"
#include "image/archive/tarin.h"
#include "image/store/claim.h"
#include "image/store/collect.h"
#include "image/store/install.h"
#include "image/store/progress.h"
#include "image/store/record.h"
#include "image/store/rootfs.h"
#include "image/store/store.h"
#include "oci/descriptor.h"
#include "oci/manifest.h"

/*
 * Theory of operation: an archive may come through a pipe, and only its end tells which of its
 * members matter.  So every file in it becomes a blob, named by its digest, pinned as long as the
 * load lasts; links are remembered.  Then the images are found among the members, and what no image
 * took is garbage.
 *
 * The archive is hostile.  Names of members are keys in a list, never paths on disk.
 */

#define MEMBERS_MAX    10000
#define DEPTH_MAX      4
#define NAME_MAX_BYTES 1024
#define LINKS_MAX      8

static void load_reset(struct load *l)
{
	for (size_t i = 0; i < l->n_members; i++) {
		free(l->members[i].name);
		free(l->members[i].link);
	}
	free(l->members);
	free(l->walked);
	strv_free(l->names);
}

/*
 * Makes "FOLDER/NAME" with ".", ".." and empty parts resolved; @folder may be NULL.  Owned by the
 * caller; NULL when the name leads out, is too long or too deep, or when out of memory.
 */
static char *clean_name(const char *folder, const char *name)
{
	cleanup_free char *copy = str_printf("%s/%s", folder ? folder : "", name);
	const char *parts[DEPTH_MAX];
	cleanup(buf_reset) struct buf b = BUF_INIT;
	char *rest = copy, *part;
	size_t n = 0;

	if (!copy || strlen(copy) > NAME_MAX_BYTES)
		return NULL;
	while ((part = strsep(&rest, "/"))) {
		if (!*part || streq(part, "."))
			continue;
		if (streq(part, "..") ? n == 0 : n == DEPTH_MAX)
			return NULL;
		if (streq(part, ".."))
			n--;
		else
			parts[n++] = part;
	}
	for (size_t i = 0; i < n; i++)
		if (buf_addf(&b, "%s%s", i ? "/" : "", parts[i]) < 0)
			return NULL;
	return n ? buf_take(&b) : NULL;
}

const struct member *load_find(const struct load *l, const char *name)
{
	cleanup_free char *key = clean_name(NULL, name);
	const char *at = key;

	for (int hops = 0; at && hops <= LINKS_MAX; hops++) {
		const struct member *found = NULL;

		/* Of members with the same name the last one counts, as in unpacking. */
		for (size_t i = 0; i < l->n_members; i++)
			if (streq(l->members[i].name, at))
				found = &l->members[i];
		if (!found || !found->link)
			return found;
		at = found->link;
	}
	return NULL;
}

int load_read(const struct load *l, const char *name, struct buf *ret, struct err *err)
{
	const struct member *m = load_find(l, name);

	if (!m)
		return err_set(err, -ENOENT, "the archive has no %.200s", name);
	return blob_read(l->work->st, &m->blob.digest, ret, err);
}

static int add_member(struct load *l, struct member *m)
{
	struct member *grown = realloc(l->members, (l->n_members + 1) * sizeof(*grown));

	if (!grown) {
		free(m->name);
		free(m->link);
		return -ENOMEM;
	}
	l->members = grown;
	l->members[l->n_members++] = *m;
	return 0;
}

/* Finds where a link leads, as a member's name; NULL for a file, or a link out of the archive. */
static char *link_target(const char *name, struct archive_entry *e)
{
	const char *target = archive_entry_hardlink(e);
	cleanup_free char *folder = NULL;
	char *slash;

	if (target)
		return clean_name(NULL, target);
	target = archive_entry_symlink(e);
	if (archive_entry_filetype(e) != AE_IFLNK || !target)
		return NULL;
	folder = strdup(name);
	slash = folder ? strrchr(folder, '/') : NULL;
	if (slash)
		*slash = '\0';
	return clean_name(slash && *target != '/' ? folder : NULL, target);
}

/* The kind of a member's digest, by its folder: a layout has one for each kind. */
static enum hash_kind kind_of(const char *name)
{
	return str_starts(name, "blobs/sha512/") ? HASH_SHA512 : HASH_SHA256;
}

static int take_member(struct load *l, struct tarin *in, struct archive_entry *e, struct err *err)
{
	struct member m = { 0 };
	int r;

	m.name = archive_entry_pathname(e) ? clean_name(NULL, archive_entry_pathname(e)) : NULL;
	if (!m.name)
		return 0;
	m.link = link_target(m.name, e);
	if (!m.link && (archive_entry_filetype(e) != AE_IFREG || archive_entry_hardlink(e))) {
		free(m.name);
		return 0;
	}
	r = m.link ? 0 : tarin_store(in, l->work, kind_of(m.name), &m.blob, err);
	if (r < 0) {
		free(m.name);
		return r;
	}
	return add_member(l, &m) < 0 ? err_nomem(err) : 0;
}

static int read_members(struct load *l, int fd, struct err *err)
{
	cleanup(tarin_close) struct tarin in = { 0 };
	struct archive_entry *e;
	int r = tarin_open(fd, false, l->progress, &in);

	if (r < 0)
		return err_set(err, r, "out of memory");
	while ((r = tarin_next(&in, &e, err)) == 0 && e) {
		if (l->n_members == MEMBERS_MAX)
			return err_set(
				err, -EBADMSG,
				"more than %d files: this is no image archive (`moat image import` "
				"takes a root filesystem)",
				MEMBERS_MAX);
		r = take_member(l, &in, e, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int source_blob(void *arg, const struct oci_descriptor *d, struct err *err)
{
	const struct load *l = arg;
	int r = work_pin(l->work, &d->digest);

	if (r < 0)
		return err_set(err, r, "out of memory");
	if (blob_exists(l->work->st, &d->digest, d->size_bytes))
		return 0;
	return err_set(err, -EBADMSG, "the archive lacks %s, or has something else in its place",
		       d->digest.text);
}

static int source_open(void *arg, const struct oci_manifest *m, struct flatten_layer *layers,
		       struct err *err)
{
	const struct load *l = arg;
	char id[13];

	for (size_t i = 0; i < m->n_layers; i++) {
		const struct oci_descriptor *d = &m->layers[i];
		int r = source_blob(arg, d, err);

		if (r < 0)
			return r;
		short_id(&d->digest, id);
		progress_report(l->progress, id, "Loading layer", d->size_bytes, d->size_bytes);
	}
	return layers_open_stored(l->work->st, m, layers, err);
}

static int note_names(struct load *l, char *const *tags, const struct image *im)
{
	if (!tags || !*tags)
		return strv_add(&l->names, im->config.text);
	for (; *tags; tags++) {
		cleanup_reference struct reference *ref = NULL;
		cleanup_free char *familiar = NULL;

		if (reference_parse(*tags, &ref, NULL) == 0)
			familiar = reference_familiar(ref);
		if (!familiar || strv_add(&l->names, familiar) < 0)
			return -ENOMEM;
	}
	return 0;
}

int load_install(struct load *l, const struct load_image *what, struct err *err)
{
	const struct source source = { .blob = source_blob, .open = source_open, .arg = l };
	const struct platform *named =
		what->manifest->has_platform ? &what->manifest->platform : NULL;
	const struct install in = {
		.manifest = what->manifest,
		.platform = l->one_platform || what->is_chosen ? &l->platform : named,
		.source = &source,
		.index = what->index,
		.is_whole = what->index != NULL,
		.tags = what->tags,
		.progress = l->progress,
	};
	cleanup_image struct image *im = NULL;
	int r = store_install(l->work, &in, &im, err);

	if (r == 0 && note_names(l, what->tags, im) < 0)
		r = err_nomem(err);
	return r;
}

/*
 * The index leads to the very manifests that were saved, so it comes first.  Docker 25 and later
 * also write indexes without a whole image, beside a manifest.json with one.
 */
static int load_images(struct load *l, struct err *err)
{
	bool has_list = load_find(l, "manifest.json");
	struct err why = { 0 };
	int r;

	if (load_find(l, "oci-layout") && load_find(l, "index.json")) {
		r = load_oci(l, &why);
		if (!has_list || (r != -EBADMSG && r != -ENOENT))
			return r < 0 ? err_set(err, r, "%s", why.msg) : 0;
		strv_free(take_ptr(l->names));
	}
	if (has_list)
		return load_docker(l, err);
	return err_set(err, -EBADMSG,
		       "neither an OCI nor a docker archive: there is no index.json and no "
		       "manifest.json (`moat image import` takes a root filesystem)");
}

/* Reads what follows the archive's end, so that its sender can finish. */
static void read_rest(const struct load *l, int fd)
{
	char waste[4096];
	ssize_t n;

	do
		n = read(fd, waste, sizeof(waste));
	while ((n > 0 || (n < 0 && errno == EINTR)) && !progress_cancelled(l->progress));
}

static int load_archive(struct load *l, int fd, struct err *err)
{
	int r = read_members(l, fd, err);

	if (r < 0)
		return r;
	read_rest(l, fd);
	return load_images(l, err);
}

int store_load(struct store *st, const struct image_load *in, char ***ret_names, struct err *err)
{
	struct work work;
	cleanup(load_reset) struct load l = { .work = &work,
					      .progress = in->progress,
					      .platform = in->platform ? *in->platform
								       : platform_host(),
					      .one_platform = in->platform != NULL };
	int r;

	work_begin(&work, st);
	r = load_archive(&l, in->fd, err);
	work_end(&work);
	LOCK_STORE(st);
	store_collect(st);
	if (r < 0) {
		err_wrap(err, "load");
		return r;
	}
	*ret_names = take_ptr(l.names);
	return 0;
}
