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

static int add_all(char ***v, const char *const *args, size_t n)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = strv_add(v, args[i]);
	return r;
}

#define ADD(v, ...)                                                                                \
	add_all(v, (const char *const[]){ __VA_ARGS__ },                                           \
		ARRAY_SIZE(((const char *const[]){ __VA_ARGS__ })))

static int add_machine(char ***v, const struct qemu_start *s, const struct machine *m)
{
	const char *machine = m->from ? MACHINE_OPTIONS ",memory-backend=ram" : MACHINE_OPTIONS;
	int r = ADD(v, s->binary, "-nodefaults", "-no-user-config", "-no-reboot", "-display",
		    "none", "-global", "virtio-mmio.force-legacy=false", "-global",
		    "migration.announce-rounds=0");

	/* What is forked of a zygote shares its filter, and its jail lets it make no processes. */
	if (r == 0 && !m->forks)
		r = ADD(v, "-sandbox", "on,spawn=deny");
	if (r == 0)
		r = strv_add(v, "-machine");
	if (r == 0)
		r = strv_addf(v, "%s,acpi=%s", machine, m->acpi ? "on" : "off");
	if (r == 0)
		r = strv_add(v, "-accel");
	if (r == 0 && s->accel == QEMU_KVM)
		r = ADD(v, "kvm", "-cpu", "host");
	else if (r == 0)
		r = strv_addf(v, "tcg,thread=multi,tb-size=%d", TCG_CACHE_MIB);
	if (r == 0 && s->accel == QEMU_TCG)
		r = ADD(v, "-cpu", EMULATED_CPU);
	if (r == 0)
		r = strv_add(v, "-smp");
	if (r == 0)
		r = strv_addf(v, "%u", m->cpus);
	return r;
}

/*
 * A template is made in shared memory.  Machines restored from it see its pages until they write
 * to them, and wait for QMP to say where their state is.
 */
static int add_memory(char ***v, const struct qemu_start *s, const struct machine *m)
{
	uint64_t mib = (m->memory_bytes + MIB(1) - 1) / MIB(1);
	int r = strv_add(v, "-m");

	if (r == 0)
		r = strv_addf(v, "%" PRIu64 "M", mib);
	if (r < 0 || !m->from)
		return r;
	r = strv_add(v, "-object");
	if (r == 0)
		r = strv_addf(v,
			      "memory-backend-file,id=ram,size=%" PRIu64
			      "M,mem-path=/dev/fd/%d,share=%s,dump=off,merge=off",
			      mib, s->memory_fd, machine_is_restored(m) ? "off" : "on");
	if (r == 0 && machine_is_restored(m))
		r = ADD(v, "-incoming", "defer");
	return r;
}

/*
 * Without a hypervisor to ask, the kernel measures its time stamp counter against the PIT.  On a
 * busy host that fails, and a machine whose clock is called reliable then waits for a
 * tick for ever: so the rate is given.  That of QEMU's APIC timer is fixed; moat's own kernel knows
 * the parameter (kernel/patches), to others it is a word of no meaning.
 */
static int add_kernel(char ***v, const struct qemu_start *s, const struct machine *m)
{
	cleanup_free char *tsc = NULL;
	int r = strv_add(v, "-kernel");

	if (s->tsc_khz > 0) {
		tsc = str_printf(" tsc_early_khz=%u lapic_timer_hz=1000000000", s->tsc_khz);
		if (!tsc)
			return -ENOMEM;
	}
	if (r == 0)
		r = strv_addf(v, "/dev/fd/%d", s->kernel_fd);
	if (r == 0)
		r = strv_add(v, "-initrd");
	if (r == 0)
		r = strv_addf(v, "/dev/fd/%d", s->initrd_fd);
	if (r == 0)
		r = strv_add(v, "-append");
	if (r == 0)
		r = strv_addf(v, KERNEL_OPTIONS "%s%s%s", tsc ? tsc : "", m->cmdline ? " " : "",
			      m->cmdline ? m->cmdline : "");
	return r;
}

/* fdset 1 is the console, from QEMU_FDSET_DISKS on come the disks. */
static int add_console(char ***v, int fd)
{
	int r = strv_add(v, "-add-fd");

	if (r == 0)
		r = strv_addf(v, "fd=%d,set=1", fd);
	return r == 0 ? ADD(v, "-chardev", "file,id=console,path=/dev/fdset/1,append=on", "-serial",
			    "chardev:console")
		      : r;
}

/* The guest sees the same device whether or not a server is at the socket's other end. */
static int add_share(char ***v, size_t index, const struct machine_share *share, int fd)
{
	int r = strv_add(v, "-chardev");

	if (r == 0 && share->fd >= 0)
		r = strv_addf(v, "socket,id=share%zu,fd=%d", index, fd);
	else if (r == 0)
		r = strv_addf(v, "null,id=share%zu", index);
	if (r == 0)
		r = strv_add(v, "-device");
	return r == 0 ? strv_addf(v, "virtserialport,chardev=share%zu,nr=%zu,name=moat.share.%zu",
				  index, index + 2, index)
		      : r;
}

