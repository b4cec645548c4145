/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How moat-fs is called: a word for each share, whose descriptors begin at FS_FIRST_SHARE_FD. */
#define FS_CONTROL_FD	  3
#define FS_FIRST_SHARE_FD 4
#define FS_WORD_READ_ONLY "ro"
#define FS_WORD_WRITABLE  "rw"

/* Or with an errand (errand.h) and a name in the folder that is the first share; what it answers
 * goes to FS_CONTROL_FD.  Its status is an errno, 0, or this: not all could be done. */
#define FS_WORD_REMOVE	 "remove"
#define FS_WORD_MEASURE	 "measure"
#define FS_STATUS_PARTLY 255

/* On the control socket: a port comes with it. */
#define FS_PORT_MESSAGE "port"

/* In the container's folder, what it says on standard error. */
#define FS_LOG_FILE "fs.log"
