#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "core/placement/slot_table.h"

// Who is in the cluster and who keeps what.
namespace tritontube::topology {

// Grows with every change of the topology; 0 is before the first.
using Epoch = std::uint64_t;

struct Member {
  NodeId id;
  std::string address;  // host:port, as it was given to `nw` or `admin add`.
  std::string zone = {};
  std::uint64_t weight = 1;  // Bytes its disk had when it was added.
  // Its folder has missed something (an old copy of it came back): it stores and
  // serves, but what it does not have may exist.
  bool incomplete = false;

  bool operator==(const Member&) const = default;
};

struct Topology {
  ClusterId cluster;
  Epoch epoch = 0;
  placement::Replication replication;
  std::vector<Member> members;
  placement::SlotTable table;  // Indices into `members`.

  const Member* Find(const NodeId& id) const;
  bool operator==(const Topology&) const = default;
};

// The first topology of a cluster, epoch 1. kInvalidArgument without a member, or when an id or
// an address stands twice.
Result<Topology> Found(ClusterId cluster, std::vector<Member> members);

// The stored form (docs/formats.md). Decode believes nothing: kCorrupt when the checksum, an index
// or a count is wrong, kFailedPrecondition for a newer format.
std::string Encode(const Topology& topology);
Result<Topology> Decode(std::string_view bytes);

}  // namespace tritontube::topology
