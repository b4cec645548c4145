/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The machine is `microvm`: no PCI, no firmware setup, virtio-mmio
 * devices in the order they stand on the command line, announced by ACPI or, to a kernel that can
 * do without, by QEMU's additions to the kernel's command line.  Every file is an open
 * descriptor; kernel and initrd, which QEMU opens by name only, are /dev/fd/N.
 *
 * Numbers and moat's own constants go into the vector, and the kernel command line an
 * administrator set; that is one argument of its own, so it cannot become an option.
 */
#include "engine/qemu/cmdline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/str.h"

#define CPUS_MAX   255
#define MEMORY_MIN MIB(64)
#define MEMORY_MAX GIB(1024)
/* Memory for translated code.  QEMU's default is an eighth of the host's memory for each
 * machine. */
#define TCG_CACHE_MIB 256

/*
 * A kernel that is told of fast string operations copies and clears with `rep movsb` and `rep
 * stosb`, which the emulator does byte by byte: a fifth to an eighth of the speed that words have.
 */
#define EMULATED_CPU "max,erms=off,fsrm=off"

/* A microvm without ACPI has 8 virtio transports: for the disks, the NICs, the serial ports and
 * the balloon. */
_Static_assert(MACHINE_DISKS_MAX + MACHINE_NICS_MAX + 2 <= 8, "there are no more transports");

/*
 * PIC, PIT and RTC stay: a stock kernel without them needs the same time to boot, or a second more
 * (RTC), and an older one without PIT never finishes to calibrate its timers.
 */
#define MACHINE_OPTIONS                                                                            \
	"microvm,x-option-roms=off,pit=on,pic=on,rtc=on,isa-serial=on,"                            \
	"dump-guest-core=off,mem-merge=off"

/* A kernel panic reboots, which ends the machine (-no-reboot).  What the other options skip is
 * hardware that a microvm does not have. */
#define KERNEL_OPTIONS                                                                             \
	"console=ttyS0 quiet reboot=t panic=-1 tsc=reliable no_timer_check "                       \
	"random.trust_cpu=on "                                                                     \
	"cryptomgr.notests 8250.nr_uarts=1 rcupdate.rcu_expedited=1"

/* What is free in a template need not be reported by each of its clones.  Only moat's own kernel
 * knows this parameter (kernel/patches). */
#define TEMPLATE_OPTIONS " page_reporting.skip_first=1"

/* The vector as it grows.  What cannot be added ends it: @r says so, and nothing follows. */
struct arguments {
	char **v;
	int r;
};

static void add_all(struct arguments *a, const char *const *words, size_t n)
{
	for (size_t i = 0; a->r == 0 && i < n; i++)
		a->r = strv_add(&a->v, words[i]);
}

#define ADD(a, ...)                                                                                \
	add_all(a, (const char *const[]){ __VA_ARGS__ },                                           \
		ARRAY_SIZE(((const char *const[]){ __VA_ARGS__ })))

static void add_option(struct arguments *a, const char *option, const char *fmt, ...)
	printf_like(3, 4);

/* Adds an option and its value. */
static void add_option(struct arguments *a, const char *option, const char *fmt, ...)
{
	cleanup_free char *value = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&value, fmt, ap) < 0)
		value = NULL;
	va_end(ap);
	if (!value)
		a->r = -ENOMEM;
	ADD(a, option, value);
}

static void add_machine(struct arguments *a, const struct qemu_start *s, const struct machine *m)
{
	const char *machine = m->from ? MACHINE_OPTIONS ",memory-backend=ram" : MACHINE_OPTIONS;

	ADD(a, s->binary, "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
	    "-global", "virtio-mmio.force-legacy=false", "-global", "migration.announce-rounds=0");
	/* What is forked of a zygote shares its filter, and its jail lets it make no processes. */
	if (!m->forks)
		ADD(a, "-sandbox", "on,spawn=deny");
	add_option(a, "-machine", "%s,acpi=%s", machine, m->acpi ? "on" : "off");
	if (s->accel == QEMU_KVM) {
		ADD(a, "-accel", "kvm", "-cpu", "host");
	} else {
		add_option(a, "-accel", "tcg,thread=multi,tb-size=%d", TCG_CACHE_MIB);
		ADD(a, "-cpu", EMULATED_CPU);
	}
	add_option(a, "-smp", "%u", m->cpus);
}

