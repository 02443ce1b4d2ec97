#include "app/admin_client.h"

#include "endpoints/admin_rpc/admin_methods.h"
#include "foundation/async/sleep.h"
#include "tritontube/v1/admin.pb.h"

namespace tritontube::app {

namespace {
constexpr std::chrono::seconds kStatusPatience{10};
constexpr std::chrono::milliseconds kLookInterval{250};
constexpr std::chrono::minutes kSilenceMax{2};
}  // namespace

Result<std::string> AdminClient::Status() {
  TT_ASSIGN_OR_RETURN(const auto response,
                      Ask<v1::ClusterStatusResponse>(admin_rpc::kStatus, v1::ClusterStatusRequest(),
                                                     kStatusPatience));
  return response.json();
}

Result<void> AdminClient::FollowStatus(
    const std::function<Result<bool>(const nlohmann::json& status)>& look) {
  for (Deadline silence = Deadline::After(kSilenceMax);;) {
    const Result<std::string> status = Status();
    if (!status && silence.HasPassed()) return std::unexpected(status.error());
    if (status) {
      silence = Deadline::After(kSilenceMax);
      const nlohmann::json document = nlohmann::json::parse(*status, nullptr, false);
      if (!document.is_object()) {
        return Fail(ErrorCode::kUnavailable, "{} does not tell how the cluster is", address_);
      }
      TT_ASSIGN_OR_RETURN(const bool is_over, look(document));
      if (is_over) return {};
    }
    async::BlockOn(io_.executor(0), async::Sleep(kLookInterval));
  }
}

Result<blob::Bytes> AdminClient::Call(std::string_view method, blob::Bytes request,
                                      Deadline deadline) {
  Result<blob::Bytes> answer = async::BlockOn(
      io_.executor(0), channel_.Call(std::string(method), std::move(request), deadline));
  if (answer || answer.error().code() != ErrorCode::kUnavailable) return answer;
  return std::unexpected(std::move(answer).error().Within(fmt::format(
      "asking {}, which should be the first address behind nw of a web server", address_)));
}

}  // namespace tritontube::app
