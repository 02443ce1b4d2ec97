#include "app/client/download.h"

#include <charconv>
#include <fstream>

#include "adapters/local_files/output_file.h"
#include "app/client/file_name.h"
#include "app/client/meter.h"
#include "app/client/text.h"
#include "base/printable.h"
#include "core/blob/digester.h"

namespace tritontube::client {

namespace fs = std::filesystem;
using http_client::Answer;
using http_client::Transfer;
using local_files::OutputFile;
using nlohmann::json;

namespace {

// What the server says of an original.
struct Original {
  std::string path;
  std::string etag;
  ByteCount size = 0;
  std::optional<blob::Digest> digest;  // A server that has only just got the file may not know it.
  std::string file_name;
};

std::optional<ByteCount> NumberOf(std::string_view text) {
  ByteCount number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<Original> FindOriginal(http_client::HttpClient& http, const std::string& id) {
  TT_ASSIGN_OR_RETURN(const json video, GetVideo(http, id));
  const std::string path = TextOf(video.value("urls", json()), "original");
  if (path.empty()) {
    return Fail(ErrorCode::kFailedPrecondition,
                "video {} is {}: the server does not have its whole original", id,
                TextOf(video, "state"));
  }
  TT_ASSIGN_OR_RETURN(Answer head, http.Send({.method = "HEAD", .path = path}));
  TT_ASSIGN_OR_RETURN(head, http_client::Check(std::move(head)));
  constexpr std::string_view kAlgorithm = "xxh3-128=";
  const std::string_view digest = head.headers.Get("TritonTube-Digest").value_or("");
  const auto size = NumberOf(head.headers.Get("Content-Length").value_or(""));
  const auto expected = digest.starts_with(kAlgorithm)
                            ? blob::Digest::FromHex(digest.substr(kAlgorithm.size()))
                            : std::nullopt;
  if (!size || (!digest.empty() && !expected)) {
    return Fail(ErrorCode::kUnknown, "the server does not tell the size and digest of {}", path);
  }
  return Original{.path = path,
                  .etag = std::string(head.headers.Get("ETag").value_or("")),
                  .size = *size,
                  .digest = expected,
                  .file_name = FileNameIn(head.headers.Get("Content-Disposition").value_or(""))
                                   .value_or(path.substr(path.rfind('/') + 1))};
}

fs::path TargetOf(const std::optional<fs::path>& output, const std::string& file_name) {
  std::error_code failed;
  if (!output) return file_name;
  return fs::is_directory(*output, failed) ? *output / file_name : *output;
}

Result<void> CheckIsFree(const fs::path& target, local_files::Overwrite overwrite) {
  std::error_code failed;
  if (overwrite == local_files::Overwrite::kYes || !fs::exists(target, failed)) return {};
  return Fail(ErrorCode::kAlreadyExists,
              "{} is there already: name another file with -o, or overwrite it with --force",
              target.string());
}

// The bytes of a download before they have their name.
class PartialFile {
 public:
  // Goes on with what is there when it can be the beginning of `size` bytes.
  static Result<PartialFile> Open(const fs::path& path, ByteCount size) {
    PartialFile file(path);
    std::error_code failed;
    const auto there = fs::file_size(path, failed);
    if (!failed && there <= size) TT_RETURN_IF_ERROR(file.ReadBeginning());
    TT_ASSIGN_OR_RETURN(OutputFile output,
                        file.size_ > 0 ? OutputFile::Append(path) : OutputFile::Create(path));
    file.output_.emplace(std::move(output));
    return file;
  }

  Result<void> BeginAnew() {
    digester_ = {};
    size_ = 0;
    TT_ASSIGN_OR_RETURN(OutputFile output, OutputFile::Create(path_));
    output_.emplace(std::move(output));
    return {};
  }
  Result<void> Write(std::string_view bytes) {
    TT_RETURN_IF_ERROR(output_->Write(bytes));
    digester_.Add(AsBytes(bytes));
    size_ += bytes.size();
    return {};
  }
  Result<void> Sync() { return output_->Sync(); }

  ByteCount size() const { return size_; }
  blob::Digest digest() const { return digester_.digest(); }
  const fs::path& path() const { return path_; }

 private:
  explicit PartialFile(fs::path path) : path_(std::move(path)) {}

  Result<void> ReadBeginning() {
    std::ifstream input(path_, std::ios::binary);
    std::string buffer(1UZ << 20U, '\0');
    while (input) {
      input.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
      const auto piece =
          std::string_view(buffer).substr(0, static_cast<std::size_t>(input.gcount()));
      digester_.Add(AsBytes(piece));
      size_ += piece.size();
    }
    if (input.bad()) return Fail(ErrorCode::kUnavailable, "{} cannot be read", path_.string());
    return {};
  }

  fs::path path_;
  std::optional<OutputFile> output_;
  blob::Digester digester_;
  ByteCount size_ = 0;
};

Result<void> Fetch(Context& context, const Original& original, PartialFile& file) {
  const ByteCount begin = file.size();
  if (begin == original.size && begin > 0) return {};
  http::Headers headers;
  if (begin > 0) {
    headers.Add("Range", fmt::format("bytes={}-", begin));
    headers.Add("If-Range", original.etag);
  }
  Meter meter;
  const auto show = [&](const Transfer&) {
    const auto now = Meter::Time::clock::now();
    if (!context.terminal.WantsProgress(now)) return;
    meter.Update(file.size(), now);
    context.terminal.Progress(meter.Line(Printable(original.file_name), original.size));
  };
  TT_ASSIGN_OR_RETURN(
      Answer answer,
      context.http.Send({.path = original.path,
                         .headers = headers,
                         // A server that does not continue sends all of it.
                         .on_head = [&](int status, const http::Headers&) -> Result<void> {
                           return status == 200 && begin > 0 ? file.BeginAnew() : Result<void>();
                         },
                         .sink = [&](std::string_view bytes) { return file.Write(bytes); },
                         .progress = show}));
  TT_RETURN_IF_ERROR(http_client::Check(std::move(answer)));
  return {};
}

Result<void> Verify(const Original& original, const PartialFile& file) {
  const bool is_same = !original.digest || file.digest() == *original.digest;
  if (file.size() == original.size && is_same) return {};
  std::error_code failed;
  fs::remove(file.path(), failed);
  return Fail(ErrorCode::kCorrupt,
              "what came is not what was uploaded, so it was thrown away: download it again");
}

}  // namespace

Result<void> Download(Context& context, const DownloadOptions& options) {
  TT_ASSIGN_OR_RETURN(const Original original, FindOriginal(context.http, options.id));
  const fs::path target = TargetOf(options.output, original.file_name);
  TT_RETURN_IF_ERROR(CheckIsFree(target, options.overwrite));
  // Named after the video too: another one may be called the same.
  const fs::path partial = fmt::format("{}.{}.part", target.string(), options.id);
  TT_ASSIGN_OR_RETURN(PartialFile file, PartialFile::Open(partial, original.size));
  // Whether a beginning is that of this file can only be told by the digest of all.
  if (!original.digest) TT_RETURN_IF_ERROR(file.BeginAnew());
  Result<void> fetched = Fetch(context, original, file);
  context.terminal.EndProgress();
  if (!fetched) {
    return Fail(fetched.error().code(), "{}; {} of {} are in {}: run it again to go on",
                fetched.error().message(), FormatBytes(file.size()), FormatBytes(original.size),
                partial.string());
  }
  TT_RETURN_IF_ERROR(Verify(original, file));
  TT_RETURN_IF_ERROR(file.Sync());
  TT_RETURN_IF_ERROR(local_files::Rename(partial, target, options.overwrite));
  TT_RETURN_IF_ERROR(local_files::SyncFolder(target.parent_path()));
  context.terminal.Result(context.json ? JsonLine({{"id", options.id},
                                                   {"file", target.string()},
                                                   {"size_bytes", original.size},
                                                   {"digest", file.digest().ToHex()}})
                                       : target.string());
  return {};
}

}  // namespace tritontube::client
