/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests, answers and events between moatd and moat-net, and rules of egress, as the first byte
 * chooses.  What is read and written is what is read from that and written again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "net/answer.h"
#include "net/egress.h"
#include "net/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *rewrite_request(const char *text, size_t len)
{
	struct net_request rq;
	char *written;

	if (net_request_read(text, len, &rq, NULL) < 0)
		return NULL;
	written = net_request_write(&rq);
	net_request_reset(&rq);
	return written;
}

static char *rewrite_answer(const char *text, size_t len)
{
	struct net_answer a;

	return net_answer_read(text, len, &a, NULL, NULL) < 0 ? NULL : net_answer_write(&a);
}

static char *rewrite_event(const char *text, size_t len)
{
	struct net_event e;

	return net_event_read(text, len, &e, NULL) < 0 ? NULL : net_event_write(&e);
}

static void check_twice(char *(*rewrite)(const char *, size_t), const char *text, size_t len)
{
	cleanup_free char *first = rewrite(text, len);
	cleanup_free char *second = first ? rewrite(first, strlen(first)) : NULL;

	if (first && (!second || !streq(first, second)))
		abort();
}

static void check_rule(const char *text, size_t len)
{
	cleanup_free char *copy = strndup(text, len);
	struct egress_rule rule;

	if (copy && egress_parse(copy, &rule, NULL) == 0 &&
	    (*rule.name ? !net_name_ok(rule.name) : ip_is_none(&rule.net.ip)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;

	if (size == 0)
		return 0;
	switch (data[0]) {
	case 'a':
		check_twice(rewrite_answer, text, size - 1);
		break;
	case 'e':
		check_twice(rewrite_event, text, size - 1);
		break;
	case 'r':
		check_twice(rewrite_request, text, size - 1);
		break;
	default:
		check_rule(text, size - 1);
	}
	return 0;
}
