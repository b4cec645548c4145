/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: one poll(2) loop over the attached socket, standard input, caught signals,
 * the control connection and the wait connection.  Nothing in it blocks: a reader that is slow on
 * standard output stops only the reading of the attached socket, so signals still go through.
 * At most one buffer's worth is held in each direction.
 *
 * Input: the workload's output comes through moatd or the shim, framed by them; a frame that is
 * none ends the stream.  Output bytes are passed on unchanged, to a terminal too, as is expected
 * of a program that shows another program's output.
 */
#include "cli/term/stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/term/demux.h"
#include "cli/term/output.h"
#include "cli/term/signals.h"
#include "cli/term/terminal.h"

#define OUT_BYTES (256 * 1024)
#define IN_BYTES  (64 * 1024)

enum { POLL_STREAM, POLL_STDIN, POLL_SIGNAL, POLL_CONTROL, POLL_WAIT, POLL_OUTPUT, POLL_COUNT };

struct pump {
	struct stream *s;
	struct stream_result result;
	bool ended; /* by detaching or a signal */

	struct output out[2];
	struct demux demux;
	struct demux_piece piece; /* what is to be written next */
	char *rx;		  /* received, OUT_BYTES */
	size_t rx_off, rx_len;
	bool rx_eof;

	char *tx; /* to be sent, IN_BYTES */
	size_t tx_off, tx_len;
	bool tx_open; /* standard input is still read */
	bool tx_shut; /* the socket was half-closed */
	bool wait_open;
	int signal_fd;
	unsigned n_pleas; /* SIGINT and SIGTERM that came */
};

static int next_piece(struct pump *p, struct err *err)
{
	ssize_t n;

	if (p->s->tty) {
		p->piece = (struct demux_piece){ 1, p->rx + p->rx_off, p->rx_len };
		n = (ssize_t)p->rx_len;
	} else {
		n = demux_next(&p->demux, p->rx + p->rx_off, p->rx_len, &p->piece);
		if (n < 0)
			return err_set(err, (int)n, "the output stream is broken");
	}
	p->rx_off += (size_t)n;
	p->rx_len -= (size_t)n;
	return 0;
}

/* Writes what was received until it would block or nothing is left. */
static int write_output(struct pump *p, struct err *err)
{
	for (;;) {
		ssize_t n;
		int r;

		if (p->piece.len == 0) {
			if (p->rx_len == 0)
				return 0;
			r = next_piece(p, err);
			if (r < 0)
				return r;
			continue;
		}
		n = output_write(&p->out[p->piece.stream - 1], p->piece.data, p->piece.len);
		if (n < 0)
			return err_errno(err, (int)n, "write standard %s",
					 p->piece.stream == FRAMES_STDOUT ? "output" : "error");
		if (n == 0)
			return 0;
		p->piece.data += n;
		p->piece.len -= (size_t)n;
	}
}

static int receive_output(struct pump *p, struct err *err)
{
	ssize_t n = recv(p->s->fd, p->rx, OUT_BYTES, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		/* A reset is an end like any other: the exit status is asked for elsewhere. */
		p->rx_eof = true;
		p->tx_open = false;
		p->tx_len = 0;
		return 0;
	}
	p->rx_off = 0;
	p->rx_len = (size_t)n;
	return write_output(p, err);
}

static void send_stdin(struct pump *p)
{
	while (p->tx_len > 0) {
		ssize_t n =
			send(p->s->fd, p->tx + p->tx_off, p->tx_len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			/* The process does not read its input any more; its output is still
			 * taken. */
			p->tx_open = false;
			p->tx_len = 0;
			return;
		}
		p->tx_off += (size_t)n;
		p->tx_len -= (size_t)n;
	}
	if (!p->tx_open && !p->tx_shut) {
		(void)shutdown(p->s->fd, SHUT_WR);
		p->tx_shut = true;
	}
}

/* Sends what was typed before the keys, and ends.  The keys were read into this buffer, so there is
 * room for them behind that text. */
static void find_detach_keys(struct pump *p)
{
	const struct detach_keys *keys = &p->s->keys;
	bool found;

	p->tx_len = detach_keys_filter(&p->s->keys, p->tx, p->tx_len, &found);
	if (!found)
		return;
	/* The keys are also sent, so that moatd publishes its event; nothing waits for that. */
	memcpy(p->tx + p->tx_len, keys->keys, keys->n);
	p->tx_len += keys->n;
	send_stdin(p);
	p->ended = true;
	p->result.end = STREAM_DETACHED;
}

static void read_stdin(struct pump *p)
{
	size_t skip = p->s->tty ? DETACH_KEYS_MAX : 0;
	ssize_t n = read(STDIN_FILENO, p->tx + skip, IN_BYTES - skip);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	p->tx_off = 0;
	if (n <= 0) {
		p->tx_open = false;
		return;
	}
	p->tx_len = (size_t)n;
	if (p->s->tty)
		find_detach_keys(p);
}

/* Passes a signal on.  After STREAM_PATIENCE of SIGINT and SIGTERM the program ends, so that a
 * workload that ignores them does not keep its user here. */
static void pass_on_signal(struct pump *p, int signo)
{
	if ((signo == SIGINT || signo == SIGTERM) && ++p->n_pleas == STREAM_PATIENCE) {
		p->ended = true;
		p->result.end = STREAM_LEFT;
	} else {
		p->s->control.signals |= 1ULL << signo;
	}
}

