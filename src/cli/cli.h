/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"
#include "client/api.h"
#include "client/url.h"

#define API_BASE "/v1.47"

#define EXIT_MOAT_FAILED 125
#define EXIT_CANNOT_RUN	 126
#define EXIT_NOT_FOUND	 127

/* A command's surroundings: options, environment and connection. */
struct cli {
	const struct command *command;
	struct options opt;
	struct api *api; /* connects at the first request; starts moatd when needed */
};

/** cli_new_api() - open another connection, for work beside requests.  Return: as api_new(). */
int cli_new_api(const struct cli *c, struct api **ret, struct err *err);

/** cli_print_error() - "moat: MESSAGE" on standard error, with control characters made harmless */
void cli_print_error(const char *message);

/** cli_fail() - print an error.  Return: the command's exit status for a failure of moat. */
int cli_fail(const struct cli *c, const struct err *err);

/**
 * cli_flush() - write out standard output
 *
 * Return: @status; the command's status for failures, with a message, when the output could not be
 * written.
 */
int cli_flush(const struct cli *c, int status);

/**
 * cli_path() - append the path of one object's action: /v1.47/COLLECTION/NAME/ACTION
 * @action: NULL for the object itself
 *
 * Return: 0; -ENOMEM with a message.
 */
int cli_path(struct buf *path, const char *collection, const char *name, const char *action,
	     struct err *err);

/** cli_query() - append a query parameter; a NULL @value appends nothing.  Return: 0; -ENOMEM with
 * a message. */
int cli_query(struct buf *path, const char *key, const char *value, struct err *err);

#define CLI_WARNING_HEADER "Moat-Warning"

/** cli_print_warning() - print on standard error what moatd warned of; @a: was told to keep that
 * header */
void cli_print_warning(const struct api *a);

/** cli_request() - send a request without or with a JSON body.  Return: 0; negative errno with a
 * message, as api_call(). */
int cli_request(struct cli *c, const char *method, const char *path, const json_t *body,
		json_t **ret, struct err *err);

/** cli_get() - GET @path; an answer of another JSON type than @type is an error.  Return: 0; as
 * cli_request(); -EBADMSG. */
int cli_get(struct cli *c, const char *path, json_type type, json_t **ret, struct err *err);

/** cli_inspect() - GET /COLLECTION/NAME/json, an object.  Return: as cli_get(). */
int cli_inspect(struct cli *c, const char *collection, const char *name, json_t **ret,
		struct err *err);

/** cli_query_name() - append the name of a new image, as repo and tag.  Return: 0; -EINVAL or
 * -ENOMEM with a message. */
int cli_query_name(struct buf *path, const char *text, struct err *err);

/** cli_query_moment() - append an option that is a point in time, see moment.h.  Return: 0; -EINVAL
 * or -ENOMEM with a message. */
int cli_query_moment(const struct cli *c, struct buf *path, const char *option, struct err *err);

typedef int (*cli_each_fn)(struct cli *c, const char *name, struct err *err);

/**
 * cli_each() - call a function for every argument, going on after errors
 * @print: print each name that succeeded
 * @err:   used for each
 *
 * Return: 0, or 1 after an error, which was printed.
 */
int cli_each(struct cli *c, cli_each_fn fn, bool print, struct err *err);

/** cli_filters() - the --filter options "KEY=VALUE" as the API's query parameter.  Return: 0;
 * -EINVAL with a message; -ENOMEM. */
int cli_filters(const struct cli *c, struct buf *path, struct err *err);

/** cli_filters_and() - as cli_filters(), with one more filter, written as in the option; NULL for
 * none */
int cli_filters_and(const struct cli *c, const char *more, struct buf *path, struct err *err);

/** cli_str(), cli_int() - a member of an answer; "" or 0 where it is missing or of another type */
const char *cli_str(const json_t *obj, const char *key);
int64_t cli_int(const json_t *obj, const char *key);

/** cli_print_json() - one line of compact JSON on standard output.  Return: 0; -ENOMEM with a
 * message. */
int cli_print_json(const json_t *value, struct err *err);
