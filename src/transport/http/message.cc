#include "transport/http/message.h"

#include <algorithm>

#include "base/assert.h"

namespace tritontube::http {

async::Task<Result<std::string>> ReadWhole(RequestBody& body, ByteCount max) {
  std::string whole;
  for (;;) {
    // One byte beyond the limit tells a body that is too large from one that fits.
    const ByteCount room = std::min(kPieceBytesMax, max - whole.size() + 1);
    TT_CO_ASSIGN_OR_RETURN(const auto piece, co_await body.Read(room));
    if (!piece) co_return whole;
    if (piece->size() > max - whole.size()) {
      co_return Fail(ErrorCode::kResourceExhausted, "the body is larger than the {} bytes allowed",
                     max);
    }
    for (const std::span<const std::byte> span : piece->spans()) whole += AsText(span);
  }
}

const std::string& RouteParameters::Get(std::string_view name) const {
  const auto found = std::ranges::find(
      values_, name, [](const auto& entry) -> std::string_view { return entry.first; });
  TT_ASSERT(found != values_.end(), "the route has no parameter {}", name);
  return found->second;
}

Response TextResponse(int status, std::string_view content_type, std::string text) {
  return {.status = status,
          .headers = {{"Content-Type", std::string(content_type)}},
          .body = blob::Bytes(std::move(text))};
}

Response EmptyResponse(int status) { return {.status = status, .headers = {}, .body = {}}; }

Response RedirectResponse(int status, std::string_view location) {
  return {.status = status, .headers = {{"Location", std::string(location)}}, .body = {}};
}

}  // namespace tritontube::http
