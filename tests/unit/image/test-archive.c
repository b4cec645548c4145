/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "kit.h"

#define SOME_DIGEST "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void refused(struct place *p, int fd, int code, const char *word)
{
	char **names = NULL;
	struct err err = { 0 };

	lseek(fd, 0, SEEK_SET);
	assert_int_equal(place_load(p, fd, &names, &err), code);
	if (!strstr(err.msg, word))
		fail_msg("\"%s\" is not in \"%s\"", word, err.msg);
	assert_int_equal(place_count(p, "blobs/sha256"), 0);
	assert_int_equal(place_count(p, "rootfs"), 0);
	assert_int_equal(place_count(p, "tmp"), 0);
}

static void test_oci_archives_of_all_packings(void **state)
{
	static const int filters[] = { ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP,
				       ARCHIVE_FILTER_ZSTD };
	struct place *p = *state;

	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		char content[] = { (char)('a' + i), '\0' };
		struct kit k;

		KIT(&k, .content = content, .filter = filters[i], .docker = i == 1);
		place_load_ok(p, archive_oci(&k, "x.io/a:1"), "x.io/a:1");
		kit_reset(&k);
	}
	assert_int_equal(place_count(p, "rootfs"), 3);
}

static void test_docker_archives_with_and_without_links(void **state)
{
	struct place *p = *state;
	struct kit k;

	KIT(&k, .content = "one");
	place_load_ok(p, archive_docker(&k, "a:1", false), "a:1");
	place_load_ok(p, archive_docker(&k, "a:2", true), "a:2");
	kit_reset(&k);
	KIT(&k, .content = "two", .filter = ARCHIVE_FILTER_ZSTD);
	place_load_ok(p, archive_docker(&k, "a:3", true), "a:3");
	kit_reset(&k);
}

/* However a name is written, it is the same member, of which the last one counts. */
static void test_names_of_members_are_compared_as_paths(void **state)
{
	static const char manifest[] = "[{\"Config\":\".//c.json\",\"RepoTags\":[\"a:1\"],"
				       "\"Layers\":[\"1/./2/../layer.tar\"]}]";
	struct place *p = *state;
	struct archive *a;
	struct kit k;
	int fd;

	KIT(&k, .content = "one");
	a = tar_begin(ARCHIVE_FILTER_NONE);
	TAR_ADD(a, .path = "1//layer.tar", .content = "no layer");
	TAR_ADD(a, .path = "manifest.json", .content = "[]");
	TAR_ADD(a, .path = "./c.json", .content = k.config.data, .size = k.config.len);
	TAR_ADD(a, .path = "./1/layer.tar", .content = k.layer.data, .size = k.layer.len);
	TAR_ADD(a, .path = ".//manifest.json", .content = manifest);
	fd = tar_end(a);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	place_load_ok(p, fd, "a:1");
	kit_reset(&k);
}

/* Newer versions of docker's save write a layout whose index leads nowhere, beside a whole
 * manifest.json. */
static void test_an_index_without_a_whole_image_gives_way_to_manifest_json(void **state)
{
	static const struct kit_spec specs[] = {
		{ .content = "a", .layers = "null" },
		{ .content = "b", .layers = "[]" },
		{ .content = "c", .layer_digest_wrong = true },
	};
	static const char *const entries[] = { "null", "[]" };
	struct place *p = *state;

	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		cleanup_free char *entry = NULL;
		struct kit k;

		kit_make(&k, &specs[i]);
		entry = kit_entry(&k, "latest");
		place_load_ok(p, archive_both(&k, "x.io/a:1", entry), "x.io/a:1");
		kit_reset(&k);
	}
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		struct kit k;

		KIT(&k, .content = i ? "d" : "e");
		place_load_ok(p, archive_both(&k, "x.io/a:1", entries[i]), "x.io/a:1");
		kit_reset(&k);
	}
}

static void test_an_image_without_a_name_is_known_by_its_id(void **state)
{
	struct place *p = *state;
	struct kit k;

	KIT(&k, .content = "one");
	place_load_ok(p, archive_oci(&k, "latest"), k.config_digest.text);
	kit_reset(&k);
}

static void test_an_index_without_a_name_is_for_new_images_alone(void **state)
{
	struct place *p = *state;
	struct image *im;
	struct kit k;

	KIT(&k, .content = "one");
	place_load_ok(p, archive_oci(&k, "x.io/a:1"), "x.io/a:1");
	place_load_ok(p, archive_index(&k, "{}"), k.config_digest.text);
	assert_int_equal(store_find(p->st, "x.io/a:1", &im, NULL), 0);
	assert_false(im->is_whole || digest_is_set(&im->index));
	image_free(im);
	place_load_ok(p, archive_index(&k, "{\"io.containerd.image.name\":\"x.io/b:1\"}"),
		      "x.io/b:1");
	assert_int_equal(store_find(p->st, "x.io/a:1", &im, NULL), 0);
	assert_true(im->is_whole);
	image_free(im);
	kit_reset(&k);
}

