#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "app/client/api.h"
#include "app/client/local_file.h"

namespace tritontube::client {

// Sends one file in ranges, so that what a broken connection or a server that is
// started again interrupts goes on where it was: the server says what it has, and
// gets what is missing. The index of a film goes first, so that it can be watched
// while the rest is sent.
class ResumableSend {
 public:
  // `show` is told about once a second how much of the file is there.
  ResumableSend(Context& context, const LocalFile& file, std::function<void(ByteCount)> show)
      : context_(context), file_(file), show_(std::move(show)) {}

  // The video, which is listed from now on.
  Result<std::string> Create();
  // Every byte is there when this returns without an error. Gives up when the
  // server was not reached for minutes; after Ctrl-C nothing of it is left.
  Result<void> SendAll();

 private:
  Result<void> SendMissing();
  Result<void> SendRange(bmff::ByteRange range);
  Result<void> AskWhatIsThere();
  Result<void> Learn(const http_client::Answer& answer);
  bool WaitBeforeRetry();
  void Abandon();

  std::vector<bmff::ByteRange> Missing() const;
  bmff::ByteRange Next(const std::vector<bmff::ByteRange>& missing) const;
  ByteCount StoredBytes() const;

  Context& context_;
  const LocalFile& file_;
  const std::function<void(ByteCount)> show_;
  std::string address_;
  bmff::ByteRange index_;
  std::vector<bmff::ByteRange> stored_;  // By offset, disjoint.
  std::chrono::milliseconds waited_{0};  // Since the last answer.
  std::chrono::milliseconds next_wait_{0};
};

// What Upload-Ranges says; kUnknown when it is malformed.
Result<std::vector<bmff::ByteRange>> ParseUploadRanges(std::string_view text);

}  // namespace tritontube::client
