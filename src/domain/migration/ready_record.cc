#include "domain/migration/ready_record.h"

#include <nlohmann/json.hpp>

namespace tritontube::migration {

namespace {

using Json = nlohmann::json;

bool IsNumber(const Json& json, const char* field) {
  const auto found = json.find(field);
  return found != json.end() && found->is_number_unsigned();
}

}  // namespace

std::string ReadyPrefix(topology::Epoch plan) { return fmt::format("ready/{}/", plan); }

std::string ReadyKey(topology::Epoch plan, const NodeId& node) {
  return ReadyPrefix(plan) + node.text();
}

std::string StartsKey(const NodeId& node) { return "node/" + node.text(); }

std::string LiveKey(const NodeId& node) { return std::string(kLivePrefix) + node.text(); }

std::string Encode(const ReadyRecord& record) {
  return Json{{"starts", record.starts},
              {"files", record.moved.files},
              {"bytes", std::uint64_t{record.moved.bytes}}}
      .dump();
}

Result<ReadyRecord> DecodeReady(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || json.size() != 3 || !IsNumber(json, "starts") ||
      !IsNumber(json, "files") || !IsNumber(json, "bytes")) {
    return Fail(ErrorCode::kCorrupt, "a node's word that it is ready is damaged");
  }
  return ReadyRecord{.starts = json["starts"].get<std::uint64_t>(),
                     .moved = {.files = json["files"].get<std::uint64_t>(),
                               .bytes = json["bytes"].get<std::uint64_t>()}};
}

}  // namespace tritontube::migration
