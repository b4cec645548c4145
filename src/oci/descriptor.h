/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/image.h"

/* What the models of index, manifest and config share. */

/** platform_read() - "os", "architecture" and "variant" of an object, in Go's words; what is
 * missing is empty.  Return: 0; -EBADMSG with a message. */
int platform_read(const json_t *obj, struct platform *ret, struct err *err);

/**
 * oci_descriptors_read() - an array of descriptors
 * @ret: owned, oci_descriptors_free(); never NULL, also when there are none
 *
 * Return: 0; -EBADMSG or -ENOMEM with a message.
 */
int oci_descriptors_read(const json_t *array, struct oci_descriptor **ret, size_t *ret_n,
			 struct err *err);

/** oci_descriptors_free() - frees @n descriptors and the array; NULL is accepted with @n 0 */
void oci_descriptors_free(struct oci_descriptor *list, size_t n);

/**
 * oci_document_read() - the outer object of a manifest or index, checked
 * @what:  "manifest" or "index", for messages
 * @is_ok: says whether "mediaType" (where it is present) is the right one
 * @ret:   owned
 *
 * Return: 0; -EBADMSG with a message, also for schema 1; -ENOMEM.
 */
int oci_document_read(const char *text, size_t len, const char *what,
		      bool (*is_ok)(const char *media_type), json_t **ret, struct err *err);
