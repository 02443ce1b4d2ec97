#include "app/commands/worker_command.h"

#include "app/worker.h"
#include "base/printable.h"

namespace tritontube::app {

Result<void> WorkerCommand::Run(const Console& console) {
  TT_RETURN_IF_ERROR(flags_.Resolve(console.environment));
  if (settings_.etcd.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                "worker: say where the cluster's metadata is, such as --etcd "
                "\"localhost:8093,localhost:8094\"");
  }
  for (const std::string& address : settings_.etcd) {
    if (config::ParseSocketAddress(address)) continue;
    return Fail(ErrorCode::kInvalidArgument, "--etcd: \"{}\" is no address; expected HOST:PORT",
                Printable(address));
  }
  return RunWorker(settings_, console.out);
}

}  // namespace tritontube::app
