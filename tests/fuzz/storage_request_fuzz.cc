// Whatever a stranger sends to a content node, it is refused or is a request that
// may be acted on.
#include <array>
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "endpoints/storage_rpc/requests.h"

namespace tritontube::storage_rpc {
namespace {

template <typename Call>
void CheckTarget(const Result<Call>& call) {
  if (!call) return;
  TT_ASSERT(IsWellFormedId(call->target.cluster.text()), "a cluster's id got through");
  TT_ASSERT(IsWellFormedId(call->target.node.text()), "a node's id got through");
}

void CheckPut(const blob::Bytes& request) {
  const Result<PutCall> call = ParsePut(request);
  CheckTarget(call);
  if (!call) return;
  ByteCount size = 0;
  for (const storage_node::IncomingBlob& blob : call->batch) {
    TT_ASSERT(blob::IsWellFormedFileName(blob.key.file), "a file's name got through");
    TT_ASSERT(blob.bytes.size() == blob.stat.size, "a blob has other bytes than it says");
    size += blob.bytes.size();
  }
  TT_ASSERT(size <= request.size(), "{} bytes came out of {}", size, request.size());
}

void CheckScan(const blob::Bytes& request) {
  const Result<ScanCall> call = ParseScan(request);
  CheckTarget(call);
  if (!call) return;
  TT_ASSERT(call->request.limit > 0 && call->request.limit <= kItemsPerPageMax, "no such page");
}

}  // namespace
}  // namespace tritontube::storage_rpc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tritontube::storage_rpc;
  const tritontube::blob::Bytes request(std::string(reinterpret_cast<const char*>(data), size));
  CheckPut(request);
  CheckScan(request);
  CheckTarget(ParseJoin(request));
  CheckTarget(ParseGet(request));
  CheckTarget(ParseStat(request));
  CheckTarget(ParseRemoveUpload(request));
  CheckTarget(ParseDigests(request));
  CheckTarget(ParseConfirm(request));
  return 0;
}
