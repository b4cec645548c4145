/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "link/setup.h"

#define STREAMS_MAX 256

struct vm {
	pid_t pid;
	int pidfd;
	int events_fd; /* a byte on it is a disk error */
	struct disk_errors errors;
};

static guest_script the_script;
static int disk_errors_fd; /* of the script's process */
static uint64_t credit[STREAMS_MAX][LINK_CHANNELS];

/* As an engine that is executed: what it was not given is closed. */
static void run_script(int link_fd)
{
	int link = fcntl(link_fd, F_DUPFD, 100), errors = fcntl(disk_errors_fd, F_DUPFD, 100);

	disk_errors_fd = errors;
	close_range(STDERR_FILENO + 1, 99, 0);
	the_script(link);
	_exit(0);
}

static int fake_start(const struct machine *m, struct vm **ret, struct err *err)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	int pair[2];

	if (!vm)
		return -ENOMEM;
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_errno(err, -errno, "pipe");
	vm->events_fd = pair[0];
	disk_errors_fd = pair[1];
	vm->pid = fork();
	if (vm->pid < 0)
		return err_errno(err, -errno, "fork");
	if (vm->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (m->n_disks != MACHINE_DISKS_MAX || dup2(m->log_fd, STDERR_FILENO) < 0)
			_exit(99);
		run_script(m->link_fd);
	}
	vm->pidfd = (int)syscall(SYS_pidfd_open, vm->pid, 0);
	close(disk_errors_fd);
	*ret = vm;
	return 0;
}

static int fake_pause(struct vm *vm, struct err *err)
{
	return kill(vm->pid, SIGSTOP) < 0 ? err_errno(err, -errno, "pause") : 0;
}

static int fake_resume(struct vm *vm, struct err *err)
{
	return kill(vm->pid, SIGCONT) < 0 ? err_errno(err, -errno, "resume") : 0;
}

static void fake_kill(struct vm *vm)
{
	kill(vm->pid, SIGKILL);
}

static int fake_events_fd(const struct vm *vm)
{
	return vm->events_fd;
}

static int fake_disk_errors(struct vm *vm, struct disk_errors *ret, struct err *err)
{
	char bytes[64];
	ssize_t n = fd_wait(vm->events_fd, POLLIN, 0) > 0
			    ? read(vm->events_fd, bytes, sizeof(bytes))
			    : -1;

	if (n > 0)
		vm->errors = (struct disk_errors){ .count = vm->errors.count + (size_t)n,
						   .disk = 1,
						   .reason = "no\nspace\xff" };
	*ret = vm->errors;
	return n == 0 ? err_set(err, -ECONNRESET, "the engine is gone") : 0;
}

static void fake_free(struct vm *vm)
{
	close(vm->events_fd);
	close(vm->pidfd);
	free(vm);
}

static pid_t fake_pid(const struct vm *vm)
{
	return vm->pid;
}

static int fake_pidfd(const struct vm *vm)
{
	return vm->pidfd;
}

const struct engine *engine_find(const char *name)
{
	static const struct engine engine = {
		.name = "fake",
		.start = fake_start,
		.pause = fake_pause,
		.resume = fake_resume,
		.kill = fake_kill,
		.free = fake_free,
		.pid = fake_pid,
		.pidfd = fake_pidfd,
		.events_fd = fake_events_fd,
		.disk_errors = fake_disk_errors,
	};

	return streq(name, engine.name) ? &engine : NULL;
}

void guest_is(guest_script script)
{
	the_script = script;
}

static void check(bool ok)
{
	if (!ok)
		abort();
}

void guest_send(int fd, enum link_type type, uint32_t stream, const void *payload, size_t len)
{
	guest_send_frame(fd, (struct link_header){ .type = type, .stream = stream }, payload, len);
}

void guest_send_frame(int fd, struct link_header h, const void *payload, size_t len)
{
	unsigned char header[LINK_HEADER_SIZE];

	h.size = (uint32_t)len;
	link_header_put(&h, header);
	check(fd_write_all(fd, header, sizeof(header)) == 0);
	check(fd_write_all(fd, payload, len) == 0);
}

static struct link_header receive(int fd, struct buf *payload)
{
	unsigned char header[LINK_HEADER_SIZE];
	struct link_header h;

	check(fd_read_exact(fd, header, sizeof(header)) == 0);
	check(link_header_get(header, &h) == 0);
	payload->len = 0;
	check(buf_reserve(payload, h.size) == 0);
	check(fd_read_exact(fd, payload->data, h.size) == 0);
	payload->len = h.size;
	return h;
}

