#include "services/library/video_patch.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "domain/catalog/title.h"

namespace tritontube::library {

using catalog::Chapter;
using nlohmann::json;

namespace {

constexpr std::array<std::string_view, 15> kReadOnly = {
    "id",    "state",  "playable",   "progress",   "error", "created_at", "duration_seconds",
    "width", "height", "frame_rate", "size_bytes", "copy",  "renditions", "captions",
    "urls"};

class Reader {
 public:
  VideoPatch Read(const json& patch) {
    if (patch.is_object()) {
      for (const auto& [name, value] : patch.items()) ReadField(name, value);
    } else {
      Refuse("", "must be an object with the fields to change");
    }
    return std::move(read_);
  }

 private:
  void ReadField(const std::string& name, const json& value) {
    catalog::VideoEdit& edit = read_.edit;
    if (name == "title") {
      edit.title = value.is_null() ? "" : Title("/title", value);
    } else if (name == "description") {
      edit.description = value.is_null() ? "" : Description(value);
    } else if (name == "tags") {
      edit.tags = Tags(value);
    } else if (name == "chapters") {
      edit.chapters = Chapters(value);
    } else {
      const bool is_read_only = std::ranges::find(kReadOnly, name) != kReadOnly.end();
      Refuse(PointerTo(name), is_read_only ? "cannot be changed" : "is not a field of a video");
    }
  }

  std::string Title(const std::string& pointer, const json& value) {
    return Line(pointer, value, catalog::kTitleCodePointsMax);
  }

  // A text that is not empty.
  std::string Line(const std::string& pointer, const json& value, std::size_t code_points_max) {
    if (!value.is_string()) {
      Refuse(pointer, "must be a text");
      return {};
    }
    std::string line = catalog::CleanLine(value.get_ref<const std::string&>());
    if (line.empty()) Refuse(pointer, "must not be empty");
    CheckLength(pointer, line, code_points_max);
    return line;
  }

  std::string Description(const json& value) {
    if (!value.is_string()) {
      Refuse("/description", "must be a text");
      return {};
    }
    std::string text = catalog::CleanLines(value.get_ref<const std::string&>());
    CheckLength("/description", text, kDescriptionCodePointsMax);
    return text;
  }

  // Each once: "Cat" and "cat" are one tag to those who search.
  std::vector<std::string> Tags(const json& value) {
    std::vector<std::string> tags;
    std::set<std::string> known;
    for (std::size_t i = 0; i < ArraySize("/tags", value, kTagsMax); ++i) {
      std::string tag = Line(fmt::format("/tags/{}", i), value[i], kTagCodePointsMax);
      if (known.insert(catalog::FoldForSearch(tag)).second) tags.push_back(std::move(tag));
    }
    return tags;
  }

  std::vector<Chapter> Chapters(const json& value) {
    std::vector<Chapter> chapters;
    for (std::size_t i = 0; i < ArraySize("/chapters", value, kChaptersMax); ++i) {
      const std::string pointer = fmt::format("/chapters/{}", i);
      Chapter chapter = ReadChapter(pointer, value[i]);
      if (!chapters.empty() && chapter.start_seconds <= chapters.back().start_seconds) {
        Refuse(pointer + "/start_seconds", "must be later than the chapter before");
      }
      chapters.push_back(std::move(chapter));
    }
    return chapters;
  }

  Chapter ReadChapter(const std::string& pointer, const json& value) {
    Chapter chapter;
    const bool has_both = value.is_object() && value.size() == 2 &&
                          value.contains("start_seconds") && value.contains("title");
    if (!has_both) {
      Refuse(pointer, "must be an object with start_seconds and title, and nothing else");
      return chapter;
    }
    const json& start = value["start_seconds"];
    if (start.is_number()) chapter.start_seconds = start.get<double>();
    if (!start.is_number() || !std::isfinite(chapter.start_seconds) || chapter.start_seconds < 0) {
      Refuse(pointer + "/start_seconds", "must be a number from 0");
    }
    chapter.title = Title(pointer + "/title", value["title"]);
    return chapter;
  }

  // How much of it is to be read; null is an empty list.
  std::size_t ArraySize(const std::string& pointer, const json& value, std::size_t max) {
    if (value.is_null()) return 0;
    if (value.is_array() && value.size() <= max) return value.size();
    Refuse(pointer, fmt::format("must be a list of at most {}", max));
    return 0;
  }

  void CheckLength(const std::string& pointer, std::string_view text, std::size_t max) {
    if (catalog::CodePointCount(text) <= max) return;
    Refuse(pointer, fmt::format("must be at most {} characters long", max));
  }

  static std::string PointerTo(const std::string& name) {
    return (json::json_pointer() / name).to_string();
  }

  void Refuse(std::string pointer, std::string detail) {
    read_.faults.push_back({std::move(pointer), std::move(detail)});
  }

  VideoPatch read_;
};

}  // namespace

Result<VideoPatch> ParseVideoPatch(std::string_view text) {
  const json patch = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (patch.is_discarded()) {
    return Fail(ErrorCode::kInvalidArgument,
                "the body is not JSON: send an object with the fields to change");
  }
  return Reader().Read(patch);
}

}  // namespace tritontube::library
