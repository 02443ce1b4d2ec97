#pragma once

#include <cstdint>
#include <mutex>

#include "base/bytes.h"
#include "base/error.h"
#include "transport/rpc/server.h"

namespace tritontube::rpc {

// How much a server takes at once. Any thread.
class Admission {
 public:
  Admission(std::size_t calls_max, ByteCount bytes_max)
      : load_{.calls = {.limit = calls_max}, .bytes_in_flight = {.limit = bytes_max}} {}

  // Before the message is read; `announced_bytes` is what the caller says of it. A caller that
  // says nothing is let in while there is any room, and counted when its message is there.
  Result<void> Enter(ByteCount announced_bytes);
  // The message has as many bytes as `bytes`, which are counted from now on also when that is an
  // error.
  Result<void> Correct(ByteCount announced_bytes, ByteCount bytes);
  void Leave(ByteCount bytes);

  // From now on nobody enters.
  void Close();
  Server::Load load() const;

 private:
  mutable std::mutex mutex_;
  Server::Load load_;
  bool closed_ = false;
};

}  // namespace tritontube::rpc
