#pragma once

#include "base/deadline.h"
#include "base/ids.h"
#include "foundation/telemetry/event.h"
#include "services/upload/incoming.h"

namespace tritontube::upload {

// What the log tells of one upload while it comes in.
class Account {
 public:
  explicit Account(Incoming& incoming) : incoming_(incoming) {}

  // The next bytes of the file, as Incoming gives them.
  async::Task<Result<std::optional<blob::Bytes>>> Next();
  // The last Next() has failed: it is not our disk that breaks the upload off.
  bool sender_failed() const { return sender_failed_; }

  void Begin(const VideoId& video, std::string_view file_name, std::optional<ByteCount> total);
  void set_bytes(ByteCount bytes) { bytes_ = bytes; }
  void End(telemetry::Level level, std::string_view what, std::string_view reason) const;

 private:
  Incoming& incoming_;
  const Deadline::Clock::time_point begin_ = Deadline::Clock::now();
  bool sender_failed_ = false;
  std::string video_;  // Empty for what was refused before it became one.
  ByteCount bytes_ = 0;
};

}  // namespace tritontube::upload
