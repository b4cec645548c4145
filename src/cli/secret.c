/* SPDX-License-Identifier: Apache-2.0 */
/* moat secret create, ls, inspect, rm */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/json-object.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/create/create-put.h"
#include "cli/format/format.h"
#include "cli/format/labels.h"
#include "cli/format/listing.h"
#include "oci/secrets.h"
#include "secret/credentials.h"

static const char secrets_path[] = API_BASE "/secrets";

/* Reads a file, or standard input for "-", as base64.  @ret: owned, text_wipe() */
static int read_value(const char *file, char **ret, struct err *err)
{
	struct buf plain = BUF_INIT, text = BUF_INIT;
	cleanup_close int own_fd = -1;
	int fd = STDIN_FILENO, r;

	if (!streq(file, "-"))
		fd = own_fd = open(file, O_RDONLY | O_CLOEXEC);
	/* Room is made all at once: a buffer that grows leaves old copies in memory. */
	r = fd < 0 ? -errno : buf_reserve(&plain, OCI_SECRET_MAX_BYTES + 4096);
	if (r == 0)
		r = fd_read_file(fd, OCI_SECRET_MAX_BYTES, &plain);
	if (r == 0)
		r = buf_reserve(&text, 2 * plain.len + 4);
	if (r == 0)
		r = base64_encode(&text, plain.data, plain.len);
	if (r == 0 && !(*ret = buf_take(&text)))
		r = -ENOMEM;
	buf_wipe(&plain);
	buf_wipe(&text);
	return r < 0 ? err_errno(err, r, "%s", file) : 0;
}

static int put_labels(const struct options *o, json_t *body, struct err *err)
{
	json_t *labels = json_object();
	int r = create_put(body, "Labels", labels, err);
	size_t cursor = 0;
	const char *text;

	while (r == 0 && (text = options_next(o, "label", &cursor))) {
		size_t len = strcspn(text, "=");
		cleanup_free char *key = strndup(text, len);

		if (!key)
			return err_nomem(err);
		if (len == 0)
			return err_set(err, -EINVAL, "invalid label \"%s\"; write KEY=VALUE", text);
		r = create_put(labels, key, json_string(text[len] ? text + len + 1 : ""), err);
	}
	return r;
}

static int create_secret(struct cli *c, json_t **ret, struct err *err)
{
	static const struct create_text texts[] = { { "store", "Store" }, { 0 } };
	cleanup_json json_t *body = json_object();
	cleanup(text_wipe_fn) char *value = NULL;
	int r = read_value(c->opt.args[1], &value, err);

	if (r == 0)
		r = create_put(body, "Name", json_string(c->opt.args[0]), err);
	if (r == 0)
		r = create_put(body, "Data", json_string(value), err);
	if (r == 0)
		r = create_put_texts(&c->opt, texts, body, err);
	if (r == 0)
		r = put_labels(&c->opt, body, err);
	return r < 0 ? r : cli_request(c, "POST", API_BASE "/secrets/create", body, ret, err);
}

int command_secret_create(struct cli *c, struct err *err)
{
	cleanup_json json_t *answer = NULL;

	if (create_secret(c, &answer, err) < 0)
		return err->code;
	puts(cli_str(answer, "ID"));
	return 0;
}

static json_t *secret_row(const json_t *item, bool full)
{
	json_t *spec = json_object_get(item, "Spec");
	char created[FORMAT_MAX] = "N/A";
	int64_t nsec;

	(void)full;
	if (clock_parse(cli_str(item, "CreatedAt"), &nsec) == 0)
		format_ago(nsec, clock_now_nsec(), created);
	return JSON_OBJECT(member_text("CreatedAt", created),
			   member_text("ID", cli_str(item, "ID")),
			   member_json("Labels", labels_text(json_object_get(spec, "Labels"))),
			   member_text("Name", cli_str(spec, "Name")),
			   member_text("Store", cli_str(item, "Store")));
}

static const struct listing_kind secret_kind = {
	.fields = (const struct listing_field[]){ { "ID", "ID", true },
						  { "Name", "NAME", true },
						  { "Store", "STORE", true },
						  { "CreatedAt", "CREATED", true },
						  { "Labels", "LABELS", false },
						  { 0 } },
	.id = "ID",
	.row = secret_row,
};

int command_secret_ls(struct cli *c, struct err *err)
{
	return listing_command(c, &secret_kind, secrets_path, NULL, err);
}

static int remove_secret(struct cli *c, const char *name, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	int r = cli_path(&path, "secrets", name, NULL, err);

	return r < 0 ? r : cli_request(c, "DELETE", path.data, NULL, NULL, err);
}

int command_secret_rm(struct cli *c, struct err *err)
{
	return cli_each(c, remove_secret, true, err);
}
