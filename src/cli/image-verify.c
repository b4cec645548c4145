/* SPDX-License-Identifier: Apache-2.0 */
/* moat image verify */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/format/format.h"
#include "client/url.h"

static void print_blobs(const json_t *list, const char *name, const char *what)
{
	const json_t *digest;
	size_t i;

	json_array_foreach (list, i, digest)
		printf("%s: %s %s\n", name, json_string_value(digest), what);
}

/* Prints the result.  Return: is there anything that a pull can mend? */
static bool print_verdict(const json_t *v, const char *name)
{
	const json_t *wrong = json_object_get(v, "Wrong"), *missing = json_object_get(v, "Missing");
	const char *file = cli_str(v, "RootFS");
	bool lost = json_array_size(wrong) + json_array_size(missing) > 0;
	bool remade = json_is_true(json_object_get(v, "Remade"));
	char size[FORMAT_MAX];

	print_blobs(wrong, name, "is damaged, and was removed");
	print_blobs(missing, name, "is missing");
	if (streq(file, "wrong") || streq(file, "missing")) {
		printf("%s: what was unpacked %s%s\n", name,
		       streq(file, "wrong") ? "is damaged" : "is missing",
		       remade ? "; it was unpacked again" : "");
		return lost || !remade;
	}
	format_size((uint64_t)cli_int(v, "Bytes"), size);
	if (!lost)
		printf("%s: %lld blobs, %s, and what was unpacked of them are right%s\n", name,
		       (long long)cli_int(v, "Blobs"), size,
		       streq(file, "noted") ? " (the latter as it is now)" : "");
	return lost;
}

static int verify_one(struct cli *c, const char *name, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *answer = NULL;
	int r;

	if (buf_adds(&path, "/moat/images") < 0 || url_add_segment(&path, name) < 0 ||
	    url_add_segment(&path, "verify") < 0)
		return err_nomem(err);
	r = cli_request(c, "POST", path.data, NULL, &answer, err);
	if (r < 0)
		return r;
	if (print_verdict(answer, name))
		return err_set(err, -EBADMSG, "%s is damaged: 'moat pull' fetches what it lacks",
			       name);
	return 0;
}

/* The name that people know an image by. */
static const char *name_of(const json_t *image)
{
	const char *tag = json_string_value(json_array_get(json_object_get(image, "RepoTags"), 0));

	return tag ? tag : cli_str(image, "Id");
}

static int verify_all(struct cli *c, struct err *err)
{
	cleanup_json json_t *list = NULL;
	const json_t *image;
	size_t i, n_bad = 0;
	int r = cli_get(c, API_BASE "/images/json", JSON_ARRAY, &list, err);

	json_array_foreach (list, i, image) {
		if (r < 0)
			break;
		r = verify_one(c, name_of(image), err);
		n_bad += r == -EBADMSG;
		r = r == -EBADMSG ? 0 : r;
	}
	if (r < 0 || n_bad == 0)
		return r;
	return err_set(err, -EBADMSG, "%zu damaged image%s: 'moat pull' fetches what is lacking",
		       n_bad, n_bad == 1 ? "" : "s");
}

int command_image_verify(struct cli *c, struct err *err)
{
	if (c->opt.n_args > 0)
		return cli_each(c, verify_one, false, err);
	return verify_all(c, err);
}
