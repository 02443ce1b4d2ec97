#include "adapters/ffmpeg/self_test.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <system_error>

#include "adapters/ffmpeg/tool_run.h"
#include "core/media/container.h"

namespace tritontube::ffmpeg {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kCpuMax{10};

// What an attack would read: a second of sound, so that every kind of playlist
// can point at it.
std::string SecretSound() {
  constexpr std::uint32_t kRate = 8000;
  std::string wave;
  const auto number = [&](std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) wave += static_cast<char>(value >> (8U * unsigned(i)) & 0xffU);
  };
  wave += "RIFF";
  number(36 + kRate, 4);
  wave += "WAVEfmt ";
  number(16, 4);
  number(1, 2);  // PCM
  number(1, 2);  // One channel.
  number(kRate, 4);
  number(kRate, 4);
  number(1, 2);
  number(8, 2);
  wave += "data";
  number(kRate, 4);
  return wave + std::string(kRate, 'S');
}

// The folders of two uploads: one holds the secret, the other the attacks.
class Battlefield {
 public:
  static Result<Battlefield> Create(const fs::path& scratch) {
    std::string folder = scratch / "self-test-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) {
      return Fail(ErrorCode::kUnavailable, "no folder can be made in {}", scratch.string());
    }
    Battlefield field(folder);
    TT_RETURN_IF_ERROR(field.Fill());
    return field;
  }
  Battlefield(Battlefield&&) = default;
  Battlefield& operator=(Battlefield&&) = delete;
  ~Battlefield() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }

  const fs::path& folder() const { return folder_; }
  const std::vector<fs::path>& attacks() const { return attacks_; }

 private:
  explicit Battlefield(fs::path folder) : folder_(std::move(folder)) {}

  Result<void> Fill() {
    const std::string secret = folder_ / "other" / "secret.wav";
    TT_RETURN_IF_ERROR(Write("other/secret.wav", SecretSound()));
    // Relative paths are what ffmpeg's own guard of this format lets through.
    TT_RETURN_IF_ERROR(Attack("own/concat.mp4", "ffconcat version 1.0\nfile secret.wav\n"));
    TT_RETURN_IF_ERROR(Write("own/secret.wav", SecretSound()));
    return Attack(
        "own/playlist.mp4",
        fmt::format("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n", secret));
  }

  Result<void> Attack(std::string_view name, std::string_view text) {
    attacks_.push_back(folder_ / name);
    return Write(name, text);
  }

  Result<void> Write(std::string_view name, std::string_view text) const {
    const fs::path path = folder_ / name;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    if (error || !file) {
      return Fail(ErrorCode::kUnavailable, "{} cannot be written", path.string());
    }
    return {};
  }

  fs::path folder_;
  std::vector<fs::path> attacks_;
};

// Turns whatever it finds into plain samples on standard output.
std::vector<std::string> ReadEverything(const FfmpegOptions& options,
                                        const std::vector<std::string>& precautions,
                                        const fs::path& file) {
  std::vector<std::string> arguments = {options.ffmpeg.string(), "-v", "error", "-nostdin"};
  arguments.insert(arguments.end(), precautions.begin(), precautions.end());
  for (const char* const argument : {"-i", file.c_str(), "-f", "u8", "pipe:1"}) {
    arguments.emplace_back(argument);
  }
  return arguments;
}

// What `readable` lets ffmpeg get out of an attack.
async::Task<Result<std::string>> Loot(FfmpegOptions options, std::vector<std::string> precautions,
                                      fs::path attack, fs::path readable, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(
      ToolOutcome outcome,
      co_await RunTool(options,
                       {.arguments = ReadEverything(options, precautions, attack),
                        .jail = ReadingJail(options, kCpuMax, {readable.string()})},
                       deadline));
  co_return std::move(outcome.output);
}

std::vector<std::string> OurPrecautions() {
  return {"-f", std::string(media::DemuxerName(media::Container::kMov)), "-protocol_whitelist",
          "file"};
}

std::unexpected<Error> Leaked(std::string_view wall, const fs::path& attack) {
  return Fail(ErrorCode::kFailedPrecondition,
              "{} on this machine does not keep a hostile upload ({}) from reading other files: "
              "refusing to process videos",
              wall, attack.filename().string());
}

