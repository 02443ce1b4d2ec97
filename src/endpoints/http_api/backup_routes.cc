#include "endpoints/http_api/routes.h"
#include "services/backup/backup_stream.h"

namespace tritontube::http_api {

namespace {

// A line for each upload that the client has: enough for a million of them.
constexpr ByteCount kHaveBytesMax = ByteCount{16} << 20U;

class BackupBody final : public http::BodySource {
 public:
  explicit BackupBody(std::unique_ptr<backup::BackupStream> stream) : stream_(std::move(stream)) {}

  async::Task<Result<std::optional<blob::Bytes>>> Next() override {
    if (stopping_) co_return Fail(ErrorCode::kUnavailable, "the server stops");
    co_return co_await stream_->Next();
  }
  void OnServerStopping() override { stopping_ = true; }

 private:
  std::unique_ptr<backup::BackupStream> stream_;
  bool stopping_ = false;
};

http::Response Stream(const Services& services, std::set<UploadId> have) {
  http::Response response;
  response.headers = {{"Content-Type", "application/vnd.tritontube.backup"},
                      {"Cache-Control", "no-store"}};
  response.body = std::make_unique<BackupBody>(std::make_unique<backup::BackupStream>(
      backup::Stores{services.catalog, services.coordination, services.blobs}, std::move(have)));
  return response;
}

Result<std::set<UploadId>> UploadsIn(std::string_view text) {
  std::set<UploadId> uploads;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const auto upload = UploadId::Parse(text.substr(0, end));
    if (!upload) {
      return Fail(ErrorCode::kInvalidArgument,
                  "the body must be the ids of the uploads that you have, one on each line");
    }
    uploads.insert(*upload);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return uploads;
}

async::Task<Result<http::Response>> GetBackup(Services services, http::Request& /*request*/) {
  co_return Stream(services, {});
}

// A list of what one has does not fit into an address, hence POST.
async::Task<Result<http::Response>> PostBackup(Services services, http::Request& request) {
  TT_CO_ASSIGN_OR_RETURN(const std::string text,
                         co_await http::ReadWhole(request.body, kHaveBytesMax));
  TT_CO_ASSIGN_OR_RETURN(std::set<UploadId> have, UploadsIn(text));
  co_return Stream(services, std::move(have));
}

}  // namespace

void AddBackupRoutes(http::Router& router, const Services& services) {
  router.Add(http::Method::kGet, "/api/v1/backup",
             [services](http::Request& request) { return GetBackup(services, request); });
  router.Add(http::Method::kPost, "/api/v1/backup",
             [services](http::Request& request) { return PostBackup(services, request); },
             {.body_bytes_max = kHaveBytesMax});
}

}  // namespace tritontube::http_api
