#include "foundation/config/resolve.h"

#include <gtest/gtest.h>

#include <map>

#include "foundation/config/toml_file.h"

namespace tritontube::config {
namespace {

struct Options {
  int workers = 1;
  SocketAddress listen{"127.0.0.1", 3344};
  std::vector<std::string> hosts;
};

class ResolveTest : public testing::Test {
 protected:
  Result<std::vector<Effective>> Run() {
    return Resolve(table_, {.flags = flags_,
                            .environment = [this](const std::string& name) { return Get(name); },
                            .file = file_});
  }
  std::string Refusal() {
    const auto effective = Run();
    return effective ? "" : effective.error().message();
  }

  Options options_;
  const std::vector<Setting> table_{
      Integer<int>("workers", options_.workers, {.min = 0, .max = 64}, "Transcodes at once"),
      Address("listen", options_.listen, "Where it listens"),
      List("allowed-hosts", options_.hosts, "Further names")};
  std::vector<Given> flags_;
  std::map<std::string, std::string> environment_;
  std::vector<Given> file_;

 private:
  std::optional<std::string> Get(const std::string& name) const {
    const auto found = environment_.find(name);
    return found == environment_.end() ? std::nullopt : std::optional(found->second);
  }
};

TEST_F(ResolveTest, TakesTheDefaultOfTheModuleWhenNobodySaysAnything) {
  const auto effective = Run();
  ASSERT_TRUE(effective.has_value());
  ASSERT_EQ(effective->size(), 3U);
  EXPECT_EQ((*effective)[0].value, "1");
  EXPECT_EQ((*effective)[0].origin.place, "default");
  EXPECT_EQ((*effective)[1].value, "127.0.0.1:3344");
}

TEST_F(ResolveTest, PrefersTheFlagToTheEnvironmentToTheFile) {
  file_ = ParseToml("workers = 2\n", "tube.toml").value();
  EXPECT_EQ(Run()->front().origin.place, "tube.toml:1");
  EXPECT_EQ(options_.workers, 2);
  environment_["TRITONTUBE_WORKERS"] = "3";
  EXPECT_EQ(Run()->front().origin.place, "TRITONTUBE_WORKERS");
  EXPECT_EQ(options_.workers, 3);
  flags_ = {FromFlag("workers", "4"), FromFlag("workers", "5")};
  const auto effective = Run();
  EXPECT_EQ(effective->front().origin.place, "--workers");
  EXPECT_EQ(effective->front().origin.kind, Origin::Kind::kFlag);
  EXPECT_EQ(options_.workers, 5);
}

TEST_F(ResolveTest, TakesAnEmptyVariableForNone) {
  environment_["TRITONTUBE_WORKERS"] = "";
  EXPECT_EQ(Run()->front().origin.place, "default");
}

TEST_F(ResolveTest, SaysWhereAWrongValueStandsAndWhatIsExpected) {
  flags_ = {FromFlag("workers", "many")};
  EXPECT_EQ(Refusal(), "--workers: \"many\" is not a whole number from 0 to 64");
  flags_ = {};
  environment_["TRITONTUBE_LISTEN"] = "nowhere";
  EXPECT_EQ(Refusal(),
            "TRITONTUBE_LISTEN: \"nowhere\" is not an address and a port, such as 127.0.0.1:3344 "
            "or [::1]:3344");
  environment_.clear();
  file_ = ParseToml("\n\nworkers = 65", "/etc/tube.toml").value();
  EXPECT_EQ(Refusal(), "/etc/tube.toml:3: workers: \"65\" is not a whole number from 0 to 64");
}

TEST_F(ResolveTest, RefusesAWrongValueThatAnotherSourceHides) {
  file_ = ParseToml("workers = 65", "tube.toml").value();
  flags_ = {FromFlag("workers", "1")};
  EXPECT_NE(Refusal(), "");
}

TEST_F(ResolveTest, NamesTheSettingThatMayHaveBeenMeant) {
  file_ = ParseToml("allowed_hosts = [\"a\"]", "tube.toml").value();
  EXPECT_EQ(Refusal(),
            "tube.toml:1: there is no setting \"allowed_hosts\"; did you mean allowed-hosts?");
  file_ = ParseToml("color = 1", "tube.toml").value();
  EXPECT_EQ(Refusal(), "tube.toml:1: there is no setting \"color\"");
}

TEST_F(ResolveTest, QuotesNothingThatCouldForgeALine) {
  environment_["TRITONTUBE_WORKERS"] = "1\ntritontube: all is well";
  EXPECT_FALSE(Refusal().contains('\n'));
}

}  // namespace
}  // namespace tritontube::config
