#include "domain/chunks/worker_row.h"

#include <array>
#include <optional>

#include "domain/catalog/codec.h"

namespace tritontube::chunks {

using nlohmann::json;
using strict_json::JsonFields;

namespace {

constexpr std::array kWorks = {Work::kSound, Work::kWhole, Work::kPictures, Work::kExtras};

std::optional<Work> WorkFrom(std::string_view text) {
  for (const Work work : kWorks) {
    if (ToString(work) == text) return work;
  }
  return std::nullopt;
}

}  // namespace

std::string_view ToString(Work work) {
  switch (work) {
    case Work::kSound:
      return "sound";
    case Work::kWhole:
      return "whole";
    case Work::kPictures:
      return "pictures";
    case Work::kExtras:
      return "extras";
  }
  return "?";
}

std::string WorkerKey(std::string_view name) {
  return std::string(kWorkerPrefix) + std::string(name);
}

std::string Encode(const WorkerRow& row) {
  json doing = json::array();
  for (const Doing& one : row.doing) {
    doing.push_back({{"video", one.video.text()},
                     {"work", ToString(one.work)},
                     {"chunk", one.chunk},
                     {"fraction", one.fraction}});
  }
  return strict_json::Dump({{"format", catalog::kFormat},
                            {"name", row.name},
                            {"slots", row.slots},
                            {"doing", std::move(doing)}});
}

Result<WorkerRow> DecodeWorkerRow(std::string_view text) {
  JsonFields fields(text, "a worker", catalog::kFormat);
  WorkerRow row{.name = fields.Text("name"), .slots = fields.Integer<std::size_t>("slots")};
  for (const json& item : fields.Array("doing")) {
    JsonFields one(item, "what a worker does");
    row.doing.push_back({.video = strict_json::IdField<VideoId>(one, "video"),
                         .work = one.Parsed("work", WorkFrom).value_or(Work::kWhole),
                         .chunk = one.Integer<std::uint32_t>("chunk"),
                         .fraction = one.Number("fraction")});
    fields.Join(one.Finish());
  }
  TT_RETURN_IF_ERROR(fields.Finish());
  return row;
}

async::Task<Result<std::vector<WorkerRow>>> WorkersNow(coordination::Coordination& coordination,
                                                       Deadline deadline) {
  std::vector<WorkerRow> workers;
  coordination::RangeRequest range{.prefix = std::string(kWorkerPrefix)};
  for (bool more = true; more;) {
    TT_CO_ASSIGN_OR_RETURN(const coordination::RangePage page,
                           co_await coordination.Range(range, deadline));
    for (const coordination::KeyValue& item : page.items) {
      Result<WorkerRow> row = DecodeWorkerRow(item.value);
      if (row) workers.push_back(*std::move(row));
    }
    if (!page.items.empty()) range.after = page.items.back().key;
    more = page.more;
  }
  co_return workers;
}

}  // namespace tritontube::chunks
