#include "endpoints/admin_rpc/admin_methods.h"

#include "transport/rpc/payload_message.h"
#include "tritontube/admin.pb.h"
#include "tritontube/v1/admin.pb.h"

namespace tritontube::admin_rpc {

namespace {

using Answer = async::Task<Result<blob::Bytes>>;

// One line each, as they were given to `nw`.
Answer ListNodes(const topology::TopologyStore& store) {
  const std::shared_ptr<const topology::Topology> topology = store.snapshot();
  if (topology == nullptr) {
    co_return Fail(ErrorCode::kUnavailable, "the topology of the cluster is not known yet");
  }
  ListNodesResponse response;
  for (const topology::Member& member : topology->members) response.add_nodes(member.address);
  co_return rpc::ToBytes(response);
}

Answer Status(const cluster::Reporter& reporter, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const nlohmann::json report, co_await reporter.Report(deadline));
  v1::ClusterStatusResponse response;
  response.set_json(report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  co_return rpc::ToBytes(response);
}

}  // namespace

rpc::Methods AdminMethods(const topology::TopologyStore& topology,
                          const cluster::Reporter& reporter) {
  rpc::Methods methods;
  methods.unary[std::string(kListNodes)] = [&topology](const blob::Bytes& /*request*/,
                                                       Deadline /*deadline*/) {
    return ListNodes(topology);
  };
  methods.unary[std::string(kStatus)] = [&reporter](const blob::Bytes& /*request*/,
                                                    Deadline deadline) {
    return Status(reporter, deadline);
  };
  return methods;
}

}  // namespace tritontube::admin_rpc
