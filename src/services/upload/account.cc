#include "services/upload/account.h"

#include "foundation/telemetry/log.h"

namespace tritontube::upload {

async::Task<Result<std::optional<blob::Bytes>>> Account::Next() {
  Result<std::optional<blob::Bytes>> piece = co_await incoming_.Next();
  sender_failed_ = !piece;
  co_return piece;
}

void Account::Begin(const VideoId& video, std::string_view file_name,
                    std::optional<ByteCount> total) {
  video_ = video.text();
  telemetry::Log(telemetry::Level::kInfo, "upload begun",
                 {{"video", video_},
                  {"request", incoming_.RequestId()},
                  {"remote", incoming_.RemoteAddress()},
                  {"file", file_name},
                  {"bytes_total", total.value_or(0)}});
}

void Account::End(telemetry::Level level, std::string_view what, std::string_view reason) const {
  telemetry::Log(level, what,
                 {{"video", video_},
                  {"request", incoming_.RequestId()},
                  {"remote", incoming_.RemoteAddress()},
                  {"bytes", bytes_},
                  {"duration_seconds", Deadline::Clock::now() - begin_},
                  {"reason", reason}});
}

}  // namespace tritontube::upload
