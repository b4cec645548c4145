/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Found with strace(1) over the life of machines: start, boot, disk I/O with flushes and discards,
 * pause, power off; with KVM and with emulation.
 */
#include "engine/qemu/calls.h"

#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <sys/syscall.h>

#include "base/macro.h"

const int qemu_calls[] = {
	/* the main loop and its threads */
	SYS_eventfd2,
	SYS_pipe2,
	SYS_signalfd4,
	SYS_epoll_create1,
	SYS_epoll_ctl,
	SYS_epoll_pwait,
#ifdef SYS_epoll_wait
	SYS_epoll_wait,
#endif
	SYS_rt_sigtimedwait,
	SYS_rt_sigpending,
	SYS_getcpu,
	SYS_sysinfo,
	/* sockets it was given; it may make none */
	SYS_recvmsg,
	SYS_sendmsg,
	SYS_recvfrom,
	SYS_sendto,
	SYS_getsockname,
	SYS_getpeername,
	SYS_getsockopt,
	SYS_setsockopt,
	SYS_shutdown,
	/* disks */
	SYS_preadv,
	SYS_pwritev,
	SYS_fsync,
	SYS_fdatasync,
	SYS_fallocate,
};

const size_t qemu_n_calls = ARRAY_SIZE(qemu_calls);

/* Commands for a tap, then those for KVM that QEMU 7.2 and later send for a microvm. */
const unsigned long qemu_ioctls[] = {
	TUNGETFEATURES,
	TUNGETIFF,
	TUNSETSNDBUF,
	TUNSETOFFLOAD,
	TUNSETVNETHDRSZ,
	TUNGETVNETHDRSZ,
	TUNSETVNETLE,
	TUNSETVNETBE,
#define N_TAP_IOCTLS 8
	/* the system's */
	KVM_GET_API_VERSION,
	KVM_CHECK_EXTENSION,
	KVM_CREATE_VM,
	KVM_GET_VCPU_MMAP_SIZE,
	KVM_GET_SUPPORTED_CPUID,
	KVM_GET_MSR_INDEX_LIST,
	KVM_GET_MSR_FEATURE_INDEX_LIST,
	KVM_X86_GET_MCE_CAP_SUPPORTED,
	/* a machine's */
	KVM_CREATE_VCPU,
	KVM_ENABLE_CAP,
	KVM_SET_USER_MEMORY_REGION,
#ifdef KVM_SET_USER_MEMORY_REGION2
	KVM_SET_USER_MEMORY_REGION2,
#endif
	KVM_GET_DIRTY_LOG,
	KVM_CLEAR_DIRTY_LOG,
	KVM_SET_TSS_ADDR,
	KVM_SET_IDENTITY_MAP_ADDR,
	KVM_CREATE_IRQCHIP,
	KVM_GET_IRQCHIP,
	KVM_SET_IRQCHIP,
	KVM_CREATE_PIT2,
	KVM_GET_PIT2,
	KVM_SET_PIT2,
	KVM_REINJECT_CONTROL,
	KVM_SET_GSI_ROUTING,
	KVM_IRQ_LINE,
	KVM_IRQ_LINE_STATUS,
	KVM_IRQFD,
	KVM_IOEVENTFD,
	KVM_SIGNAL_MSI,
	KVM_REGISTER_COALESCED_MMIO,
	KVM_UNREGISTER_COALESCED_MMIO,
	KVM_GET_CLOCK,
	KVM_SET_CLOCK,
	KVM_SET_BOOT_CPU_ID,
	KVM_X86_SET_MSR_FILTER,
	KVM_GET_DEVICE_ATTR,
	KVM_SET_DEVICE_ATTR,
	KVM_HAS_DEVICE_ATTR,
	/* a processor's */
	KVM_RUN,
	KVM_GET_REGS,
	KVM_SET_REGS,
	KVM_GET_SREGS,
	KVM_SET_SREGS,
	KVM_GET_SREGS2,
	KVM_SET_SREGS2,
	KVM_GET_MSRS,
	KVM_SET_MSRS,
	KVM_SET_CPUID2,
	KVM_GET_FPU,
	KVM_SET_FPU,
	KVM_GET_XSAVE,
	KVM_GET_XSAVE2,
	KVM_SET_XSAVE,
	KVM_GET_XCRS,
	KVM_SET_XCRS,
	KVM_GET_LAPIC,
	KVM_SET_LAPIC,
	KVM_GET_MP_STATE,
	KVM_SET_MP_STATE,
	KVM_GET_VCPU_EVENTS,
	KVM_SET_VCPU_EVENTS,
	KVM_GET_DEBUGREGS,
	KVM_SET_DEBUGREGS,
	KVM_SET_GUEST_DEBUG,
	KVM_GET_TSC_KHZ,
	KVM_SET_TSC_KHZ,
	KVM_GET_NESTED_STATE,
	KVM_SET_NESTED_STATE,
	KVM_SET_SIGNAL_MASK,
	KVM_KVMCLOCK_CTRL,
	KVM_TPR_ACCESS_REPORTING,
	KVM_SET_VAPIC_ADDR,
	KVM_X86_SETUP_MCE,
	KVM_INTERRUPT,
	KVM_NMI,
	KVM_SMI,
};

size_t qemu_n_ioctls(bool kvm)
{
	return kvm ? ARRAY_SIZE(qemu_ioctls) : N_TAP_IOCTLS;
}
