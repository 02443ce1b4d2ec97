#include "app/client/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/client/client_test_support.h"
#include "app/client/file_name.h"
#include "app/client/meter.h"

namespace tritontube::client {
namespace {

using testing::HasSubstr;

TEST(FormatBytes, UsesTheUnitThatReadsBest) {
  EXPECT_EQ(FormatBytes(0), "0 bytes");
  EXPECT_EQ(FormatBytes(1023), "1023 bytes");
  EXPECT_EQ(FormatBytes(1536), "1.5 KiB");
  EXPECT_EQ(FormatBytes((ByteCount{1} << 20U) - 1), "1.0 MiB");
  EXPECT_EQ(FormatBytes(ByteCount{5} << 40U), "5.0 TiB");
}

TEST(FormatDuration, HasHoursOnlyWhenThereAreSome) {
  EXPECT_EQ(FormatDuration(std::chrono::seconds(7)), "0:07");
  EXPECT_EQ(FormatDuration(std::chrono::seconds(3599)), "59:59");
  EXPECT_EQ(FormatDuration(std::chrono::seconds(3723)), "1:02:03");
}

class MeterTest : public testing::Test {
 protected:
  void Pass(std::chrono::milliseconds time, ByteCount done) {
    now_ += time;
    meter_.Update(done, now_);
  }
  Meter meter_;
  Meter::Time now_;
};

TEST_F(MeterTest, TellsHowFastItGoesAndHowLongItTakes) {
  Pass(std::chrono::seconds(0), 0);
  EXPECT_FALSE(meter_.BytesPerSecond().has_value());
  Pass(std::chrono::seconds(2), 2048);
  EXPECT_EQ(meter_.BytesPerSecond(), 1024);
  const std::string line = meter_.Line("a.mp4", 4096);
  EXPECT_THAT(line, HasSubstr("a.mp4"));
  EXPECT_THAT(line, HasSubstr("[##########..........]  50%"));
  EXPECT_THAT(line, HasSubstr("2.0 KiB of 4.0 KiB"));
  EXPECT_THAT(line, HasSubstr("1.0 KiB/s"));
  EXPECT_THAT(line, HasSubstr("0:02 left"));
  EXPECT_THAT(meter_.Line("a", std::nullopt), HasSubstr("2.0 KiB  1.0 KiB/s"));
}

TEST_F(MeterTest, ForgetsHowFastItWasLongAgo) {
  Pass(std::chrono::seconds(0), 0);
  Pass(std::chrono::seconds(1), 1'000'000);
  for (int i = 0; i < 20; ++i) Pass(std::chrono::seconds(1), 1'000'000);
  EXPECT_EQ(meter_.BytesPerSecond(), 0);
  EXPECT_THAT(meter_.Line("a", 2'000'000), testing::Not(HasSubstr("left")));
}

TEST_F(MeterTest, BeginsAnewWhenItsSubjectDoes) {
  Pass(std::chrono::seconds(0), 1000);
  Pass(std::chrono::seconds(1), 0);
  EXPECT_FALSE(meter_.BytesPerSecond().has_value());
}

TEST(FileNameIn, PrefersTheNameWithAllItsCharacters) {
  EXPECT_EQ(FileNameIn("attachment; filename=\"a.mp4\""), "a.mp4");
  EXPECT_EQ(FileNameIn("attachment; filename=\"Gr__e.mp4\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.mp4"),
            "Grüße.mp4");
  EXPECT_EQ(FileNameIn("attachment"), std::nullopt);
  EXPECT_EQ(FileNameIn("\"\"\""), std::nullopt);
}

TEST(FileNameIn, NeverIsAPathOrAnOption) {
  EXPECT_EQ(FileNameIn("attachment; filename=\"../../etc/passwd\""), "passwd");
  EXPECT_EQ(FileNameIn("attachment; filename=\"C:\\\\a\\\\b.mp4\""), "b.mp4");
  EXPECT_EQ(FileNameIn("attachment; filename=\".bashrc\""), "bashrc");
  EXPECT_EQ(FileNameIn("attachment; filename=\"-rf\""), "rf");
  EXPECT_EQ(FileNameIn("attachment; filename=\"..\""), std::nullopt);
  EXPECT_EQ(FileNameIn("attachment; filename*=UTF-8''a%0A%1Bb"), "a__b");
  const auto name = FileNameIn("attachment; filename=\"" + std::string(300, 'x') + ".mp4\"");
  EXPECT_EQ(name->size(), 200U);
  EXPECT_TRUE(name->ends_with("x.mp4"));
}

TEST_F(ClientTest, ShowsProgressToATerminalOnly) {
  terminal_.Progress("half");
  EXPECT_EQ(err(), "");
  Terminal screen(out_, err_, true);
  screen.Progress("half");
  screen.Result("done");
  screen.Note("careful");
  EXPECT_EQ(out(), "done\n");
  EXPECT_EQ(err(), "\r\x1b[Khalf\r\x1b[Ktritontube: careful\n");
}

TEST_F(ClientTest, CutsProgressToTheWidthOfTheScreen) {
  Terminal screen(out_, err_, true);
  screen.Progress(std::string(500, 'x'));
  EXPECT_EQ(err(), "\r\x1b[K" + std::string(79, 'x'));
}

}  // namespace
}  // namespace tritontube::client
