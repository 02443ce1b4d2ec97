#include "app/command_line.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "app/commands/web_command.h"
#include "app/settings.h"
#include "support/temporary_folder.h"

namespace tritontube::app {
namespace {

class CommandLineTest : public testing::Test {
 protected:
  struct Outcome {
    int exit_code;
    std::string out;
    std::string err;
  };

  Outcome Run(const std::vector<std::string>& arguments) {
    std::vector<const char*> argv{"tritontube"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    Memory out;
    Memory err;
    const int exit_code = RunCommandLine(
        static_cast<int>(argv.size()), argv.data(),
        {.out = out.file, .err = err.file, .environment = [this](const std::string& name) {
           return Get(name);
         }});
    return {exit_code, out.Text(), err.Text()};
  }
  // The row of one setting, as `tritontube config` tells it.
  nlohmann::json Row(const std::string& name, std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"config", "--json"});
    const Outcome outcome = Run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    for (const auto& row : nlohmann::json::parse(outcome.out, nullptr, false)) {
      if (row["name"] == name) return row;
    }
    return {};
  }
  std::string WriteConfig(std::string_view text) {
    const std::string path = (folder_.path() / "tube.toml").string();
    std::ofstream(path) << text;
    return path;
  }

  support::TemporaryFolder folder_;
  std::map<std::string, std::string> environment_;

 private:
  struct Memory {
    Memory() : file(open_memstream(&text, &size)) {}
    ~Memory() {
      (void)std::fclose(file);
      std::free(text);
    }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    std::string Text() {
      (void)std::fflush(file);
      return {text, size};
    }
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* file;
  };
  std::optional<std::string> Get(const std::string& name) const {
    const auto found = environment_.find(name);
    return found == environment_.end() ? std::nullopt : std::optional(found->second);
  }
};

TEST_F(CommandLineTest, ServesOnLoopbackByDefault) {
  EXPECT_EQ(Row("listen")["value"], "127.0.0.1:3344");
  EXPECT_EQ(Row("listen")["origin"], "default");
  EXPECT_EQ(Row("data")["value"], "data");
  EXPECT_EQ(Row("upload-bytes-max")["value"], "1TiB");
}

TEST_F(CommandLineTest, TakesTheOriginalsSingleDashLongFlags) {
  EXPECT_EQ(Row("listen", {"-listen", "0.0.0.0:8080"})["value"], "0.0.0.0:8080");
  EXPECT_EQ(Row("data", {"-data=/srv/tube"})["value"], "/srv/tube");
}

TEST_F(CommandLineTest, TellsTheOriginOfEveryValue) {
  const std::string file = WriteConfig("workers = 2\ncache-bytes = \"1GiB\"\n");
  environment_["TRITONTUBE_WORKERS"] = "3";
  EXPECT_EQ(Row("cache-bytes", {"--config", file})["place"], file + ":2");
  EXPECT_EQ(Row("workers", {"--config", file})["place"], "TRITONTUBE_WORKERS");
  EXPECT_EQ(Row("workers", {"--config", file, "--workers", "4"})["place"], "--workers");
  environment_["TRITONTUBE_CONFIG"] = file;
  EXPECT_EQ(Row("cache-bytes")["value"], "1GiB");
  EXPECT_EQ(Row("cache-bytes")["default"], "128MiB");
}

TEST_F(CommandLineTest, ShowsATableToPeople) {
  const Outcome outcome = Run({"config", "--workers", "4"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(outcome.out.starts_with("SETTING"));
  EXPECT_TRUE(outcome.out.contains("--workers"));
  EXPECT_TRUE(outcome.out.contains("Transcodes that run at once"));
}

TEST_F(CommandLineTest, SaysInOneLineWhatIsWrongAndEndsWithTwo) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{}, "say what to do"},
      {{"fly"}, "there is no command fly"},
      {{"sreve"}, "did you mean serve?"},
      {{"serve", "--wrokers", "3"}, "no option --wrokers; did you mean --workers?"},
      {{"serve", "--wrokers=3"}, "no option --wrokers; did you mean --workers?"},
      {{"serve", "now"}, "\"now\" is one word too many"},
      {{"serve", "--workers"}, "--workers"},
      {{"serve", "--workers", "many"}, "--workers: \"many\" is not a whole number from 0 to 64"},
      {{"serve", "--listen", "nowhere"}, "--listen: \"nowhere\" is not an address"},
      {{"serve", "--listen", "127.0.0.1:99999"}, "\"127.0.0.1:99999\""},
      {{"serve", "--config", "/no/such/file"}, "--config /no/such/file"},
      {{"serve", "--config", "/tmp"}, "--config /tmp"},
      {{"storage"}, "FOLDER"},
      {{"storage", "-port", "65536", "a"}, "-port"},
      {{"storage", "--host", "two words", "a"}, "--host: \"two words\""},
      {{"worker"}, "say where the cluster's metadata is"},
      {{"worker", "--etcd", "here"}, "\"here\" is no address"}};
  for (const auto& [arguments, expected] : cases) {
    const Outcome outcome = Run(arguments);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(outcome.err.starts_with("tritontube: ")) << outcome.err;
    EXPECT_TRUE(outcome.err.contains(expected)) << outcome.err;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  }
}

