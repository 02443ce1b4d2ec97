#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "services/space/ledger.h"

namespace tritontube::upload {

// Why a file is not taken. The message is for whoever sent it.
struct Refused {
  enum class Reason : std::uint8_t { kEmpty, kNotMedia, kUnusable, kTooLarge, kNoRoom };
  Reason reason = Reason::kEmpty;
  std::string message;
  std::optional<space::Shortage> shortage = {};  // kNoRoom only.
};

Refused TooLarge(ByteCount size_max);
Refused NoRoom(const space::Shortage& shortage);
// Of an upload that goes on when there is room again.
Refused NoRoomNow(const space::Shortage& shortage);

}  // namespace tritontube::upload
