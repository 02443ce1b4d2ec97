#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "domain/catalog/video.h"
#include "foundation/strict_json/json_fields.h"

// The values that Coordination keeps: JSON with a format version. Reading is
// strict, kCorrupt for whatever this version would not have written, because a
// field that is silently dropped is lost with the next write.
namespace tritontube::catalog {

inline constexpr int kFormat = 1;

std::string Encode(const VideoRow& row);
std::string Encode(const OpenUpload& open);
std::string Encode(const JobClaim& claim);
std::string Encode(const JobRow& job);
std::string Encode(const ExtrasBegun& begun);
std::string Encode(const Progress& progress);

Result<VideoRow> DecodeVideoRow(std::string_view text);
Result<OpenUpload> DecodeOpenUpload(std::string_view text);
Result<JobClaim> DecodeJobClaim(std::string_view text);
Result<JobRow> DecodeJobRow(std::string_view text);
Result<ExtrasBegun> DecodeExtrasBegun(std::string_view text);
Result<Progress> DecodeProgress(std::string_view text);

// For what is stored with a job's fields among its own.
nlohmann::json ToJson(const JobRow& job);
JobRow JobFrom(strict_json::JsonFields& fields);

}  // namespace tritontube::catalog
