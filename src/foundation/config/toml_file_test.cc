#include "foundation/config/toml_file.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tritontube::config {
namespace {

std::string RefusalOf(std::string_view text) {
  const auto settings = ParseToml(text, "tube.toml");
  return settings ? "" : settings.error().message();
}

TEST(TomlFile, GivesEverySettingWithItsPlace) {
  const auto settings = ParseToml(
      "# a comment\n"
      "listen = \"[::1]:80\"\n"
      "workers = 2\n"
      "allowed-hosts = [\"a.example\", \"b.example\"]\n"
      "ratio = 0.5\n"
      "flag = true\n",
      "tube.toml");
  ASSERT_TRUE(settings.has_value()) << settings.error().message();
  std::vector<std::string> lines;
  for (const Given& one : *settings) {
    lines.push_back(fmt::format("{} {}={}", one.origin.place, one.name, one.text));
  }
  std::ranges::sort(lines);
  EXPECT_EQ(lines, (std::vector<std::string>{"tube.toml:2 listen=[::1]:80", "tube.toml:3 workers=2",
                                             "tube.toml:4 allowed-hosts=a.example,b.example",
                                             "tube.toml:5 ratio=0.5", "tube.toml:6 flag=true"}));
}

TEST(TomlFile, SaysInWhichLineItBreaks) {
  EXPECT_TRUE(RefusalOf("workers = 1\nlisten = \n").starts_with("tube.toml:2: this is not TOML"))
      << RefusalOf("workers = 1\nlisten = \n");
  EXPECT_TRUE(RefusalOf("workers = 1\nworkers = 2\n").starts_with("tube.toml:2: this is not TOML"));
  EXPECT_NE(RefusalOf(std::string_view("\xFF\xFE\0w", 4)), "");
}

TEST(TomlFile, HasNoSectionsAndNoListsThatCannotBeWrittenElsewhere) {
  EXPECT_TRUE(RefusalOf("\n[upload]\nbytes-max = 1\n").starts_with("tube.toml:2: \"upload\""));
  EXPECT_NE(RefusalOf("a = 2020-01-01\n"), "");
  EXPECT_NE(RefusalOf("a = [[1]]\n"), "");
  EXPECT_NE(RefusalOf("a = [\"x,y\"]\n"), "");
}

}  // namespace
}  // namespace tritontube::config
