#include "transport/rpc/wire.h"

#include <algorithm>
#include <span>
#include <vector>

#include "transport/rpc/channel.h"

namespace tritontube::rpc {

namespace {

// All headers of an answer together must stay below 8 KiB, and a byte may take three there.
constexpr std::size_t kMessageBytesMax = 2000;
// Longer than anybody waits, and far from where the clock's numbers end.
constexpr std::chrono::hours kForever = std::chrono::hours(24 * 365);
constexpr std::string_view kNobodyAnswers = "nobody answers";

using Owner = std::shared_ptr<const blob::Bytes>;

grpc::Slice ToSlice(const Owner& owner, std::span<const std::byte> span) {
  // gRPC never writes to a slice; its constructor takes what C takes.
  return {const_cast<std::byte*>(span.data()), span.size(),
          [](void* kept) { delete static_cast<Owner*>(kept); }, new Owner(owner)};
}

ErrorCode CodeOf(const grpc::Status& status, std::string_view metadata_code) {
  for (const ErrorCode code : {ErrorCode::kOutcomeUnknown, ErrorCode::kCorrupt}) {
    if (metadata_code == MetadataCode(code)) return code;
  }
  // Ours have no code for a caller without a name.
  if (status.error_code() == grpc::UNAUTHENTICATED) return ErrorCode::kPermissionDenied;
  const bool known = status.error_code() > grpc::OK && status.error_code() <= grpc::DATA_LOSS;
  return known ? static_cast<ErrorCode>(status.error_code()) : ErrorCode::kUnknown;
}

}  // namespace

grpc::ByteBuffer ToByteBuffer(const blob::Bytes& bytes) {
  const auto owner = std::make_shared<const blob::Bytes>(bytes);
  std::vector<grpc::Slice> slices;
  slices.reserve(owner->spans().size() + 1);
  for (const auto span : owner->spans()) slices.push_back(ToSlice(owner, span));
  if (slices.empty()) slices.emplace_back();  // An empty message; no slices are no message.
  return {slices.data(), slices.size()};
}

blob::Bytes ToBytes(const grpc::ByteBuffer& buffer) {
  auto slices = std::make_shared<std::vector<grpc::Slice>>();
  // Fails only for a compressed message that is damaged; the handler finds it too short.
  if (!buffer.Valid() || !buffer.Dump(slices.get()).ok()) return {};
  blob::Bytes bytes;
  for (const grpc::Slice& slice : *slices) {
    bytes.Append(blob::Bytes(slices, std::as_bytes(std::span(slice.begin(), slice.size()))));
  }
  return bytes;
}

std::string MetadataCode(ErrorCode code) {
  const bool ours = code == ErrorCode::kOutcomeUnknown || code == ErrorCode::kCorrupt;
  return ours ? std::to_string(static_cast<int>(code)) : std::string();
}

grpc::Status ToStatus(const Error& error) {
  auto code = static_cast<grpc::StatusCode>(error.code());
  if (error.code() == ErrorCode::kOutcomeUnknown) code = grpc::UNKNOWN;
  if (error.code() == ErrorCode::kCorrupt) code = grpc::DATA_LOSS;
  return {code, error.message().substr(0, kMessageBytesMax)};
}

Error ErrorOf(const grpc::ClientContext& context, const grpc::Status& status,
              std::string_view address) {
  // gRPC's own words, which are the only sign of it; pinned by a test.
  if (status.error_code() == grpc::UNAVAILABLE &&
      status.error_message().starts_with("failed to connect to all addresses")) {
    return {ErrorCode::kUnavailable, fmt::format("{} at {}", kNobodyAnswers, address)};
  }
  const auto& metadata = context.GetServerTrailingMetadata();
  const auto found = metadata.find(kCodeMetadata);
  const auto number = found == metadata.end()
                          ? std::string_view()
                          : std::string_view(found->second.data(), found->second.size());
  return {CodeOf(status, number), fmt::format("{}: {}", address, status.error_message())};
}

bool NeverSent(const Error& error) {
  return error.code() == ErrorCode::kUnavailable && error.message().starts_with(kNobodyAnswers);
}

std::chrono::system_clock::time_point ToWallTime(Deadline deadline) {
  if (deadline.never()) return std::chrono::system_clock::time_point::max();
  const auto left = deadline.time() - Deadline::Clock::now();
  return std::chrono::system_clock::now() +
         std::min<std::chrono::system_clock::duration>(left, kForever);
}

}  // namespace tritontube::rpc
