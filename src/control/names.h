/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Names of files in a machine's and in a container's folder (docs/CONTROL.md), which moatd and
 * moat-shim share. */

#define CONFIG_FILE	     "config.json"
#define MACHINE_FILE	     "machine.json"
#define EXIT_FILE	     "exit.json"
#define LAYER_FILE	     "rw.ext4"
#define CONTAINER_LOG_FILE   "container.log" /* followed by a number */
#define SHIM_SOCKET_FILE     "shim.sock"
#define SHIM_LOCK_FILE	     "shim.lock"
#define SHIM_LOG_FILE	     "shim.log"
#define CONSOLE_FILE	     "boot.log" /* the first; others have numbers (base/numbered.h) */
#define TEMPLATE_STATE_FILE  "state"
#define SPARE_NEW_LAYER_FILE "new.ext4" /* a spare's, for a container that has no layer yet */
