#include "domain/manifest/presentation_json.h"

#include "domain/manifest/stored_json.h"

namespace tritontube::manifest {

using media::Presentation;
using nlohmann::json;

namespace {

constexpr std::int64_t kPresentationFormat = 1;

}  // namespace

std::string PresentationToJson(const Presentation& presentation) {
  const json document = {{"format", kPresentationFormat},
                         {"duration", presentation.duration_seconds},
                         {"poster", presentation.has_poster},
                         {"renditions", RenditionsToJson(presentation.renditions)}};
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Presentation> PresentationFromJson(std::string_view text) {
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  TT_RETURN_IF_ERROR(CheckStoredFormat(document, kPresentationFormat));
  StoredMembers members(document);
  Presentation presentation;
  presentation.duration_seconds = members.Seconds("duration");
  presentation.has_poster = members.Boolean("poster");
  const json* const renditions = members.Array("renditions", kStoredRenditionsMax);
  TT_RETURN_IF_ERROR(members.Finish());
  TT_ASSIGN_OR_RETURN(presentation.renditions, RenditionsFromJson(*renditions));
  return presentation;
}

}  // namespace tritontube::manifest