/*
 * A template is made in shared memory.  Machines restored from it see its pages until they write
 * to them, and wait for QMP to say where their state is.
 */
static void add_memory(struct arguments *a, const struct qemu_start *s, const struct machine *m)
{
	uint64_t mib = (m->memory_bytes + MIB(1) - 1) / MIB(1);

	add_option(a, "-m", "%" PRIu64 "M", mib);
	if (!m->from)
		return;
	add_option(a, "-object",
		   "memory-backend-file,id=ram,size=%" PRIu64
		   "M,mem-path=/dev/fd/%d,share=%s,dump=off,merge=off",
		   mib, s->memory_fd, machine_is_restored(m) ? "off" : "on");
	if (machine_is_restored(m))
		ADD(a, "-incoming", "defer");
}

/*
 * Without a hypervisor to ask, the kernel measures its time stamp counter against the PIT.  On a
 * busy host that fails, and a machine whose clock is called reliable then waits for a
 * tick for ever: so the rate is given.  That of QEMU's APIC timer is fixed; moat's own kernel knows
 * the parameter (kernel/patches), to others it is a word of no meaning.
 */
static void add_kernel(struct arguments *a, const struct qemu_start *s, const struct machine *m)
{
	char tsc[64] = "";

	if (s->tsc_khz > 0)
		snprintf(tsc, sizeof(tsc), " tsc_early_khz=%u lapic_timer_hz=1000000000",
			 s->tsc_khz);
	add_option(a, "-kernel", "/dev/fd/%d", s->kernel_fd);
	add_option(a, "-initrd", "/dev/fd/%d", s->initrd_fd);
	add_option(a, "-append", KERNEL_OPTIONS "%s%s%s%s", tsc, m->from ? TEMPLATE_OPTIONS : "",
		   m->cmdline ? " " : "", m->cmdline ? m->cmdline : "");
}

/* fdset 1 is the console, from QEMU_FDSET_DISKS on come the disks. */
static void add_console(struct arguments *a, int fd)
{
	add_option(a, "-add-fd", "fd=%d,set=1", fd);
	ADD(a, "-chardev", "file,id=console,path=/dev/fdset/1,append=on", "-serial",
	    "chardev:console");
}

/* The guest sees the same device whether or not a server is at the socket's other end. */
static void add_share(struct arguments *a, size_t index, const struct machine_share *share, int fd)
{
	if (share->fd >= 0)
		add_option(a, "-chardev", "socket,id=share%zu,fd=%d", index, fd);
	else
		add_option(a, "-chardev", "null,id=share%zu", index);
	add_option(a, "-device", "virtserialport,chardev=share%zu,nr=%zu,name=moat.share.%zu",
		   index, index + 2, index);
}

/* Ports begin at 1, as port 0 of the device is a console's. */
static void add_ports(struct arguments *a, const struct qemu_start *s, const struct machine *m)
{
	add_option(a, "-chardev", "socket,id=link,fd=%d", s->link_fd);
	add_option(a, "-device", "virtio-serial-device,max_ports=%zu", 2 + m->n_shares);
	ADD(a, "-device", "virtserialport,chardev=link,nr=1,name=moat.link");
	for (size_t i = 0; i < m->n_shares; i++)
		add_share(a, i, &m->shares[i], s->share_fds[i]);
}

static void add_qmp(struct arguments *a, int fd)
{
	add_option(a, "-chardev", "socket,id=qmp,fd=%d", fd);
	ADD(a, "-mon", "chardev=qmp,mode=control");
}

/*
 * After a restore QEMU would announce the MAC address of the template, which no machine is to
 * have: so announce-rounds is 0 (add_machine()).  With that, and where guests can be asked to
 * announce themselves, a restored QEMU 7.2 follows a null pointer when the device is reset, which
 * any guest can do.  Offloads work only in a machine whose template had a tap as well.
 */
static void add_nic(struct arguments *a, size_t index, const struct machine_nic *nic, int fd)
{
	if (nic->tap_fd >= 0)
		add_option(a, "-netdev", "tap,id=nic%zu,fd=%d,vhost=off", index, fd);
	else
		add_option(a, "-netdev", "dgram,id=nic%zu,local.type=fd,local.str=%d", index, fd);
	add_option(a, "-device", "virtio-net-device,netdev=nic%zu,guest_announce=off", index);
}

