#pragma once

#include <optional>
#include <string_view>

namespace tritontube::http_api {

// One file of the front end, compiled into the binary.
struct WebAsset {
  std::string_view path;  // "/assets/app-7f3a.js", or "/index.html".
  std::string_view content_type;
  std::string_view bytes;
  std::string_view brotli;  // The same, compressed; empty when that saves nothing.
  std::string_view gzip;
};

// Where the front end's files are. Immutable; safe to use from any thread.
class WebAssets {
 public:
  virtual ~WebAssets() = default;
  virtual const WebAsset* Find(std::string_view path) const = 0;
};

}  // namespace tritontube::http_api
