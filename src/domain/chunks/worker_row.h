#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "core/coordination/coordination.h"

namespace tritontube::chunks {

// What a worker is doing.
enum class Work : std::uint8_t {
  kSound,     // All of a video's sound.
  kWhole,     // All that is made of a short video.
  kPictures,  // A chunk of them.
  kExtras,    // Poster, storyboard, captions, loudness.
};
std::string_view ToString(Work work);

struct Doing {
  VideoId video;
  Work work = Work::kWhole;
  std::uint32_t chunk = 0;
  double fraction = 0;  // Of a chunk, that is made by now.

  bool operator==(const Doing&) const = default;
};

// A process that transcodes. Goes with its lease.
struct WorkerRow {
  std::string name;
  std::size_t slots = 0;  // So much at once.
  std::vector<Doing> doing = {};

  bool operator==(const WorkerRow&) const = default;
};

inline constexpr std::string_view kWorkerPrefix = "worker/";
std::string WorkerKey(std::string_view name);

// As in catalog/codec.h.
std::string Encode(const WorkerRow& row);
Result<WorkerRow> DecodeWorkerRow(std::string_view text);

// All of them, by name; a row that cannot be understood is left out. Errors: those of
// Coordination.
async::Task<Result<std::vector<WorkerRow>>> WorkersNow(coordination::Coordination& coordination,
                                                       Deadline deadline);

}  // namespace tritontube::chunks
