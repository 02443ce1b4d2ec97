#include "adapters/etcd/version.h"

#include <array>
#include <charconv>
#include <optional>

namespace tritontube::etcd {

namespace {

using Version = std::array<int, 3>;

std::optional<Version> ParseVersion(std::string_view text) {
  Version version{};
  const char* next = text.data();
  const char* const end = next + text.size();
  for (std::size_t i = 0; i < version.size(); ++i) {
    if (i > 0) {
      if (next == end || *next != '.') return std::nullopt;
      ++next;
    }
    const auto parsed = std::from_chars(next, end, version[i]);
    if (parsed.ec != std::errc() || version[i] < 0) return std::nullopt;
    next = parsed.ptr;
  }
  // Something like "-rc.1" may follow.
  return next == end || *next == '-' || *next == '+' ? std::optional(version) : std::nullopt;
}

}  // namespace

Result<void> CheckVersion(std::string_view version) {
  const auto parsed = ParseVersion(version);
  if (!parsed) return Fail(ErrorCode::kFailedPrecondition, "no version: \"{}\"", version);
  if (*parsed < Version{3, 4, 0}) {
    return Fail(ErrorCode::kFailedPrecondition, "etcd {} is too old: 3.4 is the first that will do",
                version);
  }
  // https://github.com/etcd-io/etcd/blob/main/Documentation/postmortems/v3.5-data-inconsistency.md
  if (*parsed >= Version{3, 5, 0} && *parsed <= Version{3, 5, 5}) {
    return Fail(ErrorCode::kFailedPrecondition,
                "etcd {} can corrupt what it stores: 3.5.6 is the first of its line that will do",
                version);
  }
  return {};
}

}  // namespace tritontube::etcd