/*
 * The file is the disk.  It goes through the host's page cache; the guest's flushes are
 * fdatasync(), its discards punch holes.  The raw node above it is what the device holds on to
 * when another file takes the place of this one.
 *
 * What the host cannot read or write is an I/O error to the guest.  By default a full disk of the
 * host's stops the virtual processors instead, until somebody says "cont".
 */
static void add_disk(struct arguments *a, size_t index, const struct machine_disk *d, int fd)
{
	const char *read_only = d->read_only ? "on" : "off";
	const char *discard = d->read_only ? "ignore" : "unmap";
	char file[256];

	if (d->fd >= 0) {
		add_option(a, "-add-fd", "fd=%d,set=%zu", fd, index + QEMU_FDSET_DISKS);
		snprintf(file, sizeof(file),
			 "driver=file,file.filename=/dev/fdset/%zu,file.locking=off,"
			 "file.drop-cache=off,file.auto-read-only=off,file.read-only=%s,"
			 "file.discard=%s,file.aio=threads",
			 index + QEMU_FDSET_DISKS, read_only, discard);
	} else {
		snprintf(file, sizeof(file),
			 "driver=null-co,file.size=%" PRIu64 ",file.read-zeroes=on", d->size_bytes);
	}
	add_option(a, "-blockdev",
		   "driver=raw,node-name=disk%zu,read-only=%s,discard=%s,detect-zeroes=off,file.%s",
		   index, read_only, discard, file);
	add_option(a, "-device", "virtio-blk-device,drive=disk%zu,werror=report,rerror=report",
		   index);
}

/*
 * The guest reports pages it has freed, and QEMU gives them back to the host.  What the guest finds
 * in one later is zeros in a machine that was booted, and the template's content in a clone: so it
 * is promised neither, and one that needs zeros there does not report (VIRTIO 1.2, 5.5.6).  A guest
 * in want of memory takes from the balloon what it needs, whatever the balloon is told to be.
 */
static void add_balloon(struct arguments *a)
{
	ADD(a, "-device",
	    "virtio-balloon-device,free-page-reporting=on,page-poison=off,deflate-on-oom=on");
}

int qemu_check_machine(const struct machine *m, struct err *err)
{
	if (m->cpus == 0 || m->cpus > CPUS_MAX)
		return err_set(err, -EINVAL, "%u CPUs: a machine has 1 to %d", m->cpus, CPUS_MAX);
	if (m->memory_bytes < MEMORY_MIN || m->memory_bytes > MEMORY_MAX)
		return err_set(err, -EINVAL,
			       "%" PRIu64 " bytes of memory: a machine has from 64 MiB to 1 TiB",
			       m->memory_bytes);
	if (m->n_disks > MACHINE_DISKS_MAX || m->n_nics > MACHINE_NICS_MAX ||
	    m->n_shares > MACHINE_SHARES_MAX)
		return err_set(err, -EINVAL,
			       "%zu disks, %zu NICs, %zu shares: a machine has at most %d, %d, %d",
			       m->n_disks, m->n_nics, m->n_shares, MACHINE_DISKS_MAX,
			       MACHINE_NICS_MAX, MACHINE_SHARES_MAX);
	return 0;
}

int qemu_cmdline(const struct qemu_start *s, const struct machine *m, char ***ret, struct err *err)
{
	struct arguments a = { 0 };

	add_machine(&a, s, m);
	add_memory(&a, s, m);
	if (!machine_is_restored(m))
		add_kernel(&a, s, m);
	add_console(&a, s->console_fd);
	add_qmp(&a, s->qmp_fd);
	add_ports(&a, s, m);
	for (size_t i = 0; i < m->n_disks; i++)
		add_disk(&a, i, &m->disks[i], s->disk_fds[i]);
	for (size_t i = 0; i < m->n_nics; i++)
		add_nic(&a, i, &m->nics[i], s->nic_fds[i]);
	add_balloon(&a);
	if (a.r < 0) {
		strv_free(a.v);
		return err_errno(err, a.r, "command line of QEMU");
	}
	*ret = a.v;
	return 0;
}
