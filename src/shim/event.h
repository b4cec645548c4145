/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

struct process;
struct shim;

/* Texts of the events (docs/SHIM.md); owned by the caller, NULL when out of memory. */

char *event_state(const struct shim *s);
char *event_started(const struct shim *s);
char *event_restore_failed(void);
char *event_oom(void);
char *event_paused(const struct shim *s);
char *event_exec_exited(const char *target, int code);
char *event_exited(const struct shim *s);
