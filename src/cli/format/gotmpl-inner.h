/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/json.h"

/* A parsed template: gotmpl-parse.c makes it, gotmpl-run.c walks it.  All of it lies in the
 * template's pool. */

enum operand_kind { OPERAND_DOT, OPERAND_VARIABLE, OPERAND_CONSTANT, OPERAND_CALL, OPERAND_PIPE };

struct pipeline;

struct operand {
	struct operand *next;
	enum operand_kind kind;
	const char *name; /* of a variable or function */
	json_t *value;	  /* of a constant; the template's */
	struct pipeline *pipe;
	struct field *fields; /* looked up one after the other */
};

struct field {
	struct field *next;
	const char *name;
};

struct command_node {
	struct command_node *next;
	struct operand *operands;
};

struct pipeline {
	const char *names[2]; /* variables it declares: "$key", "$value" of range, or "$x" */
	size_t n_names;
	struct command_node *commands;
};

enum node_kind { NODE_TEXT, NODE_ACTION, NODE_IF, NODE_WITH, NODE_RANGE };

struct node {
	struct node *next;
	enum node_kind kind;
	const char *text;
	size_t len;
	struct pipeline *pipe;
	struct node *body, *otherwise;
};

struct gotmpl {
	struct node *nodes;
	void **pool;
	size_t n_pool;
	json_t *constants; /* array */
};
