/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

struct shim;

/* Texts of the machine's events (docs/CONTROL.md); owned by the caller, NULL when out of memory. */

char *event_state(const struct shim *s);
char *event_disk_errors(const struct shim *s);
