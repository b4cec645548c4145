/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

struct process;
struct shim;

/** event_disk_name() - what a disk of the machine is for */
const char *event_disk_name(size_t disk);

/* Texts of the events (docs/SHIM.md); owned by the caller, NULL when out of memory. */

char *event_state(const struct shim *s);
char *event_started(const struct shim *s);
char *event_restore_failed(void);
char *event_oom(void);
char *event_disk_errors(const struct shim *s);
char *event_space(const struct shim *s);
char *event_paused(const struct shim *s);
char *event_exec_exited(const char *target, int code);
char *event_exited(const struct shim *s);
