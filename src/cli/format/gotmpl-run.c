/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/format/gotmpl-run.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "cli/format/gotmpl-funcs.h"
#include "cli/format/gotmpl-inner.h"

#define VARIABLES_MAX 64u
#define ARGS_MAX      32u

struct variable {
	const char *name;
	json_t *value; /* a reference */
};

struct run {
	const struct gotmpl_data *data;
	struct buf *out;
	struct err *err;
	struct variable vars[VARIABLES_MAX];
	size_t n_vars;
	bool condition; /* in the condition of if or with, where a missing field is false */
	unsigned depth;
};

static int eval_pipe(struct run *r, json_t *dot, const struct pipeline *pl, json_t **ret);

static int push_variable(struct run *r, const char *name, json_t *value)
{
	if (r->n_vars == VARIABLES_MAX)
		return err_set(r->err, -EINVAL, "template: too many variables");
	r->vars[r->n_vars++] = (struct variable){ name, json_incref(value) };
	return 0;
}

static void pop_to(struct run *r, size_t n)
{
	while (r->n_vars > n)
		json_decref(r->vars[--r->n_vars].value);
}

/* Finds a member by its name, or by the only name that differs just in case. */
static json_t *find_member(const json_t *obj, const char *name)
{
	json_t *found = json_object_get(obj, name), *value;
	const char *key;

	if (found)
		return found;
	json_object_foreach ((json_t *)(uintptr_t)obj, key, value) {
		if (strcasecmp(key, name) == 0)
			return value;
	}
	return NULL;
}

static int no_field(struct run *r, const json_t *v, const char *name)
{
	cleanup(buf_reset) struct buf names = BUF_INIT;
	const char *key;
	json_t *value;

	if (!json_is_object(v))
		return err_set(r->err, -EINVAL, "template: .%s is asked of what has no fields",
			       name);
	json_object_foreach ((json_t *)(uintptr_t)v, key, value) {
		if (names.len < 400 &&
		    (buf_adds(&names, names.len ? ", " : "") < 0 || buf_adds(&names, key) < 0))
			return err_nomem(r->err);
	}
	return err_set(r->err, -EINVAL, "template: no field \"%s\"; there %s %s", name,
		       names.len ? "are" : "is", names.len ? names.data : "none");
}

/* @root: @v is the data itself, whose methods are fields, too */
static int lookup_field(struct run *r, json_t *v, const char *name, bool root, json_t **ret)
{
	json_t *found = find_member(v, name);

	if (!found && root)
		found = find_member(r->data->methods, name);
	if (!found && r->condition)
		found = json_null();
	if (!found)
		return no_field(r, v, name);
	*ret = found;
	return 0;
}

static int find_variable(struct run *r, const char *name, json_t **ret)
{
	if (streq(name, "$")) {
		*ret = r->data->dot;
		return 0;
	}
	for (size_t i = r->n_vars; i-- > 0;)
		if (streq(r->vars[i].name, name)) {
			*ret = r->vars[i].value;
			return 0;
		}
	return err_set(r->err, -EINVAL, "template: no variable %s", name);
}

/* Evaluates an operand that is no function.  @ret: a new reference */
static int eval_operand(struct run *r, json_t *dot, const struct operand *o, json_t **ret)
{
	cleanup_json json_t *piped = NULL;
	json_t *v = dot;
	int code = 0;

	if (o->kind == OPERAND_VARIABLE)
		code = find_variable(r, o->name, &v);
	else if (o->kind == OPERAND_CONSTANT)
		v = o->value;
	else if (o->kind == OPERAND_CALL) {
		const struct call call = { .name = o->name, .headers = r->data->headers };

		code = gotmpl_call(&call, &piped, r->err);
		v = piped;
	} else if (o->kind == OPERAND_PIPE) {
		code = eval_pipe(r, dot, o->pipe, &piped);
		v = piped;
	}
	for (const struct field *f = o->fields; code == 0 && f; f = f->next)
		code = lookup_field(r, v, f->name, v == r->data->dot, &v);
	if (code == 0)
		*ret = json_incref(v);
	return code;
}

/* Evaluates a field with an argument, as in {{.Label "key"}}: the field is an object, and the
 * argument its key.  @key: NULL where what was given is none */
static int eval_method(struct run *r, json_t *dot, const struct operand *o, const char *key,
		       json_t **ret)
{
	cleanup_json json_t *v = NULL;
	int code;

	if (!o->fields || !key)
		return err_set(r->err, -EINVAL, "template: what takes no argument was given one");
	if (r->data->headers) {
		*ret = json_string(key);
		return *ret ? 0 : err_nomem(r->err);
	}
	code = eval_operand(r, dot, o, &v);
	if (code < 0)
		return code;
	if (!json_is_object(v))
		return err_set(r->err, -EINVAL, "template: .%s takes no argument", o->fields->name);
	*ret = json_object_get(v, key) ? json_incref(json_object_get(v, key)) : json_string("");
	return *ret ? 0 : err_nomem(r->err);
}

