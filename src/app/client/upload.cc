#include "app/client/upload.h"

#include <list>
#include <set>

#include "app/client/meter.h"
#include "app/client/resumable.h"
#include "base/printable.h"

namespace tritontube::client {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::chrono::milliseconds kLookInterval{500};
// A server that restarts is waited for, this many looks in a row.
constexpr int kFailedLooksMax = 120;

// A video that cannot be watched yet.
struct Pending {
  fs::path file;
  std::string id;
  int failed_looks = 0;
};

class Uploads {
 public:
  explicit Uploads(Context& context) : context_(context) {}

  // False when everything shall stop.
  bool Send(const fs::path& file) {
    is_sending_ = true;
    last_look_ = {};
    const Result<void> sent = SendFile(file);
    is_sending_ = false;
    if (!sent) Report(file, sent.error());
    return sent || sent.error().code() != ErrorCode::kCancelled;
  }

  // Looks at every video that is not done. False when all are.
  bool Look() { return Look(context_.http); }
  bool Look(http_client::HttpClient& http) {
    for (auto at = pending_.begin(); at != pending_.end();) {
      const auto here = at++;
      if (IsDone(http, *here)) pending_.erase(here);
    }
    return !pending_.empty();
  }

  void Stop() {
    for (const Pending& pending : pending_) {
      Report(pending.file, Error(ErrorCode::kCancelled,
                                 fmt::format("stopped; it goes on at {}", Address(pending.id))));
    }
    pending_.clear();
  }

  std::size_t failed_count() const { return failed_count_; }

 private:
  Result<void> SendFile(const fs::path& path);
  Result<void> SendBytes(ResumableSend& send, const std::string& id);
  void LookWhileSending(Meter::Time now);
  bool IsDone(http_client::HttpClient& http, Pending& pending);
  void ShowProgress(const Pending& pending, const json& video);

  std::string Address(const std::string& id) const { return context_.server + "/videos/" + id; }

  void Succeed(const Pending& pending, json video) {
    const std::string address = Address(pending.id);
    context_.terminal.Result(context_.json ? JsonLine({{"file", pending.file.string()},
                                                       {"url", address},
                                                       {"video", std::move(video)}})
                                           : address);
  }
  void Report(const fs::path& file, const Error& error) {
    ++failed_count_;
    context_.terminal.Note(fmt::format("{}: {}", Printable(file.string()), error.message()));
    if (!context_.json) return;
    context_.terminal.Result(JsonLine({{"file", file.string()}, {"error", ErrorJson(error)}}));
  }

  Context& context_;
  std::list<Pending> pending_;
  bool is_sending_ = false;  // Then the progress is that of what is sent.
  Meter::Time last_look_;    // While sending.
  std::size_t failed_count_ = 0;
  std::set<std::string> failed_;  // Videos that have been reported.
};

Result<void> Uploads::SendFile(const fs::path& path) {
  TT_ASSIGN_OR_RETURN(const LocalFile file, LocalFile::Open(path));
  Meter meter;
  const auto show = [&](ByteCount bytes) {
    const auto now = Meter::Time::clock::now();
    LookWhileSending(now);
    if (!context_.terminal.WantsProgress(now)) return;
    meter.Update(bytes, now);
    context_.terminal.Progress(meter.Line(Printable(file.name()), file.size()));
  };
  ResumableSend send(context_, file, show);
  TT_ASSIGN_OR_RETURN(const std::string id, send.Create());
  pending_.push_back({.file = path, .id = id});
  return SendBytes(send, id);
}

// What the server says of the video is told instead of what it says of its bytes.
Result<void> Uploads::SendBytes(ResumableSend& send, const std::string& id) {
  const Result<void> sent = send.SendAll();
  if (sent) return {};
  const auto pending = std::ranges::find(pending_, id, &Pending::id);
  const bool explained = pending == pending_.end()
                             ? failed_.contains(id)
                             : IsDone(context_.http, *pending) && failed_.contains(id);
  if (pending != pending_.end()) pending_.erase(pending);
  return explained ? Result<void>() : sent;
}

// From within a call that sends: what is ready meanwhile does not wait for its end.
void Uploads::LookWhileSending(Meter::Time now) {
  if (pending_.empty() || now - last_look_ < kLookInterval) return;
  last_look_ = now;
  Look(context_.aside);
}

bool Uploads::IsDone(http_client::HttpClient& http, Pending& pending) {
  const Result<json> video = GetVideo(http, pending.id);
  if (!video) {
    const bool passing = video.error().code() == ErrorCode::kUnavailable ||
                         video.error().code() == ErrorCode::kDeadlineExceeded;
    if (passing && ++pending.failed_looks < kFailedLooksMax) return false;
    Report(pending.file, video.error());
    failed_.insert(pending.id);
    return true;
  }
  pending.failed_looks = 0;
  const std::string state = TextOf(*video, "state");
  if (state == "failed") {
    const std::string why = TextOf(video->value("error", json()), "message");
    Report(pending.file, Error(ErrorCode::kInvalidArgument, why));
    failed_.insert(pending.id);
    return true;
  }
  if (state == "ready" || video->value("playable", json()) == true) {
    Succeed(pending, *video);
    return true;
  }
  if (!is_sending_) ShowProgress(pending, *video);
  return false;
}

void Uploads::ShowProgress(const Pending& pending, const json& video) {
  const json progress = video.value("progress", json());
  if (!progress.is_number()) return;
  context_.terminal.Progress(fmt::format("{}  {} {:.0f}%",
                                         Printable(pending.file.filename().string()),
                                         TextOf(video, "state"), progress.get<double>() * 100));
}

}  // namespace

Result<void> Upload(Context& context, const std::vector<fs::path>& files) {
  Uploads uploads(context);
  bool going_on = true;
  for (const fs::path& file : files) {
    going_on = uploads.Send(file);
    if (!going_on) break;
    uploads.Look();
  }
  while (going_on && uploads.Look()) going_on = context.wait(kLookInterval);
  uploads.Stop();
  context.terminal.EndProgress();
  return FailedOf(uploads.failed_count(), files.size(), "uploads");
}

}  // namespace tritontube::client
