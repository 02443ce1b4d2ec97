#include "app/embedded_assets.h"

namespace tritontube::app {

EmbeddedAssets::EmbeddedAssets() {
  for (const http_api::WebAsset& file : EmbeddedFiles()) files_.emplace(file.path, file);
}

const http_api::WebAsset* EmbeddedAssets::Find(std::string_view path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

}  // namespace tritontube::app
