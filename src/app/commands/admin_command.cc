#include "app/commands/admin_command.h"

#include <nlohmann/json.hpp>

#include "base/printable.h"
#include "endpoints/admin_rpc/admin_methods.h"
#include "foundation/async/io_pool.h"
#include "services/cluster/cluster_json.h"
#include "transport/rpc/channel.h"
#include "transport/rpc/payload_message.h"
#include "tritontube/admin.pb.h"
#include "tritontube/v1/admin.pb.h"

namespace tritontube::app {

namespace {

constexpr std::chrono::seconds kAnswerTime{10};

// Both requests have no fields.
template <typename Response>
Result<Response> Ask(const std::string& address, std::string_view method) {
  const async::IoPool io(1);
  rpc::Channel channel(address);
  Result<blob::Bytes> answer = async::BlockOn(
      io.executor(0), channel.Call(std::string(method), {}, Deadline::After(kAnswerTime)));
  if (!answer) {
    return std::unexpected(std::move(answer).error().Within(fmt::format(
        "asking {}, which should be the first address behind nw of a web server", address)));
  }
  return rpc::ParseMessage<Response>(*answer);
}

Result<void> List(const std::string& address, bool json, const Console& console) {
  TT_ASSIGN_OR_RETURN(const auto response, Ask<ListNodesResponse>(address, admin_rpc::kListNodes));
  if (json) {
    fmt::print(
        console.out, "{}\n",
        nlohmann::json(std::vector<std::string>(response.nodes().begin(), response.nodes().end()))
            .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return {};
  }
  for (const std::string& node : response.nodes()) {
    fmt::print(console.out, "{}\n", Printable(node));
  }
  return {};
}

Result<void> Status(const std::string& address, bool json, const Console& console) {
  TT_ASSIGN_OR_RETURN(const auto response,
                      Ask<v1::ClusterStatusResponse>(address, admin_rpc::kStatus));
  if (json) {
    fmt::print(console.out, "{}\n", response.json());
    return {};
  }
  TT_ASSIGN_OR_RETURN(const std::string text, cluster::TextOf(response.json()));
  fmt::print(console.out, "{}", text);
  return {};
}

}  // namespace

void AdminCommand::AddOptions(CLI::App& app) {
  app.add_option("verb", verb_, "list: the addresses of the content nodes; status: how they are")
      ->required()
      ->check(CLI::IsMember({"list", "status"}));
  app.add_option("address", address_, "The first address behind nw of any web server")->required();
  app.add_flag("--json", json_, "Write JSON");
}

Result<void> AdminCommand::Run(const Console& console) {
  return verb_ == "list" ? List(address_, json_, console) : Status(address_, json_, console);
}

}  // namespace tritontube::app
