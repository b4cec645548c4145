/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Arguments of moat-fs: a word for each share, whose descriptors begin at FS_FIRST_SHARE_FD. */
#define FS_CONTROL_FD	  3
#define FS_FIRST_SHARE_FD 4
#define FS_WORD_READ_ONLY "ro"
#define FS_WORD_WRITABLE  "rw"

/* Or an errand (errand.h), with a name in the folder that is the first share; its output goes to
 * FS_CONTROL_FD.  The exit status is an errno, 0, or FS_STATUS_PART: not all could be done. */
#define FS_WORD_REMOVE	 "remove"
#define FS_WORD_MEASURE	 "measure"
#define FS_STATUS_PARTLY 255

/* The message that brings a port, on the control socket. */
#define FS_PORT_MESSAGE "port"

/* The server's standard error, in the container's folder. */
#define FS_LOG_FILE "fs.log"