static void book(const struct link_header *h, const struct buf *payload)
{
	struct wire_view v = { (unsigned char *)payload->data, payload->len };
	uint32_t bytes;

	check(wire_get_u32(&v, &bytes) == 0 && h->stream < STREAMS_MAX);
	credit[h->stream][h->channel] += bytes;
}

struct link_header guest_expect(int fd, enum link_type type, struct buf *ret_payload)
{
	struct buf payload = BUF_INIT;
	struct link_header h;

	do {
		h = receive(fd, &payload);
		if (h.type == LINK_CREDIT)
			book(&h, &payload);
	} while (h.type == LINK_CREDIT && type != LINK_CREDIT);
	check(h.type == type);
	if (ret_payload) {
		buf_reset(ret_payload);
		*ret_payload = payload;
	} else {
		buf_reset(&payload);
	}
	return h;
}

uint32_t guest_started(int fd)
{
	struct buf pid = BUF_INIT;
	struct link_header h = guest_expect(fd, LINK_SPAWN, NULL);

	check(wire_put_u32(&pid, 7) == 0);
	guest_send(fd, LINK_STARTED, h.stream, pid.data, pid.len);
	buf_reset(&pid);
	return h.stream;
}

static void check_container(const struct buf *payload)
{
	struct wire_view v = { (unsigned char *)payload->data, payload->len };
	struct link_container c;

	check(link_container_get(v, &c) == 0);
	check(streq(c.hostname, "box") && c.slot == 0);
	link_container_reset(&c);
}

static void check_machine(const struct buf *payload)
{
	struct wire_view v = { (unsigned char *)payload->data, payload->len };
	struct link_machine m;

	check(link_machine_get(v, &m) == 0);
	check(m.entropy.len == 64 && m.clock_nsec > 0);
}

void guest_hello(int fd)
{
	struct link_hello hello = { .version = LINK_VERSION, .kernel = "6.1", .boot_usec = 1 };
	struct buf payload = BUF_INIT;

	check(link_hello_put(&payload, &hello) == 0);
	guest_send(fd, LINK_HELLO, 0, payload.data, payload.len);
	guest_expect(fd, LINK_MACHINE, &payload);
	check_machine(&payload);
	buf_reset(&payload);
}

void guest_boot(int fd)
{
	struct buf payload = BUF_INIT;

	guest_hello(fd);
	guest_expect(fd, LINK_CONTAINER, &payload);
	check_container(&payload);
	buf_reset(&payload);
	guest_send_frame(fd, (struct link_header){ .type = LINK_READY, .container = 1 }, NULL, 0);
}

void guest_output(int fd, uint32_t stream, enum link_channel channel, const void *data, size_t len)
{
	struct link_header h = { .type = LINK_DATA, .channel = channel, .stream = stream };
	unsigned char header[LINK_HEADER_SIZE];
	const char *p = data;

	while (len > 0) {
		uint64_t room = credit[stream][channel];

		if (room == 0) {
			guest_expect(fd, LINK_CREDIT, NULL);
			continue;
		}
		h.size = (uint32_t)(len < room ? len : room);
		if (h.size > LINK_PAYLOAD_MAX)
			h.size = LINK_PAYLOAD_MAX;
		link_header_put(&h, header);
		check(fd_write_all(fd, header, sizeof(header)) == 0);
		check(fd_write_all(fd, p, h.size) == 0);
		credit[stream][channel] -= h.size;
		p += h.size;
		len -= h.size;
	}
}

void guest_grant(int fd, uint32_t stream, uint32_t bytes)
{
	struct buf payload = BUF_INIT;

	check(wire_put_u32(&payload, bytes) == 0);
	guest_send(fd, LINK_CREDIT, stream, payload.data, payload.len);
	buf_reset(&payload);
}

void guest_exited(int fd, uint32_t stream, uint32_t code, uint32_t signal)
{
	struct link_exited e = { .code = code, .signal = signal };
	struct buf payload = BUF_INIT;

	check(link_exited_put(&payload, &e) == 0);
	guest_send(fd, LINK_EXITED, stream, payload.data, payload.len);
	buf_reset(&payload);
}

void guest_disk_errors(size_t n)
{
	static const char marks[16];

	if (write(disk_errors_fd, marks, n) != (ssize_t)n)
		abort();
}

void guest_down(int fd)
{
	guest_expect(fd, LINK_SHUTDOWN, NULL);
	guest_send(fd, LINK_DOWN, 0, NULL, 0);
	pause();
}

void guest_hang(int fd)
{
	(void)fd;
	for (;;)
		pause();
}
