#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/bmff/source_scanner.h"
#include "domain/packaging/source_plan.h"
#include "support/movie_file.h"

// For the tests of this module: files in memory.
namespace tritontube::packaging {

inline Result<std::shared_ptr<const SourceMovie>> OpenFile(std::string_view file,
                                                           ByteCount data_gap = 0) {
  bmff::SourceScanner scanner(file.size());
  while (const auto range = scanner.wanted()) {
    TT_RETURN_IF_ERROR(scanner.Feed(AsBytes(file.substr(range->offset, range->length))));
  }
  return SourceMovie::Open(std::move(scanner).Take(), file.size() + data_gap);
}

inline std::shared_ptr<const SourceMovie> MustOpen(std::string_view file, ByteCount data_gap = 0) {
  auto opened = OpenFile(file, data_gap);
  EXPECT_TRUE(opened) << opened.error().message();
  return *std::move(opened);
}

inline SourcePlan MustPlan(const std::shared_ptr<const SourceMovie>& source) {
  auto plan = SourcePlan::Make(source, DecideCopy(*source));
  EXPECT_TRUE(plan) << plan.error().message();
  return *std::move(plan);
}

// The bytes of a segment, put together as a server would.
inline std::string Gather(const GatherList& list, std::string_view file, ByteCount data_gap = 0) {
  std::string bytes = list.head;
  for (const bmff::ByteRange& range : list.ranges) {
    bytes += file.substr(range.offset - data_gap, range.length);
  }
  return bytes;
}

// A clip of pictures with B pictures and an edit list, and of primed sound.
inline support::FakeMovie UsualMovie(std::size_t seconds = 20) {
  std::vector<support::FakeSample> frames(seconds * 47, {.size = 180, .duration = 1024});
  // 24 pictures per second, a key frame each 25.
  const std::size_t count = (seconds * 24 + 24) / 25 * 25;
  return {.tracks = {{.edits = {{.duration = 0, .media_time = 512}},
                      .samples = support::FakePictures(count, 25, true)},
                     {.id = 2,
                      .handler = "soun",
                      .timescale = 48'000,
                      .edits = {{.duration = 0, .media_time = 1024}},
                      .samples = std::move(frames)}}};
}

}  // namespace tritontube::packaging
