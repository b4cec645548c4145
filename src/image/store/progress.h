/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/image.h"

/** progress_report() - report a step of the work.  @p: may be NULL */
void progress_report(const struct progress *p, const char *id, const char *status,
		     uint64_t current_bytes, uint64_t total_bytes);

/** progress_cancelled() - was the work cancelled?  @p: may be NULL */
bool progress_cancelled(const struct progress *p);
