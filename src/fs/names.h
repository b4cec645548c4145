/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How moat-fs is called: a word for each share, whose descriptors begin at FS_FIRST_SHARE_FD. */
#define FS_CONTROL_FD	  3
#define FS_FIRST_SHARE_FD 4
#define FS_WORD_READ_ONLY "ro"
#define FS_WORD_WRITABLE  "rw"

/* On the control socket: a port comes with it. */
#define FS_PORT_MESSAGE "port"

/* In the container's folder, what it says on standard error. */
#define FS_LOG_FILE "fs.log"
