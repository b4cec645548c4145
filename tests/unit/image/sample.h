/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/hash.h"
#include "layer-util.h"

/* One layer in every compression, and ways to flatten it. */

#define N_FILTERS 5
extern const int filters[N_FILTERS]; /* no compression first */

/** product - the usual limits */
extern const struct flatten_limits product;

/** sample() - a small layer; the same tar for every filter */
int sample(int filter);

/** sample_diff_id() - of the sample, with "sha256:" */
void sample_diff_id(char ret[SHA256_HEX_LEN + 8]);

/** resized() - @fd with @by bytes more or less at its end; closes @fd */
int resized(int fd, off_t by);

/** output() - an empty file for an image */
int output(void);

/** flatten_one() - flatten one layer; gives the hash of the image.  Return: as flatten(). */
int flatten_one(int fd, const char *diff_id, const struct flatten_limits *limits,
		char ret_hex[SHA256_HEX_LEN + 1], struct err *err);
