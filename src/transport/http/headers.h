#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tritontube::http {

struct Header {
  std::string name;
  std::string value;
};

// Header fields in the order they came. Names compare without regard to case
// (RFC 9110, 5.1); there are few, so looking one up walks the list.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> headers) : headers_(headers) {}

  // The first field of that name.
  std::optional<std::string_view> Get(std::string_view name) const;
  bool Has(std::string_view name) const { return Get(name).has_value(); }
  std::size_t Count(std::string_view name) const;
  // True when `token` is in the comma-separated list of any field of that name.
  bool HasToken(std::string_view name, std::string_view token) const;

  void Add(std::string_view name, std::string_view value);
  // Replaces every field of that name.
  void Set(std::string_view name, std::string_view value);
  void Remove(std::string_view name);

  const std::vector<Header>& all() const { return headers_; }

 private:
  std::vector<Header> headers_;
};

// For ASCII, which is all that names and tokens may contain.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);
// Without the spaces and tabs at both ends.
std::string_view TrimBlanks(std::string_view text);

}  // namespace tritontube::http
