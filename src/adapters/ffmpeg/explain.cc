#include "adapters/ffmpeg/explain.h"

#include <array>
#include <csignal>
#include <optional>

namespace tritontube::ffmpeg {

namespace {

constexpr ErrorCode kFile = ErrorCode::kInvalidArgument;

struct Cause {
  std::string_view sign;  // What ffmpeg says, anywhere in its errors.
  ErrorCode code;
  std::string_view sentence;
};

// The first that is found counts: what is wrong with the machine, then what is
// particular about the file, then what is general.
constexpr auto kCauses = std::to_array<Cause>({
    {"error while loading shared libraries", ErrorCode::kUnavailable,
     "ffmpeg on this machine is not installed completely; its administrator has to repair it"},
    {"No space left on device", ErrorCode::kResourceExhausted,
     "the disk of this machine is full; free some space and try again"},
    {"Too many open files", ErrorCode::kResourceExhausted,
     "this machine has too many files open; try again later"},
    {"Unknown encoder", ErrorCode::kUnavailable,
     "ffmpeg on this machine lacks an encoder; its administrator has to install it"},
    {"No such filter", ErrorCode::kUnavailable,
     "ffmpeg on this machine lacks a filter; its administrator has to install it"},
    {"Permission denied", ErrorCode::kInternal,
     "the converter was kept from reading the file it was given"},
    {"No such file or directory", ErrorCode::kInternal,
     "the file was gone when the converter wanted to read it"},
    {"moov atom not found", kFile,
     "the file is incomplete: its index is missing, as when a recording or a copy was cut off; "
     "export or copy it again"},
    {"exceeds specified max pixel count", kFile,
     "its pictures are larger than we can process; export it in a smaller size"},
    {"Picture size", kFile,
     "its pictures have a size that cannot be processed; export it in a usual size"},
    {"Cannot allocate memory", kFile,
     "decoding it takes more memory than one video may use; export it in a smaller size"},
    {"malloc of size", kFile,
     "decoding it takes more memory than one video may use; export it in a smaller size"},
    {"File too large", kFile, "unpacked it takes far more room than its size lets expect"},
    {"no decoder found", kFile,
     "it is in a format that we cannot decode; export it as H.264 with AAC sound, for example"},
    {"Unknown decoder", kFile,
     "it is in a format that we cannot decode; export it as H.264 with AAC sound, for example"},
    {"Decoder not found", kFile,
     "it is in a format that we cannot decode; export it as H.264 with AAC sound, for example"},
    {"matches no streams", kFile,
     "a track that the file announces is not in it: the file is damaged; export or copy it again"},
    {"does not contain any stream", kFile, "there is no picture and no sound in it"},
    {"partial file", kFile, "the file is incomplete: its end is missing; export or copy it again"},
    {"EBML header parsing failed", kFile,
     "the file is damaged at its very beginning; export or copy it again"},
    {"could not find codec parameters", kFile,
     "it cannot be found out how its tracks are coded: the file is damaged or incomplete"},
    {"Cannot determine format of input stream", kFile,
     "not one of its pictures or sounds could be decoded: the file is damaged"},
    {"Failed to read frame size", kFile,
     "the file is damaged, or not the sound that it claims to be"},
    {"Invalid data found", kFile, "the file is damaged, or not the video that it claims to be"},
    {"Error while decoding", kFile, "too much of the file is damaged to be decoded"},
    {": End of file", kFile,
     "the file ends before there is anything to play: it is incomplete or damaged; export or copy "
     "it again"},
    {"Impossible to convert between the formats", kFile,
     "its pictures are in a format that we cannot convert"},
    {"no path between colorspaces", kFile,
     "its colours are described in a way that cannot be converted; export it without HDR"},
});

// ffmpeg leaves a crash or a limit no time for words.
std::optional<Error> ExplainSignal(const process::ExitStatus& status,
                                   std::chrono::seconds cpu_max) {
  if (!status.signal) return std::nullopt;
  switch (*status.signal) {
    case SIGKILL:
      if (status.cpu_seconds >= static_cast<double>(cpu_max.count()) - 1) {
        return Error(kFile,
                     "converting it takes far more computing time than a video of its length "
                     "should; export it in a usual size and frame rate");
      }
      return Error(ErrorCode::kResourceExhausted,
                   "the converter was killed, most likely because this machine ran out of memory");
    case SIGXFSZ:
      return Error(kFile, "unpacked it takes far more room than its size lets expect");
    case SIGSEGV:
    case SIGABRT:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
      // Perhaps the file's fault, perhaps bad luck: worth another attempt.
      return Error(ErrorCode::kInternal, "the file is damaged in a way that crashes its decoder");
    default:
      return Error(ErrorCode::kInternal,
                   fmt::format("the converter was ended by signal {}", *status.signal));
  }
}

// ffmpeg's last line, without "[mov,mp4 @ 0x55d0]" and without our paths.
std::string LastWords(std::string_view errors) {
  while (errors.ends_with('\n')) errors.remove_suffix(1);
  std::string_view line = errors.substr(errors.rfind('\n') + 1);
  if (line.starts_with('[')) {
    const std::size_t end = line.find("] ");
    if (end != std::string_view::npos) line.remove_prefix(end + 2);
  }
  if (const std::size_t end = line.find(": "); line.starts_with('/') && end != line.npos) {
    line.remove_prefix(end + 2);
  }
  constexpr std::size_t kLengthMax = 200;
  return line.empty() ? "no reason given" : std::string(line.substr(0, kLengthMax));
}

}  // namespace

Error ExplainFailure(std::string_view errors, const process::ExitStatus& status,
                     std::chrono::seconds cpu_max) {
  if (auto signalled = ExplainSignal(status, cpu_max)) return *std::move(signalled);
  for (const Cause& cause : kCauses) {
    if (errors.find(cause.sign) == std::string_view::npos) continue;
    return {cause.code, std::string(cause.sentence)};
  }
  return {ErrorCode::kInternal,
          fmt::format("the video could not be converted ({})", LastWords(errors))};
}

}  // namespace tritontube::ffmpeg
