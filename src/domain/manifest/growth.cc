#include "domain/manifest/growth.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "domain/manifest/stored_json.h"

namespace tritontube::manifest {

using media::Rendition;
using nlohmann::json;

namespace {

constexpr std::int64_t kGrowthFormat = 1;

Rendition* Find(std::vector<Rendition>& renditions, std::string_view id) {
  const auto found = std::ranges::find(renditions, id, &Rendition::id);
  return found == renditions.end() ? nullptr : &*found;
}

Rendition WithoutSegments(Rendition rendition) {
  rendition.segments.clear();
  return rendition;
}

bool Continues(const Rendition& whole, const Rendition& added) {
  const media::Segment& last = whole.segments.back();
  return added.segments.front().start == last.start + last.duration &&
         WithoutSegments(whole) == WithoutSegments(added);
}

}  // namespace

std::string GrowthFileName(std::size_t step) { return fmt::format("growth-{:06}.json", step); }

std::string GrowthToJson(const std::vector<Rendition>& renditions) {
  const json document = {{"format", kGrowthFormat}, {"renditions", RenditionsToJson(renditions)}};
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<std::vector<Rendition>> GrowthFromJson(std::string_view text) {
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  TT_RETURN_IF_ERROR(CheckStoredFormat(document, kGrowthFormat));
  StoredMembers members(document);
  const json* const stored = members.Array("renditions", kStoredRenditionsMax);
  TT_RETURN_IF_ERROR(members.Finish());
  TT_ASSIGN_OR_RETURN(std::vector<Rendition> renditions, RenditionsFromJson(*stored));
  for (const Rendition& rendition : renditions) {
    if (rendition.segments.empty()) return CorruptStored("segments");
  }
  return renditions;
}

Result<void> AppendGrowth(std::vector<Rendition>& whole, std::vector<Rendition> added) {
  for (const Rendition& more : added) {
    const Rendition* const before = Find(whole, more.id);
    if (more.segments.empty() || (before != nullptr && !Continues(*before, more))) {
      return Fail(ErrorCode::kCorrupt, "stored growth: {} is not continued where it ended",
                  more.id);
    }
  }
  for (Rendition& more : added) {
    if (Rendition* const before = Find(whole, more.id); before != nullptr) {
      before->segments.insert(before->segments.end(), more.segments.begin(), more.segments.end());
    } else {
      whole.push_back(std::move(more));
    }
  }
  return {};
}

}  // namespace tritontube::manifest
