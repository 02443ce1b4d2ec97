#pragma once

#include <xxhash.h>

#include <string>

#include "core/blob/bytes.h"
#include "transport/rpc/payload_message.h"
#include "tritontube/v1/storage.pb.h"

namespace tritontube::storage_client {

// As a content node answers Get; the checksum need not be that of the payload.
inline blob::Bytes GetResponseOf(const std::string& payload, std::uint64_t xxh3) {
  v1::GetResponse message;
  message.set_xxh3(xxh3);
  return rpc::WithPayload(message, blob::Bytes(payload));
}
inline blob::Bytes GetResponseOf(const std::string& payload) {
  return GetResponseOf(payload, XXH3_64bits(payload.data(), payload.size()));
}

}  // namespace tritontube::storage_client
