/* SPDX-License-Identifier: Apache-2.0 */
#include "kit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "oci/descriptor.h"

static void read_all(int fd, struct buf *b)
{
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fd_read_file(fd, 64 << 20, b), 0);
}

static void make_layer(struct kit *k, const struct kit_spec *spec, struct digest *ret_diff_id)
{
	const struct entry_spec file = { .path = "hello", .content = spec->content };
	cleanup(buf_reset) struct buf plain = BUF_INIT;
	cleanup_close int plain_fd = tar_of(&file, 1);
	cleanup_close int fd = -1;
	struct archive *a = tar_begin(spec->filter);

	tar_add(a, &file);
	fd = tar_end(a);
	read_all(plain_fd, &plain);
	read_all(fd, &k->layer);
	assert_int_equal(digest_of(plain.data, plain.len, ret_diff_id), 0);
	assert_int_equal(digest_of(k->layer.data, k->layer.len, &k->layer_digest), 0);
}

static void make_config(struct kit *k, const struct kit_spec *spec, const char *diff_id)
{
	const struct platform host = platform_host();

	if (spec->no_platform)
		assert_int_equal(buf_adds(&k->config, "{"), 0);
	else
		assert_int_equal(buf_addf(&k->config, "{\"architecture\":\"%s\",\"os\":\"linux\",",
					  spec->arch ? spec->arch : host.arch),
				 0);
	assert_int_equal(buf_addf(&k->config,
				  "\"config\":{\"Cmd\":[\"/%s\"]},"
				  "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[%s%s%s]}}",
				  spec->cmd ? spec->cmd : spec->content,
				  spec->no_diff_id ? "" : "\"", spec->no_diff_id ? "" : diff_id,
				  spec->no_diff_id ? "" : "\""),
			 0);
	assert_int_equal(digest_of(k->config.data, k->config.len, &k->config_digest), 0);
}

static const char *layer_type(const struct kit_spec *spec)
{
	if (spec->layer_type)
		return spec->layer_type;
	if (spec->filter == ARCHIVE_FILTER_GZIP)
		return spec->docker ? MEDIA_DOCKER_LAYER ".gzip" : MEDIA_OCI_LAYER "+gzip";
	if (spec->filter == ARCHIVE_FILTER_ZSTD)
		return MEDIA_OCI_LAYER "+zstd";
	return spec->docker ? MEDIA_DOCKER_LAYER : MEDIA_OCI_LAYER;
}

static void make_manifest(struct kit *k, const struct kit_spec *spec)
{
	struct digest layer = k->layer_digest;
	cleanup_free char *layers = NULL;

	if (spec->layer_digest_wrong)
		layer.text[10] = layer.text[10] == 'a' ? 'b' : 'a';
	layers = str_printf("[{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%lld}]",
			    layer_type(spec), layer.text,
			    (long long)k->layer.len + spec->layer_size_wrong);
	k->manifest_type = spec->docker ? MEDIA_DOCKER_MANIFEST : MEDIA_OCI_MANIFEST;
	assert_int_equal(
		buf_addf(&k->manifest,
			 "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":{\"mediaType\":"
			 "\"%s\",\"digest\":\"%s\",\"size\":%zu},\"layers\":%s}",
			 k->manifest_type, spec->docker ? MEDIA_DOCKER_CONFIG : MEDIA_OCI_CONFIG,
			 k->config_digest.text, k->config.len,
			 spec->layers ? spec->layers : layers),
		0);
	assert_int_equal(digest_of(k->manifest.data, k->manifest.len, &k->manifest_digest), 0);
}

void kit_make(struct kit *k, const struct kit_spec *spec)
{
	struct digest diff_id;

	*k = (struct kit){ 0 };
	make_layer(k, spec, &diff_id);
	make_config(k, spec, spec->diff_id ? spec->diff_id : diff_id.text);
	make_manifest(k, spec);
}

void kit_reset(struct kit *k)
{
	buf_reset(&k->layer);
	buf_reset(&k->config);
	buf_reset(&k->manifest);
}

int store_setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	strcpy(p->path, "/tmp/moat-test-XXXXXX");
	assert_non_null(mkdtemp(p->path));
	assert_int_equal(store_open(p->path, MOAT_UNPACK, 0, &p->st, NULL), 0);
	*state = p;
	return 0;
}

int store_teardown(void **state)
{
	struct place *p = *state;

	store_close(p->st);
	path_remove_tree(AT_FDCWD, p->path);
	free(p);
	return 0;
}

void place_reopen(struct place *p)
{
	struct err err = { 0 };

	store_close(p->st);
	p->st = NULL;
	store_open(p->path, MOAT_UNPACK, 0, &p->st, &err);
	assert_string_equal(err.msg, "");
}