/* Ports begin at 1, as port 0 of the device is a console's. */
static int add_ports(char ***v, const struct qemu_start *s, const struct machine *m)
{
	int r = strv_add(v, "-chardev");

	if (r == 0)
		r = strv_addf(v, "socket,id=link,fd=%d", s->link_fd);
	if (r == 0)
		r = strv_add(v, "-device");
	if (r == 0)
		r = strv_addf(v, "virtio-serial-device,max_ports=%zu", 2 + m->n_shares);
	if (r == 0)
		r = ADD(v, "-device", "virtserialport,chardev=link,nr=1,name=moat.link");
	for (size_t i = 0; r == 0 && i < m->n_shares; i++)
		r = add_share(v, i, &m->shares[i], s->share_fds[i]);
	return r;
}

static int add_qmp(char ***v, int fd)
{
	int r = strv_add(v, "-chardev");

	if (r == 0)
		r = strv_addf(v, "socket,id=qmp,fd=%d", fd);
	return r == 0 ? ADD(v, "-mon", "chardev=qmp,mode=control") : r;
}

/*
 * After a restore QEMU would announce the MAC address of the template, which no machine is to
 * have: so announce-rounds is 0 (add_machine()).  With that, and where guests can be asked to
 * announce themselves, a restored QEMU 7.2 follows a null pointer when the device is reset, which
 * any guest can do.  Offloads work only in a machine whose template had a tap as well.
 */
static int add_nic(char ***v, size_t index, const struct machine_nic *nic, int fd)
{
	int r = strv_add(v, "-netdev");

	if (r == 0 && nic->tap_fd >= 0)
		r = strv_addf(v, "tap,id=nic%zu,fd=%d,vhost=off", index, fd);
	else if (r == 0)
		r = strv_addf(v, "dgram,id=nic%zu,local.type=fd,local.str=%d", index, fd);
	if (r == 0)
		r = strv_add(v, "-device");
	return r == 0 ? strv_addf(v, "virtio-net-device,netdev=nic%zu,guest_announce=off", index)
		      : r;
}

static int add_file(char ***v, size_t index, const struct machine_disk *d, const char *node)
{
	if (d->fd < 0)
		return strv_addf(v,
				 "%s,file.driver=null-co,file.size=%" PRIu64 ",file.read-zeroes=on",
				 node, d->size_bytes);
	return strv_addf(v,
			 "%s,file.driver=file,file.filename=/dev/fdset/%zu,file.locking=off,"
			 "file.drop-cache=off,file.auto-read-only=off,file.read-only=%s,"
			 "file.discard=%s,file.aio=threads",
			 node, index + QEMU_FDSET_DISKS, d->read_only ? "on" : "off",
			 d->read_only ? "ignore" : "unmap");
}

/*
 * The file is the disk.  It goes through the host's page cache; the guest's flushes are
 * fdatasync(), its discards punch holes.  The raw node above it is what the device holds on to
 * when another file takes the place of this one.
 *
 * What the host cannot read or write is an I/O error to the guest.  By default a full disk of the
 * host's stops the virtual processors instead, until somebody says "cont".
 */
static int add_disk(char ***v, size_t index, const struct machine_disk *d, int fd)
{
	cleanup_free char *node =
		str_printf("driver=raw,node-name=disk%zu,read-only=%s,discard=%s,detect-zeroes=off",
			   index, d->read_only ? "on" : "off", d->read_only ? "ignore" : "unmap");
	int r = node ? 0 : -ENOMEM;

	if (r == 0 && d->fd >= 0)
		r = strv_add(v, "-add-fd");
	if (r == 0 && d->fd >= 0)
		r = strv_addf(v, "fd=%d,set=%zu", fd, index + QEMU_FDSET_DISKS);
	if (r == 0)
		r = strv_add(v, "-blockdev");
	if (r == 0)
		r = add_file(v, index, d, node);
	if (r == 0)
		r = strv_add(v, "-device");
	return r == 0 ? strv_addf(v, "virtio-blk-device,drive=disk%zu,werror=report,rerror=report",
				  index)
		      : r;
}

/*
 * The guest reports pages it has freed, and QEMU gives them back to the host.  What the guest finds
 * in one later is zeros in a machine that was booted, and the template's content in a clone: so it
 * is promised neither, and one that needs zeros there does not report (VIRTIO 1.2, 5.5.6).  A guest
 * in want of memory takes from the balloon what it needs, whatever the balloon is told to be.
 */
static int add_balloon(char ***v)
{
	return ADD(v, "-device",
		   "virtio-balloon-device,free-page-reporting=on,page-poison=off,"
		   "deflate-on-oom=on");
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
	cleanup_strv char **v = NULL;
	int r = add_machine(&v, s, m);

	if (r == 0)
		r = add_memory(&v, s, m);
	if (r == 0 && !machine_is_restored(m))
		r = add_kernel(&v, s, m);
	if (r == 0)
		r = add_console(&v, s->console_fd);
	if (r == 0)
		r = add_qmp(&v, s->qmp_fd);
	if (r == 0)
		r = add_ports(&v, s, m);
	for (size_t i = 0; r == 0 && i < m->n_disks; i++)
		r = add_disk(&v, i, &m->disks[i], s->disk_fds[i]);
	for (size_t i = 0; r == 0 && i < m->n_nics; i++)
		r = add_nic(&v, i, &m->nics[i], s->nic_fds[i]);
	if (r == 0)
		r = add_balloon(&v);
	if (r < 0)
		return err_errno(err, r, "command line of QEMU");
	*ret = take_ptr(v);
	return 0;
}
