#include "app/commands/web_command.h"

#include "app/web.h"
#include "base/printable.h"

namespace tritontube::app {

namespace {

Result<config::SocketAddress> AddressOf(std::string_view word, const std::string& text) {
  const std::optional<config::SocketAddress> address = config::ParseSocketAddress(text);
  if (address) return *address;
  return Fail(ErrorCode::kInvalidArgument, "{}: \"{}\" is no address; expected HOST:PORT", word,
              Printable(text));
}

Result<std::vector<std::string>> AddressesOf(std::string_view word, std::string_view text) {
  std::vector<std::string> addresses = config::ParseList(text);
  for (const std::string& address : addresses) TT_RETURN_IF_ERROR(AddressOf(word, address));
  if (addresses.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                "{}: name at least one address, such as {} \"localhost:8090\"", word, word);
  }
  return addresses;
}

// The first is where the admin is answered, the others are content nodes.
Result<void> ReadNodes(const std::string& text, WebSettings& settings) {
  TT_ASSIGN_OR_RETURN(std::vector<std::string> addresses, AddressesOf("nw", text));
  TT_ASSIGN_OR_RETURN(settings.admin, AddressOf("nw", addresses.front()));
  addresses.erase(addresses.begin());
  settings.initial_nodes = std::move(addresses);
  return {};
}

}  // namespace

Result<void> ReadWords(const std::vector<std::string>& words, WebSettings& settings) {
  if (words.size() != 4 || words[0] != "etcd" || words[2] != "nw") {
    return Fail(ErrorCode::kInvalidArgument,
                "web: say where the metadata is and who keeps the bytes, such as web --port 3344 "
                "etcd \"localhost:8093,localhost:8094\" nw \"localhost:3343,localhost:8090\"; on "
                "one machine alone use tritontube serve");
  }
  TT_ASSIGN_OR_RETURN(settings.etcd, AddressesOf("etcd", words[1]));
  return ReadNodes(words[3], settings);
}

void WebCommand::AddOptions(CLI::App& app) {
  flags_.AddTo(app);
  app.add_option("words", words_,
                 "etcd \"HOST:PORT,...\" nw \"HOST:PORT,...\": the members of etcd; then the "
                 "address for the admin, and the content nodes of a new cluster");
}

Result<void> WebCommand::Run(const Console& console) {
  TT_RETURN_IF_ERROR(flags_.Resolve(console.environment));
  TT_RETURN_IF_ERROR(ReadWords(words_, settings_));
  if (settings_.data.empty()) {
    settings_.data = fmt::format("web-{}", settings_.listen.port);
  }
  return Web(settings_);
}

}  // namespace tritontube::app
