#include "domain/scrubbing/scrub_state.h"

#include <gtest/gtest.h>

namespace tritontube::scrubbing {
namespace {

using std::chrono::hours;

constexpr WallTime kNow{std::chrono::hours(500'000)};

ScrubState Full() {
  return {.started = kNow,
          .position = blob::BlobKey{.video = *VideoId::Parse("aaaaaaaaaaa"),
                                    .upload = *UploadId::Parse("bbbbbbbbbbb"),
                                    .file = "v720-1.m4s"},
          .checked_bytes = 7,
          .last_started = kNow - hours(1),
          .last_ended = kNow - hours(2),
          .last_checked_bytes = 9,
          .damaged = {{.video = *VideoId::Parse("ccccccccccc"),
                       .upload = *UploadId::Parse("ddddddddddd"),
                       .file = "source-0"}}};
}

TEST(ScrubState, IsReadAsItWasWritten) {
  EXPECT_EQ(DecodeScrubState(Encode(Full())).value(), Full());
  EXPECT_EQ(DecodeScrubState(Encode({})).value(), ScrubState());
}

TEST(ScrubState, RefusesWhatItWouldNotHaveWritten) {
  std::string text = Encode(Full());
  text.replace(text.find("aaaaaaaaaaa"), 11, "../../../..");
  std::string other = Encode(Full());
  other.replace(other.find("ccccccccccc"), 11, "../../../..");
  for (const std::string& wrong :
       {std::string(), std::string("{}"), std::string("\xff"), text, other}) {
    EXPECT_EQ(DecodeScrubState(wrong).error().code(), ErrorCode::kCorrupt) << wrong;
  }
}

TEST(ScrubState, APassIsDueWhenItIsUnderWayOrTheLastOneBeganAPeriodAgo) {
  EXPECT_TRUE(ScrubState().IsDue(kNow, hours(10)));
  EXPECT_TRUE(Full().IsDue(kNow, hours(10)));
  ScrubState done = Full();
  done.started.reset();
  EXPECT_FALSE(done.IsDue(kNow, hours(10)));
  EXPECT_TRUE(done.IsDue(kNow + hours(9), hours(10)));
}

}  // namespace
}  // namespace tritontube::scrubbing
