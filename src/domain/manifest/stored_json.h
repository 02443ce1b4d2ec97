#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.h"
#include "core/media/presentation.h"

// How renditions stand in stored JSON; for the files of this module alone.
namespace tritontube::manifest {

// Far beyond what planning makes.
inline constexpr std::size_t kStoredRenditionsMax = 100;

std::unexpected<Error> CorruptStored(std::string_view what);

// Takes members out of an object and remembers whether all of them were there,
// of their type and in their range; the first that was not is named.
class StoredMembers {
 public:
  explicit StoredMembers(const nlohmann::json& object);

  std::int64_t Integer(const char* name, std::int64_t least, std::int64_t most);
  int Int(const char* name, std::int64_t most);
  std::string Text(const char* name);
  // Letters, digits and full stops: what ids and codecs are made of.
  std::string Word(const char* name);
  bool Boolean(const char* name);
  const nlohmann::json* Array(const char* name, std::size_t size_max);
  double Seconds(const char* name);

  void Reject(std::string_view name);
  Result<void> Finish() const;

 private:
  const nlohmann::json* Find(const char* name) const;

  const nlohmann::json& object_;
  std::string bad_;
};

// kFailedPrecondition when a newer version wrote the document.
Result<void> CheckStoredFormat(const nlohmann::json& document, std::int64_t known);

nlohmann::json RenditionsToJson(const std::vector<media::Rendition>& renditions);
// Each id once.
Result<std::vector<media::Rendition>> RenditionsFromJson(const nlohmann::json& renditions);

}  // namespace tritontube::manifest
