#include "transport/process/system_calls.h"

#include <sched.h>
#include <seccomp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>

namespace tritontube::process {

namespace {

constexpr auto kDenied = std::to_array<int>({
    // The network, and local sockets.
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    // Other processes, and leaving the process group that is killed as a whole.
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(kcmp),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(setsid),
    SCMP_SYS(setpgid),
    // Mounts and namespaces.
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(open_tree),
    SCMP_SYS(move_mount),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(open_by_handle_at),
    // The kernel's inner parts.
    SCMP_SYS(bpf),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(fanotify_init),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(quotactl),
    SCMP_SYS(acct),
    SCMP_SYS(syslog),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(adjtimex),
    SCMP_SYS(personality),
    SCMP_SYS(vhangup),
});

constexpr std::uint64_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                         CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

scmp_arg_cmp FirstArgument(scmp_compare how, scmp_datum_t a, scmp_datum_t b = 0) {
  return {.arg = 0, .op = how, .datum_a = a, .datum_b = b};
}

bool AddRules(scmp_filter_ctx filter) {
  constexpr std::uint32_t kRefuse = SCMP_ACT_ERRNO(EPERM);
  bool added = true;
  const auto refuse_if = [&](int call, scmp_arg_cmp argument) {
    added = added && ::seccomp_rule_add_array(filter, kRefuse, call, 1, &argument) == 0;
  };
  for (const int call : kDenied) {
    added = added && ::seccomp_rule_add_array(filter, kRefuse, call, 0, nullptr) == 0;
  }
  // abort() signals its own process, which has to work.
  refuse_if(SCMP_SYS(tgkill), FirstArgument(SCMP_CMP_NE, static_cast<scmp_datum_t>(::getpid())));
  // Its own limits are read by the C library; zero names the caller.
  refuse_if(SCMP_SYS(prlimit64), FirstArgument(SCMP_CMP_NE, 0));
  for (std::uint64_t flag = 1; flag <= kNewNamespaces; flag <<= 1U) {
    if ((kNewNamespaces & flag) == 0) continue;
    refuse_if(SCMP_SYS(clone), FirstArgument(SCMP_CMP_MASKED_EQ, flag, flag));
  }
  // A filter cannot look into clone3's structure; without it the C library uses
  // clone, whose flags are seen.
  constexpr std::uint32_t kUnknownCall = SCMP_ACT_ERRNO(ENOSYS);
  return added && ::seccomp_rule_add_array(filter, kUnknownCall, SCMP_SYS(clone3), 0, nullptr) == 0;
}

}  // namespace

Result<void> RestrictSystemCalls() {
  const std::unique_ptr<void, decltype(&::seccomp_release)> filter(::seccomp_init(SCMP_ACT_ALLOW),
                                                                   &::seccomp_release);
  if (filter == nullptr || !AddRules(filter.get()) || ::seccomp_load(filter.get()) != 0) {
    return Fail(ErrorCode::kUnimplemented,
                "this kernel does not let a process give up system calls (seccomp)");
  }
  return {};
}

}  // namespace tritontube::process
