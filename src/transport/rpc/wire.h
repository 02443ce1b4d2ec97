#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/error.h"
#include "core/blob/bytes.h"

// Between gRPC's types and ours, inside of this module.
namespace tritontube::rpc {

// Trailing metadata with the number of a code that gRPC does not have.
inline constexpr const char* kCodeMetadata = "tritontube-code";
// Initial metadata: how large the request is, so that a server can refuse it unread.
inline constexpr const char* kRequestBytesMetadata = "tritontube-request-bytes";

// Neither copies: gRPC's slices keep the owner of the bytes alive, and the other way round.
grpc::ByteBuffer ToByteBuffer(const blob::Bytes& bytes);
blob::Bytes ToBytes(const grpc::ByteBuffer& buffer);

// The status that is nearest to the error, with a message that fits into a header.
grpc::Status ToStatus(const Error& error);
// What `kCodeMetadata` must say beside that status; nothing for gRPC's own codes.
std::string MetadataCode(ErrorCode code);
// What a call to `address` failed with. Requires: it has ended, and not well.
Error ErrorOf(const grpc::ClientContext& context, const grpc::Status& status,
              std::string_view address);

// gRPC counts deadlines on the wall clock.
std::chrono::system_clock::time_point ToWallTime(Deadline deadline);

}  // namespace tritontube::rpc
