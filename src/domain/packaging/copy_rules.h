#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/packaging/copy_safety.h"
#include "domain/packaging/timeline.h"

// The rules of copy_safety.h, one function for each subject; copy_safety.cc has those of every
// track.
namespace tritontube::packaging {

class Reasons {
 public:
  template <typename... Args>
  void Add(std::string_view code, fmt::format_string<Args...> message, Args&&... args) {
    reasons_.push_back(
        {.code = std::string(code), .message = fmt::format(message, std::forward<Args>(args)...)});
  }
  std::vector<CopyReason> Take() { return std::move(reasons_); }

 private:
  std::vector<CopyReason> reasons_;
};

// What the pictures are: codec, profile, size, colours, orientation.
void CheckPictures(const SourceTrack& track, const bmff::Matrix& movie_matrix,
                   const CopyPolicy& policy, Reasons& reasons);
// When they are shown, and what they refer to.
void CheckVideoTimes(const SourceTrack& track, const Timeline& timeline, const CopyPolicy& policy,
                     Reasons& reasons);
void CheckSound(const SourceTrack& track, const CopyPolicy& policy, Reasons& reasons);
void CheckSoundTimes(const SourceTrack& track, const Timeline& timeline, const CopyPolicy& policy,
                     Reasons& reasons);

}  // namespace tritontube::packaging