static void assert_loads_for(struct place *p, const struct image_load *in, const char *arch)
{
	cleanup_strv char **names = NULL;
	struct err err = { 0 };
	struct image *im;

	store_load(p->st, in, &names, &err);
	assert_string_equal(err.msg, "");
	close(in->fd);
	assert_int_equal(store_find(p->st, names[0], &im, NULL), 0);
	assert_string_equal(im->oci->platform.arch, arch);
	image_free(im);
}

static void test_another_platform_is_loaded_where_no_one_is_asked_for(void **state)
{
	const struct platform host = platform_host(), mips = { .os = "linux", .arch = "mips64le" };
	struct err err = { 0 };
	char **names;
	struct kit k;
	int fd;

	KIT(&k, .content = "one", .arch = "mips64le");
	fd = archive_oci(&k, "a:1");
	assert_int_equal(store_load(((struct place *)*state)->st,
				    &(struct image_load){ .fd = fd, .platform = &host }, &names,
				    &err),
			 -ENOENT);
	assert_non_null(strstr(err.msg, "there is: linux/mips64le"));
	close(fd);
	assert_loads_for(*state, &(struct image_load){ .fd = archive_oci(&k, "a:1") }, mips.arch);
	kit_reset(&k);
	KIT(&k, .content = "two", .arch = "mips64le");
	assert_loads_for(
		*state,
		&(struct image_load){ .fd = archive_docker(&k, "a:2", false), .platform = &mips },
		mips.arch);
	kit_reset(&k);
}

static void test_an_image_that_does_not_say_its_platform_is_for_this_one(void **state)
{
	const struct platform host = platform_host();
	struct place *p = *state;
	struct image *im;
	struct kit k;

	KIT(&k, .content = "one", .no_platform = true);
	place_load_ok(p, archive_oci(&k, "a.io/a:1"), "a.io/a:1");
	kit_reset(&k);
	KIT(&k, .content = "two", .no_platform = true);
	place_load_ok(p, archive_docker(&k, "a:2", false), "a:2");
	kit_reset(&k);
	place_reopen(p);
	assert_int_equal(store_find(p->st, "a:2", &im, NULL), 0);
	assert_string_equal(im->oci->platform.os, "linux");
	assert_string_equal(im->oci->platform.arch, host.arch);
	image_free(im);
}

static void test_a_cpu_by_the_name_of_uname_is_understood(void **state)
{
	const struct platform host = platform_host();
	struct kit k;

	KIT(&k, .content = "one", .arch = streq(host.arch, "amd64") ? "x86_64" : "aarch64");
	place_load_ok(*state, archive_docker(&k, "a:1", false), "a:1");
	kit_reset(&k);
}

