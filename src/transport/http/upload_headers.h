#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "transport/http/range.h"

// What stands in the headers of a file that is sent in parts. Pure.
namespace tritontube::http {

// "bytes 0-99/1000" (RFC 9110, 14.4), of a body that is sent.
struct ContentRange {
  ByteSlice slice;
  ByteCount total = 0;
  bool operator==(const ContentRange&) const = default;
};

// kInvalidArgument when malformed or without a total, kOutOfRange when it reaches
// beyond it.
Result<ContentRange> ParseContentRange(std::string_view field);

// A number of bytes and nothing else; kInvalidArgument otherwise.
Result<ByteCount> ParseByteCount(std::string_view field);

// tus's Upload-Metadata: "filename aG9saWRheS5tcDQ=,is_confidential". A key without
// a value has an empty one. kInvalidArgument when malformed or a key comes twice.
using UploadMetadata = std::vector<std::pair<std::string, std::string>>;
Result<UploadMetadata> ParseUploadMetadata(std::string_view field);

// RFC 4648, 4, with padding; kInvalidArgument otherwise.
Result<std::string> DecodeBase64(std::string_view text);

std::string EncodeBase64(std::string_view text);

// "0-1048575,4194304-8388607"; empty for none. Requires: none is empty.
std::string FormatByteSlices(const std::vector<ByteSlice>& slices);

}  // namespace tritontube::http
