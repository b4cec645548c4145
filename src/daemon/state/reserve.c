/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/state/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"

#define LOG_BYTES   MIB(1)
#define CHUNK_BYTES (256 << 10) /* the file grows by as much */
#define ROW_BYTES   (64 << 10)	/* more than a row takes beside its texts, indexes included */

/* Pages of 4 KiB until a checkpoint; the rest of the log is for one large statement. */
#define LOG_PAGES "200"

bool reserve_prepare(sqlite3 *db)
{
	int keep = 1, chunk = CHUNK_BYTES;

	return sqlite3_file_control(db, NULL, SQLITE_FCNTL_PERSIST_WAL, &keep) == SQLITE_OK &&
	       sqlite3_file_control(db, NULL, SQLITE_FCNTL_CHUNK_SIZE, &chunk) == SQLITE_OK &&
	       sqlite3_exec(db, "PRAGMA wal_autocheckpoint=" LOG_PAGES, NULL, NULL, NULL) ==
		       SQLITE_OK;
}

/* The log may be lengthened at any time: SQLite finds its end by checksums, not by the file's size,
 * and holds no lock on it. */
bool reserve_log(const char *path)
{
	cleanup_free char *log = str_printf("%s-wal", path);
	cleanup_close int fd = log ? open(log, O_WRONLY | O_CLOEXEC | O_NOFOLLOW) : -1;

	return fd >= 0 && posix_fallocate(fd, 0, LOG_BYTES) == 0;
}

static sqlite3_int64 get_pragma(sqlite3 *db, const char *sql)
{
	sqlite3_int64 value = 0;
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return 0;
	if (sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

int reserve_row(sqlite3 *db, const struct texts *t, struct err *err)
{
	const char *const texts[] = { t->config, t->host_config, t->spec, t->mounts };
	sqlite3_int64 size =
		get_pragma(db, "PRAGMA page_count") * get_pragma(db, "PRAGMA page_size");

	size += ROW_BYTES;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		size += texts[i] ? (sqlite3_int64)strlen(texts[i]) : 0;
	if (sqlite3_file_control(db, NULL, SQLITE_FCNTL_SIZE_HINT, &size) != SQLITE_OK)
		return err_set(err, -ENOSPC, "state.db: no space left on the disk");
	return 0;
}
