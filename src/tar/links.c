/* SPDX-License-Identifier: Apache-2.0 */
#include "tar/links.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS_MIN 64u

struct inode {
	struct inode *next;
	dev_t dev;
	ino_t ino;
	char path[];
};

struct tar_links {
	struct inode **buckets;
	size_t n_buckets; /* a power of two */
	size_t n;
};

static size_t bucket_of(const struct tar_links *l, dev_t dev, ino_t ino)
{
	uint64_t h = ((uint64_t)ino ^ (uint64_t)dev << 32) * 0x9e3779b97f4a7c15u;

	return (size_t)(h >> 32) & (l->n_buckets - 1);
}

static int grow_buckets(struct tar_links *l)
{
	struct tar_links next = { .n_buckets = l->n_buckets ? 2 * l->n_buckets : BUCKETS_MIN,
				  .n = l->n };

	next.buckets = calloc(next.n_buckets, sizeof(struct inode *));
	if (!next.buckets)
		return -ENOMEM;
	for (size_t i = 0; i < l->n_buckets; i++) {
		while (l->buckets[i]) {
			struct inode *inode = l->buckets[i];
			struct inode **to = &next.buckets[bucket_of(&next, inode->dev, inode->ino)];

			l->buckets[i] = inode->next;
			inode->next = *to;
			*to = inode;
		}
	}
	free(l->buckets);
	*l = next;
	return 0;
}

static int add_inode(struct tar_links *l, const struct stat *sb, const char *path)
{
	size_t len = strlen(path) + 1;
	struct inode *inode;
	struct inode **to;

	if (l->n == l->n_buckets && grow_buckets(l) < 0)
		return -ENOMEM;
	inode = malloc(sizeof(*inode) + len);
	if (!inode)
		return -ENOMEM;
	to = &l->buckets[bucket_of(l, sb->st_dev, sb->st_ino)];
	inode->next = *to;
	inode->dev = sb->st_dev;
	inode->ino = sb->st_ino;
	memcpy(inode->path, path, len);
	*to = inode;
	l->n++;
	return 0;
}

int tar_links_find(struct tar_links **links, const struct stat *sb, const char *path,
		   const char **ret)
{
	struct tar_links *l = *links;
	const struct inode *inode = NULL;

	if (!l)
		l = *links = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	if (l->n_buckets > 0)
		inode = l->buckets[bucket_of(l, sb->st_dev, sb->st_ino)];
	while (inode && (inode->dev != sb->st_dev || inode->ino != sb->st_ino))
		inode = inode->next;
	*ret = inode ? inode->path : NULL;
	return inode ? 0 : add_inode(l, sb, path);
}

void tar_links_free(struct tar_links *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n_buckets; i++) {
		while (l->buckets[i]) {
			struct inode *inode = l->buckets[i];

			l->buckets[i] = inode->next;
			free(inode);
		}
	}
	free(l->buckets);
	free(l);
}
