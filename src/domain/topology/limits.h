#pragma once

#include <cstddef>

#include "domain/topology/topology.h"

// What keeps the stored form well below what one transaction takes (coordination::kTxnBytesMax):
// two tables of 64 KiB and 24 to 350 bytes for each member.
namespace tritontube::topology {

inline constexpr int kCopiesMax = 8;
inline constexpr std::size_t kMembersMax = 1024;
inline constexpr std::size_t kAddressBytesMax = 255;
inline constexpr std::size_t kZoneBytesMax = 64;
inline constexpr std::size_t kReasonBytesMax = 255;

// kInvalidArgument when its texts are beyond these limits.
Result<void> CheckMember(const Member& member);
// Also when an id or an address stands twice.
Result<void> CheckMembers(const std::vector<Member>& members);

}  // namespace tritontube::topology