TEST_F(CommandLineTest, SaysHowAClusterIsNamedWhenItIsNamedWrongly) {
  const std::string etcd = "localhost:8093";
  const std::string nodes = "localhost:3343,localhost:8090";
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"web"}, "etcd \"localhost:8093"},
      {{"web", "sqlite", "data.db", "fs", "./files"}, "tritontube serve"},
      {{"web", "etcd", "", "nw", nodes}, "etcd: name at least one address"},
      {{"web", "etcd", "somewhere", "nw", nodes}, "etcd: \"somewhere\" is no address"},
      {{"web", "etcd", etcd, "nw", "localhost:3343,8090"}, "nw: \"8090\" is no address"},
      {{"web", "-port", "many", "etcd", etcd, "nw", nodes}, "--port"},
      {{"admin", "burn", "localhost:3343"}, "list"},
      {{"admin", "add", "localhost:3343"}, "name the content nodes to add"},
      {{"admin", "list", "localhost:3343", "localhost:8090"}, "admin list takes no nodes"},
      {{"admin", "add", "localhost:3343", "localhost:8090", "--wait", "long"}, "--wait long"},
      {{"admin", "list"}, "address"}};
  for (const auto& [arguments, reason] : wrong) {
    const Outcome outcome = Run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_TRUE(outcome.err.contains(reason)) << outcome.err;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  }
}

TEST(WebWords, AreThoseOfTheOriginal) {
  WebSettings settings;
  const auto read = ReadWords({"etcd", "localhost:8093,localhost:8094,localhost:8095", "nw",
                               "localhost:3343,localhost:8090,localhost:8091,localhost:8092"},
                              settings);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(settings.etcd.size(), 3U);
  EXPECT_EQ(settings.admin, (config::SocketAddress{.host = "localhost", .port = 3343}));
  EXPECT_EQ(settings.initial_nodes,
            (std::vector<std::string>{"localhost:8090", "localhost:8091", "localhost:8092"}));
}

TEST_F(CommandLineTest, TakesWhatStandsBehindTwoDashesForNames) {
  const std::vector<std::string> show{"show", "--server", "http://127.0.0.1:1"};
  for (const std::vector<std::string>& more :
       std::vector<std::vector<std::string>>{{"--", "-bcdefghijk"}, {"abcdefghijk"}}) {
    std::vector<std::string> arguments = show;
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = Run(arguments);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_NE(outcome.err.find("there is no server"), std::string::npos) << outcome.err;
  }
  EXPECT_EQ(Run({"show", "--", "abcdefghijk", "-one-too-many"}).exit_code, 2);
}

TEST_F(CommandLineTest, AsksTheServerThatTheEnvironmentNames) {
  environment_["TRITONTUBE_SERVER"] = "http://127.0.0.1:2/";
  EXPECT_NE(Run({"list"}).err.find("http://127.0.0.1:2:"), std::string::npos);
  EXPECT_NE(Run({"list", "-server", "http://127.0.0.1:1"}).err.find("http://127.0.0.1:1:"),
            std::string::npos);
}

TEST_F(CommandLineTest, NamesTheLineOfAConfigFileThatIsWrong) {
  const std::string file = WriteConfig("\nupload_bytes_max = 5\n");
  const Outcome outcome = Run({"serve", "--config", file});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err,
            "tritontube: " + file +
                ":2: there is no setting \"upload_bytes_max\"; did you mean upload-bytes-max?\n");
}

TEST_F(CommandLineTest, HelpAndVersionGoToStandardOutput) {
  EXPECT_EQ(Run({"--help"}).exit_code, 0);
  for (const CommandEntry& entry : Commands()) {
    EXPECT_TRUE(Run({"--help"}).out.contains(entry.summary)) << entry.name;
    EXPECT_EQ(Run({std::string(entry.name), "--help"}).exit_code, 0) << entry.name;
  }
  EXPECT_TRUE(Run({"--version"}).out.starts_with("tritontube "));
}

TEST_F(CommandLineTest, TheHelpOfServeNamesEverySettingAndItsDefault) {
  ServeSettings settings;
  const std::string help = Run({"serve", "--help"}).out;
  for (const config::Setting& setting : ServeTable(settings)) {
    EXPECT_TRUE(help.contains("--" + setting.name)) << setting.name;
    EXPECT_TRUE(help.contains(setting.text())) << setting.name;
  }
}

// docs/operations.md promises that its table is whole.
TEST(Settings, AreDocumentedWithTheirDefaults) {
  std::ifstream file(TRITONTUBE_SOURCE_DIR "/docs/operations.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ServeSettings settings;
  for (const config::Setting& setting : ServeTable(settings)) {
    const bool is_of_machine = setting.name == "workers";
    const std::string value = is_of_machine ? "processors" : setting.text();
    const std::string row =
        fmt::format("\n| `{}` | {}", setting.name, value.empty() ? "|" : "`" + value + "` |");
    EXPECT_TRUE(text.contains(row)) << "docs/operations.md has no row" << row;
  }
}

TEST(Loopback, IsWhatNoOtherMachineCanReach) {
  EXPECT_TRUE(IsLoopback("::1"));
  EXPECT_TRUE(IsLoopback("127.0.0.2"));
  EXPECT_FALSE(IsLoopback("0.0.0.0"));
}

}  // namespace
}  // namespace tritontube::app