size_t place_count(const struct place *p, const char *folder)
{
	cleanup_free char *path = str_printf("%s/%s", p->path, folder);
	cleanup_dir DIR *dir = opendir(path);
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	return n - 2;
}

int place_load(struct place *p, int fd, char ***ret_names, struct err *err)
{
	const struct image_load in = { .fd = fd };
	int r = store_load(p->st, &in, ret_names, err);

	close(fd);
	return r;
}

void place_load_ok(struct place *p, int fd, const char *name)
{
	cleanup_strv char **names = NULL;
	struct err err = { 0 };
	int r = place_load(p, fd, &names, &err);

	assert_string_equal(err.msg, "");
	assert_int_equal(r, 0);
	assert_string_equal(names[0], name);
}

static int rewound(int fd)
{
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void add(struct archive *a, const char *path, const void *data, size_t len)
{
	TAR_ADD(a, .path = path, .content = data, .size = len);
}

static void add_blob(struct archive *a, const struct digest *d, const struct buf *b)
{
	cleanup_free char *path = str_printf("blobs/sha256/%s", digest_hex(d));

	add(a, path, b->data, b->len);
}

char *kit_entry(const struct kit *k, const char *name)
{
	return str_printf("[{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu,"
			  "\"annotations\":{\"org.opencontainers.image.ref.name\":\"%s\"}}]",
			  k->manifest_type, k->manifest_digest.text, k->manifest.len, name);
}

static void add_layout(struct archive *a, const char *entries)
{
	static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
	cleanup_free char *index = str_printf("{\"schemaVersion\":2,\"manifests\":%s}", entries);

	assert_non_null(index);
	add(a, "./oci-layout", layout, strlen(layout));
	add(a, "index.json", index, strlen(index));
}

int archive_oci(const struct kit *k, const char *name)
{
	cleanup_free char *entries = kit_entry(k, name);
	struct archive *a = tar_begin(ARCHIVE_FILTER_NONE);

	add_blob(a, &k->layer_digest, &k->layer);
	add_blob(a, &k->config_digest, &k->config);
	add_blob(a, &k->manifest_digest, &k->manifest);
	add_layout(a, entries);
	return rewound(tar_end(a));
}

int archive_docker(const struct kit *k, const char *tag, bool link)
{
	cleanup_free char *manifest = str_printf(
		"[{\"Config\":\"c.json\",\"RepoTags\":[\"%s\"],\"Layers\":[\"1/layer.tar\"]}]",
		tag);
	struct archive *a = tar_begin(ARCHIVE_FILTER_GZIP);

	assert_non_null(manifest);
	if (link)
		TAR_ADD(a, .path = "1/layer.tar", .mode = S_IFLNK | 0777, .symlink = "../x.tar");
	add(a, link ? "x.tar" : "1/layer.tar", k->layer.data, k->layer.len);
	add(a, "c.json", k->config.data, k->config.len);
	add(a, "manifest.json", manifest, strlen(manifest));
	return rewound(tar_end(a));
}

int archive_both(const struct kit *k, const char *tag, const char *entries)
{
	cleanup_free char *manifest =
		str_printf("[{\"Config\":\"blobs/sha256/%s\",\"RepoTags\":"
			   "[\"%s\"],\"Layers\":[\"blobs/sha256/%s\"]}]",
			   digest_hex(&k->config_digest), tag, digest_hex(&k->layer_digest));
	struct archive *a = tar_begin(ARCHIVE_FILTER_NONE);

	assert_non_null(manifest);
	add_blob(a, &k->layer_digest, &k->layer);
	add_blob(a, &k->config_digest, &k->config);
	add_blob(a, &k->manifest_digest, &k->manifest);
	add_layout(a, entries);
	add(a, "manifest.json", manifest, strlen(manifest));
	return rewound(tar_end(a));
}

int archive_index(const struct kit *k, const char *annotations)
{
	cleanup_free char *entry = kit_entry(k, "latest");
	cleanup_free char *index = NULL, *entries = NULL;
	struct archive *a = tar_begin(ARCHIVE_FILTER_NONE);
	struct digest d;
	struct buf b;

	index = str_printf("{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":%s}",
			   MEDIA_OCI_INDEX, entry);
	assert_non_null(index);
	b = (struct buf){ .data = index, .len = strlen(index) };
	assert_int_equal(digest_of(b.data, b.len, &d), 0);
	entries = str_printf("[{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu,"
			     "\"annotations\":%s}]",
			     MEDIA_OCI_INDEX, d.text, b.len, annotations);
	add_blob(a, &k->layer_digest, &k->layer);
	add_blob(a, &k->config_digest, &k->config);
	add_blob(a, &k->manifest_digest, &k->manifest);
	add_blob(a, &d, &b);
	add_layout(a, entries);
	return rewound(tar_end(a));
}