static void test_images_that_lie_are_refused(void **state)
{
	static const struct {
		struct kit_spec spec;
		int code;
		const char *word;
	} cases[] = {
		{ { .content = "x", .diff_id = SOME_DIGEST }, -EBADMSG, "config says" },
		{ { .content = "x", .layer_size_wrong = 1 }, -EBADMSG, "lacks" },
		{ { .content = "x", .layer_digest_wrong = true }, -EBADMSG, "lacks" },
		{ { .content = "x", .no_diff_id = true }, -EBADMSG, "layers" },
		{ { .content = "x", .layer_type = "text/plain" }, -EOPNOTSUPP, "text/plain" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kit k;

		kit_make(&k, &cases[i].spec);
		refused(*state, archive_oci(&k, "a:1"), cases[i].code, cases[i].word);
		kit_reset(&k);
	}
}

static void test_content_under_another_digest_is_refused(void **state)
{
	struct kit k, other;

	KIT(&k, .content = "one");
	KIT(&other, .content = "two");
	other.layer_digest = k.layer_digest;
	other.config_digest = k.config_digest;
	other.manifest_digest = k.manifest_digest;
	refused(*state, archive_oci(&other, "a:1"), -EBADMSG, "lacks");
	kit_reset(&k);
	kit_reset(&other);
}

static void test_hostile_archives_are_refused(void **state)
{
	static const char docker[] =
		"[{\"Config\":\"%s\",\"RepoTags\":[\"%s\"],\"Layers\":[\"%s\"]}]";
	static const struct {
		const char *config, *tag, *layer, *word;
	} cases[] = {
		{ "../../etc/passwd", "a:1", "l", "not there" },
		{ "/etc/passwd", "a:1", "l", "not there" },
		{ "c", "a:1", "loop", "not there" },
		{ "c", "a:1", "up", "not there" },
		{ "c", "a:1", "abs", "not there" },
		{ "c", "A:1", "l", "bad name" },
		{ "c", "a:1", "l", "image config" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct archive *a = tar_begin(ARCHIVE_FILTER_NONE);
		char manifest[512];

		snprintf(manifest, sizeof(manifest), docker, cases[i].config, cases[i].tag,
			 cases[i].layer);
		TAR_ADD(a, .path = "manifest.json", .content = manifest);
		TAR_ADD(a, .path = "c", .content = "no json");
		TAR_ADD(a, .path = "l", .content = "no layer");
		TAR_ADD(a, .path = "loop", .symlink = "loop");
		TAR_ADD(a, .path = "up", .symlink = "../../../../etc/passwd");
		TAR_ADD(a, .path = "abs", .symlink = "/etc/passwd");
		refused(*state, tar_end(a), -EBADMSG, cases[i].word);
	}
}

static void test_files_that_are_no_archives_are_refused(void **state)
{
	struct archive *a = tar_begin(ARCHIVE_FILTER_NONE);
	struct kit k;
	int fd;

	TAR_ADD(a, .path = "etc/passwd", .content = "root");
	refused(*state, tar_end(a), -EBADMSG, "import");
	refused(*state, memory_file("hello", 5), -EBADMSG, "unknown kind");
	KIT(&k, .content = "one");
	fd = archive_docker(&k, "a:1", false);
	assert_int_equal(ftruncate(fd, 300), 0);
	refused(*state, fd, -EBADMSG, "load: ");
	kit_reset(&k);
}

static void test_a_swarm_of_files_is_refused(void **state)
{
	struct archive *a = tar_begin(ARCHIVE_FILTER_NONE);

	for (int i = 0; i < 10001; i++) {
		char name[32];

		snprintf(name, sizeof(name), "l%d", i);
		TAR_ADD(a, .path = name, .symlink = "x");
	}
	refused(*state, tar_end(a), -EBADMSG, "more than");
}

static bool is_enough(void *arg)
{
	int *asked = arg;

	return ++*asked > 3;
}

/* What unpacks never ends here. */
static void test_a_load_that_nobody_wants_any_more_ends(void **state)
{
	static const char script[] = "#!/bin/sh\nexec sleep 1000\n";
	struct place *p = *state;
	cleanup_free char *program = str_printf("%s.hangs", p->path);
	cleanup_close int fd = open(program, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
	int asked = 0;
	const struct progress progress = { .cancelled = is_enough, .arg = &asked };
	struct image_load in = { .progress = &progress };
	char **names = NULL;
	struct err err = { 0 };
	struct kit k;

	assert_int_equal(fd_write_all(fd, script, strlen(script)), 0);
	fd_close(&fd);
	store_close(p->st);
	assert_int_equal(store_open(p->path, program, 0, &p->st, &err), 0);
	KIT(&k, .content = "one");
	in.fd = archive_oci(&k, "x.io/a:1");
	lseek(in.fd, 0, SEEK_SET);
	assert_int_equal(store_load(p->st, &in, &names, &err), -ECANCELED);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(place_count(p, "blobs/sha256"), 0);
	assert_int_equal(place_count(p, "tmp"), 0);
	assert_int_equal(unlink(program), 0);
	close(in.fd);
	kit_reset(&k);
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_oci_archives_of_all_packings),
		STORE_TEST(test_docker_archives_with_and_without_links),
		STORE_TEST(test_names_of_members_are_compared_as_paths),
		STORE_TEST(test_an_index_without_a_whole_image_gives_way_to_manifest_json),
		STORE_TEST(test_an_image_without_a_name_is_known_by_its_id),
		STORE_TEST(test_an_index_without_a_name_is_for_new_images_alone),
		STORE_TEST(test_another_platform_is_loaded_where_no_one_is_asked_for),
		STORE_TEST(test_an_image_that_does_not_say_its_platform_is_for_this_one),
		STORE_TEST(test_a_cpu_by_the_name_of_uname_is_understood),
		STORE_TEST(test_images_that_lie_are_refused),
		STORE_TEST(test_content_under_another_digest_is_refused),
		STORE_TEST(test_hostile_archives_are_refused),
		STORE_TEST(test_files_that_are_no_archives_are_refused),
		STORE_TEST(test_a_swarm_of_files_is_refused),
		STORE_TEST(test_a_load_that_nobody_wants_any_more_ends),
	};

	return cmocka_run_group_tests_name("image: archive", tests, NULL, NULL);
}