/* @last: the value from the pipe, or NULL; borrowed */
static int eval_command(struct run *r, json_t *dot, const struct command_node *c, json_t *last,
			json_t **ret)
{
	const struct operand *first = c->operands;
	json_t *args[ARGS_MAX];
	size_t n = 0;
	int code = 0;

	for (const struct operand *o = first->next; code == 0 && o; o = o->next) {
		if (n + 1 == ARGS_MAX)
			code = err_set(r->err, -EINVAL, "template: too many arguments");
		else
			code = eval_operand(r, dot, o, &args[n]);
		n += code == 0;
	}
	if (code == 0 && last)
		args[n++] = json_incref(last);
	if (code == 0 && first->kind == OPERAND_CALL) {
		const struct call call = {
			.name = first->name, .args = args, .n = n, .headers = r->data->headers
		};

		code = gotmpl_call(&call, ret, r->err);
	} else if (code == 0 && n > 0) {
		code = eval_method(r, dot, first, n == 1 ? json_string_value(args[0]) : NULL, ret);
	} else if (code == 0) {
		code = eval_operand(r, dot, first, ret);
	}
	while (n > 0)
		json_decref(args[--n]);
	return code;
}

static int eval_pipe(struct run *r, json_t *dot, const struct pipeline *pl, json_t **ret)
{
	cleanup_json json_t *value = NULL;

	for (const struct command_node *c = pl->commands; c; c = c->next) {
		json_t *next = NULL;
		int code = eval_command(r, dot, c, value, &next);

		if (code < 0)
			return code;
		json_decref(value);
		value = next;
	}
	*ret = take_ptr(value);
	return 0;
}

static int run_nodes(struct run *r, json_t *dot, const struct node *n);

static int run_item(struct run *r, const struct node *n, json_t *key, json_t *value)
{
	const struct pipeline *pl = n->pipe;
	size_t before = r->n_vars;
	int code = 0;

	if (pl->n_names == 2)
		code = push_variable(r, pl->names[0], key);
	if (code == 0 && pl->n_names > 0)
		code = push_variable(r, pl->names[pl->n_names - 1], value);
	if (code == 0)
		code = run_nodes(r, value, n->body);
	pop_to(r, before);
	return code;
}

/* Ranges over an object in the order of its keys, as Go does with a map. */
static int range_object(struct run *r, const struct node *n, json_t *obj)
{
	cleanup_free const char **keys = gotmpl_keys(obj);
	int code = keys ? 0 : err_nomem(r->err);

	for (size_t i = 0; code == 0 && keys[i]; i++) {
		cleanup_json json_t *name = json_string(keys[i]);

		code = run_item(r, n, name, json_object_get(obj, keys[i]));
	}
	return code;
}

static int range_list(struct run *r, const struct node *n, json_t *list)
{
	json_t *item;
	size_t i;
	int code = 0;

	if (json_is_object(list))
		return range_object(r, n, list);
	if (!json_is_array(list))
		return err_set(r->err, -EINVAL, "template: range over what is no list");
	json_array_foreach (list, i, item) {
		cleanup_json json_t *index = json_integer((json_int_t)i);

		if (code == 0)
			code = run_item(r, n, index, item);
	}
	return code;
}

static int run_block(struct run *r, json_t *dot, const struct node *n)
{
	cleanup_json json_t *value = NULL;
	size_t before = r->n_vars;
	bool conditional = r->condition;
	int code;

	r->condition = n->kind != NODE_RANGE;
	code = eval_pipe(r, dot, n->pipe, &value);
	r->condition = conditional;
	if (code < 0)
		return code;
	if (!gotmpl_is_true(value))
		return run_nodes(r, dot, n->otherwise);
	if (n->kind == NODE_RANGE)
		return range_list(r, n, value);
	if (n->pipe->n_names > 0)
		code = push_variable(r, n->pipe->names[0], value);
	if (code == 0)
		code = run_nodes(r, n->kind == NODE_WITH ? value : dot, n->body);
	pop_to(r, before);
	return code;
}

static int run_action(struct run *r, json_t *dot, const struct pipeline *pl)
{
	cleanup_json json_t *value = NULL;
	int code = eval_pipe(r, dot, pl, &value);

	if (code < 0)
		return code;
	if (pl->n_names > 0)
		return push_variable(r, pl->names[0], value);
	return gotmpl_print(r->out, value) < 0 ? err_nomem(r->err) : 0;
}

static int run_nodes(struct run *r, json_t *dot, const struct node *n)
{
	size_t before = r->n_vars;
	int code = 0;

	for (; code == 0 && n; n = n->next) {
		if (n->kind == NODE_TEXT)
			code = buf_add(r->out, n->text, n->len) < 0 ? err_nomem(r->err) : 0;
		else if (n->kind == NODE_ACTION)
			code = run_action(r, dot, n->pipe);
		else
			code = run_block(r, dot, n);
	}
	pop_to(r, before);
	return code;
}

int gotmpl_run(const struct gotmpl *t, const struct gotmpl_data *data, struct buf *out,
	       struct err *err)
{
	struct run r = { .data = data, .out = out, .err = err };

	return run_nodes(&r, data->dot, t->nodes);
}
