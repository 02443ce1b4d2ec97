#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/ffmpeg/ffmpeg_tools.h"
#include "adapters/search/sqlite_search_index.h"
#include "base/queue_load.h"
#include "core/blob/blob_store.h"
#include "core/coordination/coordination.h"
#include "domain/replication/cluster_blob_store.h"
#include "foundation/async/blocking_pool.h"
#include "services/scratch/scratch_space.h"

namespace tritontube::app {

// For each thing that must be there before a server starts.
inline constexpr std::chrono::seconds kStartTimeout{30};
// So long after the last sign of life of a process others may take over what it was doing.
inline constexpr std::chrono::seconds kLeaseTtl{10};

// What a server stands on. Which engines they are is the only difference between one machine and
// a cluster; nobody behind this struct knows it.
struct Engines {
  coordination::Coordination& coordination;
  blob::BlobStore& blobs;

  // What only some engines have, for the metrics: their queues, and what removed
  // blobs still take.
  std::function<std::vector<NamedQueueLoad>()> queues;
  std::function<async::Task<Result<ByteCount>>(Deadline)> garbage_bytes;
  // What the copies on several nodes have taken; nothing where there is one store.
  std::function<std::optional<replication::ClusterCounts>()> replication = [] {
    return std::nullopt;
  };
};

// What every server has of its own on the machine it runs on, under its data folder. All of it
// can be lost: it is made anew.
struct LocalTools {
  std::unique_ptr<search::SqliteSearchIndex> index;
  std::unique_ptr<scratch::ScratchSpace> scratch;
  std::unique_ptr<ffmpeg::FfmpegTools> tools;

  static async::Task<Result<LocalTools>> Open(std::filesystem::path data,
                                              async::BlockingPool& blocking, Deadline deadline);
  // Without the index.
  static async::Task<Result<LocalTools>> OpenToTranscode(std::filesystem::path data,
                                                         async::BlockingPool& blocking,
                                                         Deadline deadline);
};

// Of this process, among all that transcode: the machine's name and the process's number.
const std::string& WorkerName();

}  // namespace tritontube::app
