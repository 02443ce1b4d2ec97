#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"

namespace tritontube {

inline constexpr int kIdLength = 11;

// True for 11 characters of A-Z a-z 0-9 - _, the only form of an id there is.
bool IsWellFormedId(std::string_view text);

// An 11-character URL-safe random name. `Tag` keeps the kinds apart, so that a
// VideoId cannot be passed where an UploadId is meant. Safe in keys, paths and
// URLs by construction.
template <typename Tag>
class Id {
 public:
  // Never begins with a dash, so that no program takes it for an option.
  static Id Generate(Random& random) {
    for (;;) {
      std::string text = RandomUrlSafeText(random, kIdLength);
      if (!text.starts_with('-')) return Id(std::move(text));
    }
  }
  // Nothing when `text` is not a well-formed id: ids from outside are checked here.
  static std::optional<Id> Parse(std::string_view text) {
    if (!IsWellFormedId(text)) return std::nullopt;
    return Id(std::string(text));
  }

  const std::string& text() const { return text_; }
  auto operator<=>(const Id&) const = default;

 private:
  explicit Id(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

// Names a video for ever, in URLs.
using VideoId = Id<struct VideoIdTag>;
// Names one attempt to bring in a video's bytes. Never used again: what is
// stored under it belongs to that attempt or is garbage.
using UploadId = Id<struct UploadIdTag>;
// Names a cluster and a content node's folder; neither is ever an address.
using ClusterId = Id<struct ClusterIdTag>;
using NodeId = Id<struct NodeIdTag>;

}  // namespace tritontube

template <typename Tag>
struct std::hash<tritontube::Id<Tag>> {
  std::size_t operator()(const tritontube::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.text());
  }
};
