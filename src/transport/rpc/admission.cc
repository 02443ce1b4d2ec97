#include "transport/rpc/admission.h"

namespace tritontube::rpc {

Result<void> Admission::Enter(ByteCount announced_bytes) {
  const std::lock_guard lock(mutex_);
  if (closed_) return Fail(ErrorCode::kUnavailable, "the server is stopping");
  // A message larger than the bound still gets in when it is alone.
  QueueLoad& bytes = load_.bytes_in_flight;
  const bool full = bytes.depth > 0 && bytes.depth + announced_bytes > bytes.limit;
  if (full || load_.calls.depth >= load_.calls.limit) {
    ++load_.refused;
    return Fail(ErrorCode::kResourceExhausted, "{} calls with {} bytes are under way already",
                load_.calls.depth, bytes.depth);
  }
  ++load_.calls.depth;
  bytes.depth += announced_bytes;
  return {};
}

Result<void> Admission::Correct(ByteCount announced_bytes, ByteCount bytes) {
  const std::lock_guard lock(mutex_);
  QueueLoad& all = load_.bytes_in_flight;
  const ByteCount others = all.depth - announced_bytes;
  all.depth = others + bytes;
  if (bytes <= announced_bytes || others == 0 || all.depth <= all.limit) return {};
  ++load_.refused;
  return Fail(ErrorCode::kResourceExhausted, "{} bytes of other calls are under way already",
              others);
}

void Admission::Leave(ByteCount bytes) {
  const std::lock_guard lock(mutex_);
  --load_.calls.depth;
  load_.bytes_in_flight.depth -= bytes;
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
