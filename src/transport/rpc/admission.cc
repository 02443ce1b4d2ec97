#include "transport/rpc/admission.h"

namespace tritontube::rpc {

Result<void> Admission::Enter(ByteCount announced_bytes) {
  const std::lock_guard lock(mutex_);
  if (closed_) return Fail(ErrorCode::kUnavailable, "the server is stopping");
  // A message larger than the bound still gets in when it is alone.
  const bool full =
      load_.bytes_in_flight > 0 && load_.bytes_in_flight + announced_bytes > bytes_max_;
  if (full || load_.calls >= calls_max_) {
    ++load_.refused;
    return Fail(ErrorCode::kResourceExhausted, "{} calls with {} bytes are under way already",
                load_.calls, load_.bytes_in_flight);
  }
  ++load_.calls;
  load_.bytes_in_flight += announced_bytes;
  return {};
}

Result<void> Admission::Correct(ByteCount announced_bytes, ByteCount bytes) {
  const std::lock_guard lock(mutex_);
  const ByteCount others = load_.bytes_in_flight - announced_bytes;
  load_.bytes_in_flight = others + bytes;
  if (bytes <= announced_bytes || others == 0 || load_.bytes_in_flight <= bytes_max_) return {};
  ++load_.refused;
  return Fail(ErrorCode::kResourceExhausted, "{} bytes of other calls are under way already",
              others);
}

void Admission::Leave(ByteCount bytes) {
  const std::lock_guard lock(mutex_);
  --load_.calls;
  load_.bytes_in_flight -= bytes;
}

void Admission::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

Server::Load Admission::load() const {
  const std::lock_guard lock(mutex_);
  return load_;
}

}  // namespace tritontube::rpc
