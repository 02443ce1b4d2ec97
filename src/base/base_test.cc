#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/error.h"
#include "base/ids.h"

namespace tritontube {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) return Fail(ErrorCode::kInvalidArgument, "{} is odd", number);
  return number / 2;
}

Result<int> Quarter(int number) {
  TT_ASSIGN_OR_RETURN(const int half, Half(number));
  return Half(half);
}

TEST(Error, TravelsUpThroughTheMacrosWithItsCodeAndMessage) {
  EXPECT_EQ(Quarter(8).value(), 2);
  ASSERT_FALSE(Quarter(6).has_value());
  EXPECT_EQ(Quarter(6).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Quarter(6).error().message(), "3 is odd");
}

TEST(Error, KeepsWhatEachCallerAddsInFront) {
  EXPECT_EQ(Error(ErrorCode::kUnavailable, "refused").Within("node b").Within("put").message(),
            "put: node b: refused");
}

TEST(Id, IsElevenUrlSafeCharactersAndParsesBack) {
  SeededRandom random(7);
  const VideoId id = VideoId::Generate(random);
  EXPECT_TRUE(IsWellFormedId(id.text()));
  EXPECT_EQ(VideoId::Parse(id.text()), id);
}

TEST(Id, NeverLooksLikeAnOption) {
  SeededRandom random(1);
  for (int i = 0; i < 1000; ++i) EXPECT_NE(VideoId::Generate(random).text().front(), '-');
  EXPECT_TRUE(VideoId::Parse("-bcdefghijk").has_value());
}

TEST(Id, RefusesEverythingThatIsNotAnId) {
  for (const char* text :
       {"", "short", "elevenchars.", "../../etc/p", "abcdefghijk\n", "abcdefghij/"})
    EXPECT_FALSE(VideoId::Parse(text).has_value()) << text;
}

TEST(Deadline, HasNoTimeLeftOnceItHasPassed) {
  const auto now = Deadline::Clock::now();
  const Deadline deadline = Deadline::At(now + std::chrono::seconds(2));
  EXPECT_EQ(deadline.Left(now), std::chrono::seconds(2));
  EXPECT_EQ(deadline.Left(now + std::chrono::seconds(3)).count(), 0);
  EXPECT_TRUE(deadline.HasPassed(now + std::chrono::seconds(2)));
}

TEST(FormatRfc3339, IsUtcWithMilliseconds) {
  EXPECT_EQ(FormatRfc3339(WallTime(std::chrono::milliseconds(1'700'000'000'123))),
            "2023-11-14T22:13:20.123Z");
}

}  // namespace
}  // namespace tritontube
