#include "transport/rpc/library_log.h"

#include <grpc/support/log.h>

#include <mutex>

#include "foundation/telemetry/log.h"

namespace tritontube::rpc {

namespace {

void Write(gpr_log_func_args* entry) {
  telemetry::Log(telemetry::Level::kDebug, "gRPC says", {{"what", entry->message}});
}

}  // namespace

void TakeLibraryLog() {
  static std::once_flag taken;
  std::call_once(taken, [] { gpr_set_log_function(Write); });
}

}  // namespace tritontube::rpc
