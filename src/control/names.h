/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Files of a machine's and of a container's folder (docs/CONTROL.md), where moatd and moat-shim
 * meet.
 */

#define CONFIG_FILE	     "config.json"
#define MACHINE_FILE	     "machine.json"
#define EXIT_FILE	     "exit.json"
#define LAYER_FILE	     "rw.ext4"
#define CONTAINER_LOG_FILE   "container.log" /* with a number */
#define SHIM_SOCKET_FILE     "shim.sock"
#define SHIM_LOCK_FILE	     "shim.lock"
#define SHIM_LOG_FILE	     "shim.log"
#define CONSOLE_FILE	     "boot.log" /* and with numbers (base/numbered.h) */
#define TEMPLATE_STATE_FILE  "state"
#define SPARE_NEW_LAYER_FILE "new.ext4" /* for a container that has none yet */
