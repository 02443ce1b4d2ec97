#include "foundation/config/setting.h"

#include <gtest/gtest.h>

#include "foundation/config/nearest.h"

namespace tritontube::config {
namespace {

using namespace std::chrono_literals;

TEST(Setting, NamesItsEnvironmentVariableAfterItself) {
  ByteCount size = 0;
  EXPECT_EQ(Size("upload-bytes-max", size, {}, "").EnvironmentName(),
            "TRITONTUBE_UPLOAD_BYTES_MAX");
}

TEST(Setting, SetsAndShowsWhatItRefersTo) {
  std::uint16_t port = 7;
  const Setting setting = Integer<std::uint16_t>("port", port, {.min = 1}, "");
  EXPECT_EQ(setting.text(), "7");
  EXPECT_TRUE(setting.set("80"));
  EXPECT_EQ(port, 80);
  for (const char* text : {"0", "65536", "-1", "", "8o"}) EXPECT_FALSE(setting.set(text)) << text;
  EXPECT_EQ(port, 80);
  EXPECT_EQ(setting.expected, "a whole number from 1 to 65535");
}

TEST(Setting, SaysTheRangeItExpects) {
  ByteCount size = 0;
  const Setting cache = Size("cache", size, {.min = 1024, .max = 4096}, "");
  EXPECT_EQ(cache.expected, "a size such as 4096, 512MiB or 10GiB, at least 1KiB, at most 4KiB");
  EXPECT_TRUE(cache.set("4KiB"));
  EXPECT_FALSE(cache.set("5KiB"));
  std::chrono::milliseconds time = 1s;
  const Setting drain = Duration("drain", time, {.min = 1s, .max = 1min}, "");
  EXPECT_FALSE(drain.set("10ms"));
  EXPECT_TRUE(drain.set("1m"));
  EXPECT_EQ(time, 1min);
}

TEST(Setting, OfAChoiceTakesItsWordsOnly) {
  enum class Color : std::uint8_t { kRed, kBlue };
  Color color = Color::kBlue;
  const Setting setting =
      Choice<Color>("color", color, {{"red", Color::kRed}, {"blue", Color::kBlue}}, "");
  EXPECT_EQ(setting.text(), "blue");
  EXPECT_TRUE(setting.set("red"));
  EXPECT_EQ(color, Color::kRed);
  EXPECT_FALSE(setting.set("Red"));
  EXPECT_EQ(setting.expected, "one of red, blue");
}

TEST(Setting, TakesPathsAddressesAndLists) {
  std::filesystem::path path;
  SocketAddress address;
  std::vector<std::string> list;
  EXPECT_TRUE(Path("path", path, "").set("/srv/tube"));
  EXPECT_FALSE(Path("path", path, "").set(""));
  EXPECT_TRUE(Address("listen", address, "").set("[::]:80"));
  EXPECT_FALSE(Address("listen", address, "").set("80"));
  EXPECT_TRUE(List("hosts", list, "").set("a,b"));
  EXPECT_EQ(path, "/srv/tube");
  EXPECT_EQ(address.host, "::");
  EXPECT_EQ(List("hosts", list, "").text(), "a,b");
}

TEST(Setting, AnAddressThatMayBeMissingIsWrittenOff) {
  std::optional<SocketAddress> address;
  const Setting setting = OptionalAddress("metrics-listen", address, "");
  EXPECT_EQ(setting.text(), "off");
  EXPECT_TRUE(setting.set("127.0.0.1:9100"));
  EXPECT_EQ(setting.text(), "127.0.0.1:9100");
  EXPECT_FALSE(setting.set(""));
  EXPECT_TRUE(setting.set("off"));
  EXPECT_FALSE(address.has_value());
}

TEST(Nearest, IsWhatSomebodyMayHaveMeant) {
  const std::vector<std::string> known{"listen", "workers", "upload-bytes-max"};
  EXPECT_EQ(Nearest("wrokers", known), "workers");
  EXPECT_EQ(Nearest("worker", known), "workers");
  EXPECT_EQ(Nearest("upload_bytes_max", known), "upload-bytes-max");
  EXPECT_EQ(DidYouMean("lisen", known), "; did you mean listen?");
}

TEST(Nearest, IsNothingForSomethingElse) {
  const std::vector<std::string> known{"listen", "workers"};
  EXPECT_EQ(Nearest("color", known), std::nullopt);
  EXPECT_EQ(Nearest(std::string(100'000, 'w'), known), std::nullopt);
  EXPECT_EQ(DidYouMean("x", {}), "");
}

}  // namespace
}  // namespace tritontube::config
