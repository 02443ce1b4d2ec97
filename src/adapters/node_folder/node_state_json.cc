#include "adapters/node_folder/node_state_json.h"

#include <xxhash.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace tritontube::node_folder {

namespace {

using Json = nlohmann::json;
using membership::NodeState;

constexpr int kFormatVersion = 1;

// The keys of Json are sorted, so the text is the same for the same content.
std::string ChecksumOf(const Json& node) {
  const std::string text = node.dump();
  return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size()));
}

std::unexpected<Error> Damaged() {
  return Fail(ErrorCode::kDataLoss, "the file is damaged: bring it back from a copy");
}

bool HasAllFields(const Json& node) {
  const auto is = [&](const char* name, auto predicate) {
    const auto field = node.find(name);
    return field != node.end() && predicate(*field);
  };
  const auto string = [](const Json& value) { return value.is_string(); };
  const auto number = [](const Json& value) { return value.is_number_unsigned(); };
  return is("id", string) && is("cluster", string) && is("epoch", number) && is("starts", number) &&
         is("incomplete", [](const Json& value) { return value.is_boolean(); }) &&
         is("etcd", [&](const Json& value) {
           return value.is_array() && std::ranges::all_of(value, string);
         });
}

Result<NodeState> StateOf(const Json& node) {
  if (!node.is_object() || !HasAllFields(node)) return Damaged();
  const auto id = NodeId::Parse(node["id"].get_ref<const std::string&>());
  const auto& cluster = node["cluster"].get_ref<const std::string&>();
  if (!id || (!cluster.empty() && !ClusterId::Parse(cluster))) return Damaged();
  return NodeState{.node = *id,
                   .cluster = ClusterId::Parse(cluster),
                   .etcd = node["etcd"].get<std::vector<std::string>>(),
                   .epoch = node["epoch"].get<topology::Epoch>(),
                   .starts = node["starts"].get<std::uint64_t>(),
                   .incomplete = node["incomplete"].get<bool>()};
}

}  // namespace

std::string EncodeNodeState(const NodeState& state) {
  const Json node = {
      {"id", state.node.text()}, {"cluster", state.cluster ? state.cluster->text() : ""},
      {"etcd", state.etcd},      {"epoch", state.epoch},
      {"starts", state.starts},  {"incomplete", state.incomplete}};
  const Json file = {{"format", kFormatVersion}, {"node", node}, {"checksum", ChecksumOf(node)}};
  return file.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<NodeState> DecodeNodeState(std::string_view text) {
  const Json file = Json::parse(text, nullptr, false);
  const auto format = file.find("format");
  if (!file.is_object() || format == file.end() || !format->is_number_unsigned()) {
    return Damaged();
  }
  if (*format > kFormatVersion) {
    return Fail(ErrorCode::kFailedPrecondition,
                "the file was written by a newer release (format {}, this release reads up to {}): "
                "start that release",
                format->dump(), kFormatVersion);
  }
  const auto node = file.find("node");
  const auto checksum = file.find("checksum");
  if (node == file.end() || checksum == file.end()) return Damaged();
  if (*format != kFormatVersion || *checksum != ChecksumOf(*node)) return Damaged();
  return StateOf(*node);
}

}  // namespace tritontube::node_folder
