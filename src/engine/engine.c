/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/engine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "engine/qemu/qemu.h"

/* In the order of preference. */
static const struct engine *const engines[] = { &engine_qemu_kvm, &engine_qemu_tcg };

const struct engine *engine_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(engines); i++)
		if (streq(engines[i]->name, name))
			return engines[i];
	return NULL;
}

/* "why the first does not work; why the second …": engines that fail alike say it once. */
static int add_reason(struct buf *reasons, const char *reason)
{
	if (reasons->len > 0 && strstr(reasons->data, reason))
		return 0;
	if (reasons->len > 0 && buf_adds(reasons, "; ") < 0)
		return -ENOMEM;
	return buf_adds(reasons, reason);
}

int engine_choose(const struct engine **ret, struct engine_probe *ret_probe, struct err *err)
{
	cleanup(buf_reset) struct buf reasons = BUF_INIT;
	double nsec_per_instruction = 0;

	for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
		struct engine_probe p = { 0 };
		int r = engines[i]->probe(&p);

		if (r == 0 || p.reason[0])
			r = add_reason(&reasons, p.reason);
		if (r < 0)
			return err_errno(err, r, "engine %s", engines[i]->name);
		if (p.nsec_per_instruction > 0)
			nsec_per_instruction = p.nsec_per_instruction;
		if (!p.usable)
			continue;
		p.nsec_per_instruction = nsec_per_instruction;
		snprintf(p.reason, sizeof(p.reason), "%s", reasons.data);
		*ret_probe = p;
		*ret = engines[i];
		return 0;
	}
	return err_set(err, -ENOENT, "no engine can run machines here: %s", reasons.data);
}
