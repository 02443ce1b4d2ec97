#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "endpoints/http_api/web_assets.h"

namespace tritontube::app {

// The files of web/dist as they were when the binary was built; none when there
// was no dist folder.
std::vector<http_api::WebAsset> EmbeddedFiles();

class EmbeddedAssets final : public http_api::WebAssets {
 public:
  EmbeddedAssets();
  const http_api::WebAsset* Find(std::string_view path) const override;

 private:
  std::unordered_map<std::string_view, http_api::WebAsset> files_;
};

}  // namespace tritontube::app
