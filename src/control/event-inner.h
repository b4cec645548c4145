/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "control/event.h"

/*
 * Parts of events.  The put functions return 0; -ENOMEM.  The get functions return 0; -EBADMSG,
 * -EINVAL with a message; -ENOMEM.
 */

/* All members of EVENT_STATE. */
int event_put_state(json_t *obj, const struct control_event *e);
int event_get_state(const json_t *obj, struct control_event *ret, struct err *err);

/* "disk_errors"; nothing is written where there were none. */
int event_put_disk_errors(json_t *obj, const struct control_event *e);
int event_get_disk_errors(const json_t *obj, struct control_event *ret, struct err *err);

/* "machine": where it comes from. */
int event_put_machine(json_t *obj, const struct control_event *e);
int event_get_machine(const json_t *obj, struct control_event *ret, struct err *err);

/* An exec's members. */
int event_get_exec(const json_t *obj, struct control_exec *ret, struct err *err);
