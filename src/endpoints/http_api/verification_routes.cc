#include <nlohmann/json.hpp>

#include "base/printable.h"
#include "endpoints/http_api/routes.h"

namespace tritontube::http_api {

namespace {

using nlohmann::json;
using verification::Damage;

// How often a client hears of progress.
constexpr std::chrono::milliseconds kProgressInterval{500};

std::string Line(const json& object) {
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string ProgressLine(const verification::Report& report) {
  return Line({{"checked_bytes", report.checked_bytes},
               {"checked_blobs", report.checked_blobs},
               {"total_bytes", report.total_bytes},
               {"damaged_blobs", report.damaged_blobs}});
}

json ToJson(const Damage& damage) {
  return {{"video", damage.key.video.text()}, {"file", damage.key.file}, {"reason", damage.reason}};
}

json ToJson(const std::vector<verification::DamagedRow>& rows) {
  json list = json::array();
  for (const verification::DamagedRow& row : rows) {
    list.push_back({{"key", Printable(row.key)},
                    {"video", row.video ? json(row.video->text()) : json(nullptr)}});
  }
  return list;
}

std::string SummaryLine(const verification::Report& report) {
  json corrupt = json::array();
  json missing = json::array();
  for (const Damage& damage : report.damage) {
    (damage.kind == Damage::Kind::kMissing ? missing : corrupt).push_back(ToJson(damage));
  }
  return Line({{"checked_bytes", report.checked_bytes},
               {"checked_blobs", report.checked_blobs},
               {"damaged_blobs", report.damaged_blobs},
               {"corrupt", std::move(corrupt)},
               {"missing", std::move(missing)},
               {"metadata", ToJson(report.damaged_rows)}});
}

std::string ErrorLine(const Error& error) {
  return Line({{"error", {{"code", ToString(error.code())}, {"message", error.message()}}}});
}

// Verifies while it is sent: a client that leaves ends it.
class VerificationStream final : public http::BodySource {
 public:
  explicit VerificationStream(std::unique_ptr<verification::Verification> verification)
      : verification_(std::move(verification)) {}

  async::Task<Result<std::optional<blob::Bytes>>> Next() override {
    if (ended_) co_return std::nullopt;
    // The first line comes at once and says how much there is to do.
    const Deadline pause = Deadline::After(std::exchange(interval_, kProgressInterval));
    while (!pause.HasPassed()) {
      const Result<bool> more = stopping_ ? Stopped() : co_await verification_->Advance();
      if (more && *more) continue;
      ended_ = true;
      co_return blob::Bytes(more ? SummaryLine(verification_->report()) : ErrorLine(more.error()));
    }
    co_return blob::Bytes(ProgressLine(verification_->report()));
  }
  void OnServerStopping() override { stopping_ = true; }

 private:
  static Result<bool> Stopped() { return Fail(ErrorCode::kUnavailable, "the server is stopping"); }

  const std::unique_ptr<verification::Verification> verification_;
  std::chrono::milliseconds interval_{0};
  bool ended_ = false;
  bool stopping_ = false;
};

async::Task<Result<http::Response>> PostVerification(verification::Verifier& verifier,
                                                     http::Request& request) {
  std::optional<VideoId> video;
  if (const auto text = request.query.Get("video")) {
    video = VideoId::Parse(*text);
    if (!video) co_return Fail(ErrorCode::kNotFound, "there is no video {}", *text);
  }
  TT_CO_ASSIGN_OR_RETURN(auto verification,
                         co_await verifier.Begin(std::move(video), RequestDeadline()));
  http::Response response;
  response.headers = {{"Content-Type", "application/x-ndjson"}, {"Cache-Control", "no-store"}};
  response.body = std::make_unique<VerificationStream>(std::move(verification));
  co_return response;
}

json TimeOrNull(const std::optional<WallTime>& time) {
  return time ? json(FormatRfc3339(*time)) : json(nullptr);
}

async::Task<Result<http::Response>> GetVerification(const verification::DamageLog& log,
                                                    http::Request& /*request*/) {
  const scrubbing::ScrubState state = log.state();
  json damaged = json::array();
  for (const verification::Finding& finding : log.findings()) {
    json item = ToJson(finding.damage);
    item["kind"] = finding.damage.kind == Damage::Kind::kMissing ? "missing" : "corrupt";
    item["found_at"] = FormatRfc3339(finding.found);
    damaged.push_back(std::move(item));
  }
  const json answer{{"state", state.started ? "running" : "waiting"},
                    {"started_at", TimeOrNull(state.started)},
                    {"checked_bytes", state.checked_bytes},
                    {"last_started_at", TimeOrNull(state.last_started)},
                    {"last_ended_at", TimeOrNull(state.last_ended)},
                    {"last_checked_bytes", state.last_checked_bytes},
                    {"damaged", std::move(damaged)},
                    {"metadata", ToJson(log.damaged_rows())}};
  http::Response response = http::TextResponse(200, "application/json", Line(answer));
  response.headers.Set("Cache-Control", "private, no-store");
  co_return response;
}

}  // namespace

void AddVerificationRoutes(http::Router& router, verification::Verifier& verifier) {
  router.Add(http::Method::kGet, "/api/v1/verification", [&verifier](http::Request& request) {
    return GetVerification(verifier.log(), request);
  });
  router.Add(http::Method::kPost, "/api/v1/verification",
             [&verifier](http::Request& request) { return PostVerification(verifier, request); });
}

}  // namespace tritontube::http_api
