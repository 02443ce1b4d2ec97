#include "app/admin_client.h"

#include "endpoints/admin_rpc/admin_methods.h"
#include "foundation/async/sleep.h"
#include "tritontube/v1/admin.pb.h"

namespace tritontube::app {

namespace {
constexpr std::chrono::seconds kStatusPatience{10};
}  // namespace

Result<std::string> AdminClient::Status() {
  TT_ASSIGN_OR_RETURN(const auto response,
                      Ask<v1::ClusterStatusResponse>(admin_rpc::kStatus, v1::ClusterStatusRequest(),
                                                     kStatusPatience));
  return response.json();
}

void AdminClient::Pause(std::chrono::milliseconds duration) {
  async::BlockOn(io_.executor(0), async::Sleep(duration));
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
