#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "core/coordination/model_coordination.h"
#include "domain/catalog/catalog.h"
#include "foundation/async/io_pool.h"
#include "support/interrupted_coordination.h"
#include "support/moments.h"
#include "support/must.h"

namespace tritontube::support {

// One video in the making: its names.
struct Names {
  VideoId video;
  UploadId upload;
};

// A catalog on the model engine, one thread to run coroutines on, and what a
// test of videos needs.
struct CatalogWorld {
  SystemClock clock;
  coordination::ModelCoordination engine{clock};
  InterruptedCoordination coordination{engine};
  catalog::Catalog catalog{coordination};
  SeededRandom random{2026};
  async::IoPool pool{1};

  Names NewNames() { return {VideoId::Generate(random), UploadId::Generate(random)}; }

  async::Task<coordination::LeaseId> NewLease() {
    co_return Must(co_await engine.GrantLease(std::chrono::hours(1), Soon()));
  }

  // A video whose upload has begun under `lease`.
  async::Task<Names> Uploading(coordination::LeaseId lease, std::string title = "A title",
                               WallTime created = WallTime(std::chrono::milliseconds(1000))) {
    const Names names = NewNames();
    Must(co_await catalog.Create({.id = names.video,
                                  .upload = names.upload,
                                  .title = std::move(title),
                                  .file_name = "a.mp4",
                                  .created = created,
                                  .total = 1000},
                                 lease, Soon()));
    co_return names;
  }

  static catalog::SourceFile Source() {
    return {.size = 1000, .part_count = 1, .digest = blob::Digest{.high = 1, .low = 2}};
  }

  // A video whose source is stored and whose job waits.
  async::Task<Names> Committed(coordination::LeaseId lease) {
    const Names names = co_await Uploading(lease);
    Must(co_await catalog.CommitSource(names.video, names.upload, Source(), Soon()));
    co_return names;
  }

  static catalog::Publication Publication() {
    return {.facts = {.duration_seconds = 12.5,
                      .width = 1280,
                      .height = 720,
                      .frame_rate = media::Rational{30000, 1001}},
            .renditions = {{.id = "v720",
                            .kind = media::Kind::kVideo,
                            .codec = "avc1.64001f",
                            .width = 1280,
                            .height = 720,
                            .bandwidth = 2'000'000},
                           {.id = "a0",
                            .kind = media::Kind::kAudio,
                            .codec = "mp4a.40.2",
                            .bandwidth = 128'000}},
            .digest = {.high = 3, .low = 4},
            .has_poster = true};
  }
};

// Runs a test's body, a coroutine without captures, in a world of its own.
inline void InCatalogWorld(async::Task<void> (*body)(CatalogWorld&)) {
  CatalogWorld world;
  async::BlockOn(world.pool.executor(0), body(world));
}

}  // namespace tritontube::support
