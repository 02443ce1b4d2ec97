#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "transport/http/headers.h"
#include "transport/http/method.h"

namespace tritontube::http {

// Keeps foreign web pages from using a server that their visitor can reach but
// they cannot. Host must be one of our names (a page whose own name was rebound
// to our address sends its name), and a request that changes something must not
// come from a page of another origin. What is no browser sends no Origin and
// passes. A value; safe to read from any thread.
class HostPolicy {
 public:
  // The loopback names, this machine's name, `listen_address` and `extra_hosts`
  // (names or addresses, without a port), each with any port.
  static HostPolicy ForListener(std::string_view listen_address,
                                const std::vector<std::string>& extra_hosts);
  explicit HostPolicy(const std::vector<std::string>& hosts);

  // kPermissionDenied with a reason for the user. `authority` is the Host field,
  // or that of an absolute target. 403 and not 421, because 421 invites the
  // client to try again over another connection (RFC 9110, 15.5.20), which
  // never helps here.
  Result<void> Check(Method method, std::string_view authority, const Headers& headers) const;

 private:
  std::set<std::string, std::less<>> hosts_;  // Lower case, IPv6 without brackets.
};

struct Authority {
  std::string host;  // Lower case, without the brackets of an IPv6 address or a final dot.
  std::optional<int> port;
};
// "name:80", "127.0.0.1", "[::1]:80".
std::optional<Authority> ParseAuthority(std::string_view text);

}  // namespace tritontube::http
