#include "foundation/config/values.h"

#include <gtest/gtest.h>

namespace tritontube::config {
namespace {

using namespace std::chrono_literals;

TEST(ByteCounts, AreWrittenInBinaryOrDecimalUnits) {
  EXPECT_EQ(ParseByteCount("4096"), 4096U);
  EXPECT_EQ(ParseByteCount("10GiB"), ByteCount{10} << 30U);
  EXPECT_EQ(ParseByteCount("10 gib"), ByteCount{10} << 30U);
  EXPECT_EQ(ParseByteCount("10GB"), 10'000'000'000U);
  EXPECT_EQ(ParseByteCount("1.5KiB"), 1536U);
  EXPECT_EQ(ParseByteCount("7b"), 7U);
}

TEST(ByteCounts, AreNothingElse) {
  for (const char* text : {"", "GiB", "-1", "1.5", "1,5KiB", "10 apples", "1.2.3MiB", "20000000TiB",
                           "9e99", " 1", "99999999999999999999", "16777216.5TiB"}) {
    EXPECT_FALSE(ParseByteCount(text).has_value()) << text;
  }
}

TEST(ByteCounts, ReadBackAsTheyAreWritten) {
  for (const ByteCount bytes :
       {ByteCount{0}, ByteCount{1}, ByteCount{1023}, ByteCount{1} << 20U, ByteCount{3} << 39U}) {
    EXPECT_EQ(ParseByteCount(FormatByteCount(bytes)), bytes);
  }
  EXPECT_EQ(FormatByteCount(ByteCount{1} << 40U), "1TiB");
  EXPECT_EQ(FormatByteCount(1500), "1500");
}

TEST(Durations, AreNumbersWithUnits) {
  EXPECT_EQ(ParseDuration("7d"), 168h);
  EXPECT_EQ(ParseDuration("1h30m"), 90min);
  EXPECT_EQ(ParseDuration("250ms"), 250ms);
  EXPECT_EQ(ParseDuration("0"), 0ms);
}

TEST(Durations, AreNothingElse) {
  for (const char* text : {"", "10", "s", "-1s", "1.5h", "1w", "1h30", "9999999999999d", "ten s"}) {
    EXPECT_FALSE(ParseDuration(text).has_value()) << text;
  }
}

TEST(Durations, ReadBackAsTheyAreWritten) {
  for (const std::chrono::milliseconds time :
       std::vector<std::chrono::milliseconds>{0ms, 1ms, 59s, 90min, 49h, 3601001ms}) {
    EXPECT_EQ(ParseDuration(FormatDuration(time)), time);
  }
  EXPECT_EQ(FormatDuration(90min), "1h30m");
}

TEST(SocketAddresses, MayBeOfEitherIpVersion) {
  EXPECT_EQ(ParseSocketAddress("127.0.0.1:80"), (SocketAddress{"127.0.0.1", 80}));
  EXPECT_EQ(ParseSocketAddress("[::1]:80"), (SocketAddress{"::1", 80}));
  EXPECT_EQ(ParseSocketAddress(":80"), (SocketAddress{"0.0.0.0", 80}));
  EXPECT_EQ(FormatSocketAddress({"::1", 80}), "[::1]:80");
  EXPECT_EQ(FormatSocketAddress({"tube.example", 80}), "tube.example:80");
}

TEST(SocketAddresses, HaveAPort) {
  for (const char* text : {"", "127.0.0.1", "nowhere", "::1", "a:", "a:99999", "a:-1", "a:80x"}) {
    EXPECT_FALSE(ParseSocketAddress(text).has_value()) << text;
  }
}

TEST(Lists, AreSeparatedByCommas) {
  EXPECT_EQ(ParseList("a, b ,,c"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(ParseList("").empty());
  EXPECT_EQ(FormatList({"a", "b"}), "a,b");
}

}  // namespace
}  // namespace tritontube::config