static void take_signal(struct pump *p)
{
	int signo = signals_read(p->signal_fd);

	if (signo == SIGWINCH && p->s->tty) {
		p->s->control.resize = true;
	} else if (signo > 0 && p->s->proxy_signals) {
		pass_on_signal(p, signo);
	} else if (signo > 0) {
		p->ended = true;
		p->result.end = STREAM_SIGNALLED;
		p->result.signo = signo;
	}
}

static void step_wait(struct pump *p)
{
	int r = api_step(p->s->wait, NULL);

	if (r == 0)
		return;
	p->wait_open = false;
	p->result.wait_done = r > 0;
}

static bool output_pending(const struct pump *p)
{
	return p->piece.len > 0 || p->rx_len > 0;
}

static bool pump_finished(const struct pump *p)
{
	return p->ended || (p->rx_eof && !output_pending(p) && !p->wait_open &&
			    p->s->control.doing != CONTROL_START && !p->s->control.start);
}

/* Descriptors of which nothing is wanted are left out: poll(2) would report their hang-up for
 * ever. */
static void fill_poll(const struct pump *p, struct pollfd *fds)
{
	short stream = (short)((p->rx_eof || output_pending(p) ? 0 : POLLIN) |
			       (p->tx_len > 0 ? POLLOUT : 0));
	bool want_stdin = p->tx_open && p->tx_len == 0;
	int out_fd = p->piece.len > 0 ? p->out[p->piece.stream - 1].fd : -1;

	fds[POLL_STREAM] = (struct pollfd){ stream ? p->s->fd : -1, stream, 0 };
	fds[POLL_STDIN] = (struct pollfd){ want_stdin ? STDIN_FILENO : -1, POLLIN, 0 };
	fds[POLL_SIGNAL] = (struct pollfd){ p->signal_fd, POLLIN, 0 };
	fds[POLL_CONTROL] = (struct pollfd){ control_fd(&p->s->control), POLLIN, 0 };
	fds[POLL_WAIT] = (struct pollfd){ p->wait_open ? api_fd(p->s->wait) : -1, POLLIN, 0 };
	fds[POLL_OUTPUT] = (struct pollfd){ out_fd, POLLOUT, 0 };
}

static int dispatch_events(struct pump *p, const struct pollfd *fds, struct err *err)
{
	int r = 0;

	if (fds[POLL_SIGNAL].revents)
		take_signal(p);
	if (fds[POLL_CONTROL].revents)
		r = control_step(&p->s->control, err);
	if (r == 0 && fds[POLL_OUTPUT].revents)
		r = write_output(p, err);
	if (r == 0 && fds[POLL_STREAM].revents & (POLLIN | POLLHUP | POLLERR) &&
	    fds[POLL_STREAM].events & POLLIN)
		r = receive_output(p, err);
	if (r < 0)
		return r;
	if (fds[POLL_STDIN].revents)
		read_stdin(p);
	if (p->s->send_stdin && !p->rx_eof && !p->ended)
		send_stdin(p);
	if (fds[POLL_WAIT].revents)
		step_wait(p);
	return 0;
}

static int run_pump(struct pump *p, struct err *err)
{
	int r = write_output(p, err);

	while (r == 0 && !pump_finished(p)) {
		struct pollfd fds[POLL_COUNT];

		r = control_pump(&p->s->control, err);
		if (r < 0)
			break;
		fill_poll(p, fds);
		if (poll(fds, POLL_COUNT, -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_errno(err, -errno, "poll");
		}
		r = dispatch_events(p, fds, err);
	}
	return r;
}

static int set_up(struct pump *p, struct err *err)
{
	size_t early = p->s->early ? p->s->early->len : 0;
	int r = 0;

	p->rx = malloc(early > OUT_BYTES ? early : OUT_BYTES);
	p->tx = malloc(IN_BYTES);
	if (!p->rx || !p->tx)
		return err_nomem(err);
	if (early > 0)
		memcpy(p->rx, p->s->early->data, early);
	p->rx_len = early;
	p->tx_open = p->s->send_stdin;
	p->result.wait_done = p->s->wait && api_done(p->s->wait);
	p->wait_open = p->s->wait && !p->result.wait_done;
	(void)signal(SIGPIPE, SIG_IGN);
	output_open(&p->out[0], STDOUT_FILENO);
	output_open(&p->out[1], STDERR_FILENO);
	if (p->s->proxy_signals || p->s->tty)
		r = signals_catch(p->s->proxy_signals, p->s->tty, &p->signal_fd, err);
	if (r == 0 && p->s->tty && p->s->send_stdin)
		r = terminal_raw(STDIN_FILENO, err);
	p->s->control.resize = p->s->tty && isatty(STDIN_FILENO);
	return r;
}

int stream_run(struct stream *s, struct stream_result *ret, struct err *err)
{
	struct pump p = { .s = s, .signal_fd = -1 };
	int r;

	p.out[0].fd = p.out[1].fd = -1;
	if (s->keys.n == 0)
		(void)detach_keys_parse(NULL, &s->keys, NULL);
	r = set_up(&p, err);
	if (r == 0)
		r = run_pump(&p, err);
	terminal_restore();
	output_close(&p.out[0]);
	output_close(&p.out[1]);
	signals_release(p.signal_fd);
	free(p.rx);
	free(p.tx);
	if (r == 0)
		*ret = p.result;
	return r;
}