async::Task<Result<ToolOutcome>> Ask(FfmpegOptions options, fs::path program, std::string question,
                                     Deadline deadline) {
  auto outcome = co_await RunTool(options,
                                  {.arguments = {program.string(), "-hide_banner", question},
                                   .jail = ReadingJail(options, kCpuMax, {})},
                                  deadline);
  if (!outcome && outcome.error().code() == ErrorCode::kNotFound) {
    co_return Fail(ErrorCode::kUnavailable,
                   "{} was not found: install ffmpeg (Debian: apt install ffmpeg)",
                   program.string());
  }
  if (outcome && !outcome->status.ok()) {
    co_return Fail(ErrorCode::kUnavailable, "{} {} failed: {}", program.string(), question,
                   outcome->errors);
  }
  co_return outcome;
}

// "ffmpeg version 5.1.9-0+deb12u1 ...". Builds from a repository carry no
// release number; they are taken to be recent.
bool IsRecent(std::string_view banner) {
  constexpr std::string_view kBefore = "version ";
  const std::size_t begin = banner.find(kBefore);
  if (begin == std::string_view::npos) return false;
  const std::string_view version = banner.substr(begin + kBefore.size());
  int major = 0;
  const auto [end, error] = std::from_chars(version.data(), version.data() + version.size(), major);
  return error != std::errc() || major >= 5;
}

async::Task<Result<void>> CheckVersion(FfmpegOptions options, fs::path program, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const ToolOutcome outcome,
                         co_await Ask(options, program, "-version", deadline));
  if (!IsRecent(outcome.output)) {
    co_return Fail(ErrorCode::kUnavailable, "{} is too old: version 5 or later is needed",
                   program.string());
  }
  co_return Result<void>();
}

async::Task<Result<void>> CheckHas(FfmpegOptions options, std::string list,
                                   std::vector<std::string_view> names, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const ToolOutcome outcome,
                         co_await Ask(options, options.ffmpeg, list, deadline));
  for (const std::string_view name : names) {
    if (outcome.output.find(fmt::format(" {} ", name)) != std::string::npos) continue;
    co_return Fail(ErrorCode::kUnavailable, "{} lacks '{}', which is needed to encode",
                   options.ffmpeg.string(), name);
  }
  co_return Result<void>();
}

}  // namespace

async::Task<Result<void>> CheckPrograms(FfmpegOptions options, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await CheckVersion(options, options.ffmpeg, deadline));
  TT_CO_RETURN_IF_ERROR(co_await CheckVersion(options, options.ffprobe, deadline));
  TT_CO_RETURN_IF_ERROR(co_await CheckHas(options, "-encoders", {"libx264", "aac"}, deadline));
  TT_CO_RETURN_IF_ERROR(
      co_await CheckHas(options, "-filters", {"bwdif", "zscale", "tonemap"}, deadline));
  co_return Result<void>();
}

async::Task<Result<void>> AttackOurselves(FfmpegOptions options, fs::path scratch,
                                          Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const Battlefield field, Battlefield::Create(scratch));
  for (const fs::path& attack : field.attacks()) {
    TT_CO_ASSIGN_OR_RETURN(
        const std::string past_arguments,
        co_await Loot(options, OurPrecautions(), attack, field.folder(), deadline));
    if (!past_arguments.empty()) co_return Leaked("ffmpeg", attack);
    if (!options.require_landlock) continue;
    TT_CO_ASSIGN_OR_RETURN(const std::string past_jail,
                           co_await Loot(options, {}, attack, attack, deadline));
    if (!past_jail.empty()) co_return Leaked("the jail", attack);
  }
  co_return Result<void>();
}

async::Task<Result<bool>> AttackWithoutProtection(FfmpegOptions options, fs::path scratch,
                                                  Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const Battlefield field, Battlefield::Create(scratch));
  for (const fs::path& attack : field.attacks()) {
    TT_CO_ASSIGN_OR_RETURN(const std::string loot,
                           co_await Loot(options, {}, attack, field.folder(), deadline));
    if (!loot.empty()) co_return true;
  }
  co_return false;
}

}  // namespace tritontube::ffmpeg
