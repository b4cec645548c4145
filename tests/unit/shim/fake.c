/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/unix.h"
#include "storage/layer.h"

int layer_create(int dir_fd, const char *name, uint64_t size_bytes, struct err *err)
{
	(void)size_bytes, (void)err;
	return file_write_atomic(dir_fd, name, "", 0, 0600);
}

int layer_is_lost(int fd)
{
	(void)fd;
	return 0;
}

struct signs *signs_new(void)
{
	struct signs *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(s != MAP_FAILED);
	return s;
}

void signs_await(const atomic_bool *sign)
{
	while (!atomic_load(sign))
		usleep(USEC_PER_MSEC);
}

void box_new(struct box *b)
{
	static const char config[] =
		"{\"ociVersion\":\"1.0.2\",\"hostname\":\"box\",\"root\":{\"path\":\"/dev/null\"},"
		"\"process\":{\"args\":[\"true\"],\"cwd\":\"/\",\"dev.moat.openStdin\":true}}";
	static const char machine[] =
		"{\"engine\":\"fake\",\"cpus\":1,\"memory_bytes\":268435456,"
		"\"kernel\":\"/dev/null\",\"initrd\":\"/dev/null\",\"disk_bytes\":1048576}";

	*b = (struct box){ .path = "/tmp/moat-test-box-XXXXXX",
			   .options = { .supply.tap_fd = -1, .deadlines = { DEADLINES_DEFAULT } } };
	assert_non_null(mkdtemp(b->path));
	b->dir_fd = open(b->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(b->dir_fd >= 0);
	assert_int_equal(
		file_write_atomic(b->dir_fd, CONFIG_FILE, config, sizeof(config) - 1, 0600), 0);
	assert_int_equal(
		file_write_atomic(b->dir_fd, MACHINE_FILE, machine, sizeof(machine) - 1, 0600), 0);
}

static void shim_process(struct box *b)
{
	int log = openat(b->dir_fd, SHIM_LOG_FILE, O_WRONLY | O_CREAT | O_APPEND, 0600);

	dup2(log, STDERR_FILENO);
	close(log);
	signal(SIGPIPE, SIG_IGN);
	b->options.dir_fd = b->dir_fd;
	exit(shim_run(&b->options) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

void box_listen(struct box *b)
{
	assert_int_equal(
		unix_listen_at(b->dir_fd, "shim.sock", SOCK_SEQPACKET, 0600, &b->options.listen_fd),
		0);
}

void box_go(struct box *b, guest_script script)
{
	guest_is(script);
	b->shim = fork();
	assert_true(b->shim >= 0);
	if (b->shim == 0)
		shim_process(b);
	close(b->options.listen_fd);
}

void box_start(struct box *b, guest_script script)
{
	box_listen(b);
	box_go(b, script);
	box_ask(b, ADD, b->dir_fd);
}

void box_end(struct box *b)
{
	char *log;
	int status;

	assert_int_equal(waitpid(b->shim, &status, 0), b->shim);
	if (status != 0) {
		log = box_file(b, SHIM_LOG_FILE);
		print_error("%s", log);
		free(log);
	}
	assert_int_equal(status, 0);
	close(b->dir_fd);
	assert_int_equal(path_remove_tree(AT_FDCWD, b->path), 0);
}

char *box_file(const struct box *b, const char *name)
{
	struct buf text = BUF_INIT;

	assert_int_equal(file_read_at(b->dir_fd, name, MIB(64), &text), 0);
	return buf_take(&text);
}

/* Requests name the box where they do not name a container. */
int box_send(const struct box *b, const char *request, int fd)
{
	bool named = *request != '{' || strstr(request, "\"container\"");
	char *text = named ? strdup(request) : str_printf("{\"container\":\"box\",%s", request + 1);
	int conn;

	assert_non_null(text);
	assert_int_equal(unix_connect_at(b->dir_fd, "shim.sock", SOCK_SEQPACKET, &conn), 0);
	assert_int_equal(unix_send(conn, text, strlen(text), fd), 0);
	free(text);
	return conn;
}

json_t *box_receive(int conn)
{
	static char text[CONTROL_PACKET_MAX];
	ssize_t n = recv(conn, text, sizeof(text), 0);
	json_t *obj;

	assert_true(n >= 0);
	if (n == 0)
		return NULL;
	assert_int_equal(json_read(text, (size_t)n, "answer", &obj, NULL), 0);
	return obj;
}

static json_t *answer(const struct box *b, const char *request, int fd)
{
	int conn = box_send(b, request, fd);
	json_t *obj = box_receive(conn);

	assert_non_null(obj);
	assert_null(box_receive(conn));
	close(conn);
	return obj;
}

void box_ask(const struct box *b, const char *request, int fd)
{
	json_t *obj = answer(b, request, fd);

	if (!json_is_true(json_object_get(obj, "ok")))
		fail_msg("%s: %s", request, text(obj, "error"));
	json_decref(obj);
}

int box_refused(const struct box *b, const char *request, int fd)
{
	json_t *obj = answer(b, request, fd);
	int errnum = (int)number(obj, "errno");

	assert_true(json_is_false(json_object_get(obj, "ok")));
	assert_true(*text(obj, "error"));
	json_decref(obj);
	return errnum;
}

int box_attach(const struct box *b, const char *request)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	box_ask(b, request, pair[1]);
	close(pair[1]);
	return pair[0];
}

json_t *box_event(int watch, const char *name)
{
	for (;;) {
		json_t *obj = box_receive(watch);

		assert_non_null(obj);
		if (streq(text(obj, "event"), name))
			return obj;
		json_decref(obj);
	}
}

void box_expect_end(struct box *b, int watch, int code, const char *error)
{
	json_t *event = box_event(watch, "exited"), *file;
	char *written = box_file(b, EXIT_FILE);

	assert_int_equal(json_read(written, strlen(written), EXIT_FILE, &file, NULL), 0);
	assert_int_equal(number(event, "code"), code);
	assert_int_equal(number(file, "code"), code);
	assert_string_equal(text(file, "error"), text(event, "error"));
	if (!strstr(text(file, "error"), error) || !*error != !*text(file, "error"))
		fail_msg("unexpected error: %s", text(file, "error"));
	assert_true(number(file, "finished_nsec") > 0);
	json_decref(event);
	json_decref(file);
	free(written);
	while ((event = box_receive(watch)))
		json_decref(event);
	close(watch);
	box_end(b);
}

void box_expect_removed(struct box *b, int watch)
{
	json_t *event = box_event(watch, "removed");

	assert_string_equal(text(event, "container"), "box");
	json_decref(event);
	assert_null(box_receive(watch));
	close(watch);
	box_end(b);
}

int box_watch(const struct box *b)
{
	int conn = box_send(b, WATCH, -1);
	json_t *state = box_receive(conn);

	assert_string_equal(text(state, "event"), "state");
	json_decref(state);
	return conn;
}

int box_run(struct box *b, guest_script script)
{
	int conn;

	box_start(b, script);
	conn = box_watch(b);
	box_ask(b, START, -1);
	return conn;
}

long long number(const json_t *obj, const char *key)
{
	assert_true(json_is_integer(json_object_get(obj, key)));
	return json_integer_value(json_object_get(obj, key));
}

const char *text(const json_t *obj, const char *key)
{
	assert_true(json_is_string(json_object_get(obj, key)));
	return json_string_value(json_object_get(obj, key));
}

void read_all(int fd, struct buf *ret)
{
	assert_int_equal(fd_read_file(fd, MIB(256), ret), 0);
}
