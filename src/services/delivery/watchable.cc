#include "services/delivery/watchable.h"

#include "domain/catalog/view.h"

namespace tritontube::delivery {

namespace {

std::optional<ShownSource> SourceOf(const catalog::VideoRecord& record) {
  const catalog::VideoRow& row = record.row;
  if (!row.copy || row.copy->tracks.empty()) return std::nullopt;
  ShownSource source{.upload = row.upload, .tracks = row.copy->tracks};
  if (row.source) {
    source.size = row.source->size;
    return source;
  }
  if (!record.open || !record.open->total || !record.open->resumable) return std::nullopt;
  source.size = *record.open->total;
  source.arrival = record.open->resumable->arrival;
  return source;
}

}  // namespace

std::optional<UploadId> Watchable::output() const {
  if (stored) return stored->output;
  if (growth) return growth->output;
  return std::nullopt;
}

std::optional<Watchable> WatchableOf(const catalog::VideoRecord& record) {
  if (!catalog::ViewOf(record).playable) return std::nullopt;
  Watchable watchable{.source = SourceOf(record), .stored = record.row.presentation};
  if (!watchable.stored && record.progress) watchable.growth = record.progress->growth;
  // What is whole by itself does not begin to grow again: the ladder joins it
  // when it is made.
  const bool whole = watchable.source && record.row.copy->ShowsAll();
  if (whole && watchable.growth && !watchable.growth->complete) watchable.growth.reset();
  if (!watchable.source && !watchable.output()) return std::nullopt;
  return watchable;
}

}  // namespace tritontube::delivery
