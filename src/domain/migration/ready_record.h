#pragma once

#include <string>
#include <string_view>

#include "domain/topology/topology.h"

namespace tritontube::migration {

// That a node has pulled all that a plan wants of it. It is so for one life of its folder: after
// another registration (`starts`) it says so again, or it is not true any more.
struct ReadyRecord {
  std::uint64_t starts = 0;
  topology::Moved moved;

  bool operator==(const ReadyRecord&) const = default;
};

// Under "ready/<epoch that the plan began at>/<node>" in Coordination.
std::string ReadyPrefix(topology::Epoch plan);
std::string ReadyKey(topology::Epoch plan, const NodeId& node);
// "node/<node>": how often the node has registered.
std::string StartsKey(const NodeId& node);
// "live/<node>", under the node's lease: its sign of life.
inline constexpr std::string_view kLivePrefix = "live/";
std::string LiveKey(const NodeId& node);

std::string Encode(const ReadyRecord& record);
// kCorrupt for anything that Encode() does not write.
Result<ReadyRecord> DecodeReady(std::string_view text);

}  // namespace tritontube::migration
