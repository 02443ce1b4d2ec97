#include "transport/http/host_policy.h"

#include <unistd.h>

#include <array>
#include <charconv>

namespace tritontube::http {

namespace {

std::optional<int> ParsePort(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port < 0 || port > 65535) {
    return std::nullopt;
  }
  return port;
}

std::string NormalHost(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string lower(host);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lower;
}

std::string MachineName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

struct Origin {
  Authority authority;
  int default_port;
};

std::optional<Origin> ParseOrigin(std::string_view text) {
  for (const auto& [scheme, port] : {std::pair<std::string_view, int>("http://", 80),
                                     std::pair<std::string_view, int>("https://", 443)}) {
    if (!text.starts_with(scheme)) continue;
    std::optional<Authority> authority = ParseAuthority(text.substr(scheme.size()));
    if (!authority) return std::nullopt;
    return Origin{.authority = *std::move(authority), .default_port = port};
  }
  return std::nullopt;
}

// The scheme behind a proxy is unknown to us, so a missing port of either side
// stands for the default of the origin's scheme.
bool IsSameOrigin(const Origin& origin, const Authority& host) {
  return origin.authority.host == host.host &&
         origin.authority.port.value_or(origin.default_port) ==
             host.port.value_or(origin.default_port);
}

}  // namespace

std::optional<Authority> ParseAuthority(std::string_view text) {
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  const std::size_t colon = text.find(':', bracket);
  Authority authority{.host = NormalHost(text.substr(0, colon)), .port = std::nullopt};
  if (colon != std::string_view::npos) {
    authority.port = ParsePort(text.substr(colon + 1));
    if (!authority.port) return std::nullopt;
  }
  if (authority.host.empty() || authority.host.find_first_of("/@?#[] ") != std::string::npos) {
    return std::nullopt;
  }
  return authority;
}

HostPolicy::HostPolicy(const std::vector<std::string>& hosts) {
  for (const std::string& host : hosts) {
    if (!host.empty()) hosts_.insert(NormalHost(host));
  }
}

HostPolicy HostPolicy::ForListener(std::string_view listen_address,
                                   const std::vector<std::string>& extra_hosts) {
  std::vector<std::string> hosts{"localhost", "127.0.0.1", "::1", MachineName(),
                                 std::string(listen_address)};
  hosts.insert(hosts.end(), extra_hosts.begin(), extra_hosts.end());
  return HostPolicy(hosts);
}

Result<void> HostPolicy::Check(Method method, std::string_view authority,
                               const Headers& headers) const {
  const std::optional<Authority> host = ParseAuthority(authority);
  if (!host || !hosts_.contains(host->host)) {
    return Fail(ErrorCode::kPermissionDenied,
                "this server does not answer to the name \"{}\"; start it with --allowed-hosts to "
                "add a name",
                authority.substr(0, 100));
  }
  const std::optional<std::string_view> origin_text = headers.Get("Origin");
  if (!IsStateChanging(method) || !origin_text) return {};
  const std::optional<Origin> origin = ParseOrigin(*origin_text);
  if (!origin || !IsSameOrigin(*origin, *host)) {
    return Fail(ErrorCode::kPermissionDenied,
                "a page of \"{}\" may not change anything on this server",
                origin_text->substr(0, 100));
  }
  return {};
}

}  // namespace tritontube::http
