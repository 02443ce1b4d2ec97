#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "adapters/ffmpeg/ffmpeg_tools.h"
#include "domain/planning/planning.h"
#include "foundation/async/io_pool.h"
#include "support/collecting_sink.h"
#include "support/shell.h"
#include "support/temporary_folder.h"

// For the tests that run the real ffmpeg.
namespace tritontube::ffmpeg {

inline FfmpegOptions TestOptions() {
  FfmpegOptions options;
  options.helper = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "jail_helper";
  options.nice = 0;
  return options;
}

inline Deadline Soon() { return Deadline::After(std::chrono::seconds(100)); }

// Runs a task on a pool of its own and gives its result.
template <typename T>
T Await(async::Task<T> task) {
  const async::IoPool pool(1);
  return async::BlockOn(pool.executor(0), std::move(task));
}

using support::Shell;

inline std::unique_ptr<FfmpegTools> OpenTools(const FfmpegOptions& options) {
  const support::TemporaryFolder folder;
  auto opened = Await(FfmpegTools::Open(options, folder.path(), Soon()));
  EXPECT_TRUE(opened) << opened.error().message();
  return opened ? *std::move(opened) : nullptr;
}

// What ffmpeg is to make, and what the test is called by.
struct Recording {
  std::string name;
  std::string file;
  std::string arguments;
};

inline void PrintTo(const Recording& recording, std::ostream* out) { *out << recording.name; }

class ToolsTest : public ::testing::Test {
 protected:
  ToolsTest() { std::filesystem::create_directory(scratch()); }

  // Opened once: they are immutable, and their self-test takes a while.
  static FfmpegTools& tools() {
    static const std::unique_ptr<FfmpegTools> kTools = OpenTools(TestOptions());
    return *kTools;
  }

  std::filesystem::path path(std::string_view name) const { return folder_.path() / name; }
  std::filesystem::path scratch() const { return folder_.path() / "scratch"; }

  // A clip made by ffmpeg: `arguments` are its inputs and codecs.
  std::filesystem::path Clip(std::string_view name, std::string_view arguments) const {
    std::filesystem::path file = path(name);
    Shell(fmt::format("cd {} && ffmpeg -v error -nostdin -y {} {}", folder_.path().string(),
                      arguments, file.string()));
    return file;
  }

  static Result<media::Container> Sniff(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string head(media::kSniffBytes, '\0');
    stream.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(stream.gcount()));
    const auto container = media::SniffContainer(AsBytes(head));
    if (!container) return Fail(ErrorCode::kInvalidArgument, "not a video");
    return *container;
  }

  // As the product does it: sniff, probe, plan.
  Result<media::EncodePlan> Plan(const std::filesystem::path& file) {
    TT_ASSIGN_OR_RETURN(const media::Container container, Sniff(file));
    TT_ASSIGN_OR_RETURN(const media::Source source, Await(tools().Probe(file, container, Soon())));
    return planning::PlanEncode(source);
  }

  Result<media::EncodeSummary> Encode(const std::filesystem::path& file,
                                      const media::EncodePlan& plan, media::EncodeSink& sink) {
    return Await(tools().Encode(file, scratch(), plan, sink, Soon()));
  }

  const support::TemporaryFolder folder_;
};

}  // namespace tritontube::ffmpeg
