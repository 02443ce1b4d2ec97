#include "services/backup/row_snapshot.h"

#include "domain/catalog/codec.h"
#include "domain/catalog/keys.h"

namespace tritontube::backup {

using coordination::KeyValue;

namespace {

constexpr std::size_t kRowsPerPage = 500;

}  // namespace

Contents ContentsOf(const catalog::VideoRow& row) {
  Contents contents{.uploads = catalog::UploadsOf({.row = row})};
  if (row.source) {
    contents.original = row.upload;
    contents.original_size = row.source->size;
  }
  return contents;
}

async::Task<Result<RowSnapshot::Records>> RowSnapshot::Next(Deadline deadline) {
  return pages_read_ ? NextChanges(deadline) : NextPage(deadline);
}

async::Task<Result<RowSnapshot::Records>> RowSnapshot::NextPage(Deadline deadline) {
  const std::string prefix(catalog::kRowPrefix);
  TT_CO_ASSIGN_OR_RETURN(const coordination::RangePage page,
                         co_await coordination_.Range(
                             {.prefix = prefix, .after = after_, .limit = kRowsPerPage}, deadline));
  if (!watch_) watch_ = coordination_.WatchPrefix(prefix, page.revision);
  Records records;
  for (const KeyValue& item : page.items) Take(item, records);
  if (!page.items.empty()) after_ = page.items.back().key;
  pages_read_ = !page.more;
  revision_ = page.revision;
  co_return records;
}

async::Task<Result<RowSnapshot::Records>> RowSnapshot::NextChanges(Deadline deadline) {
  Result<coordination::WatchBatch> batch = co_await watch_->Next(Deadline::After({}));
  if (!batch && batch.error().code() == ErrorCode::kOutOfRange) {
    co_return Fail(ErrorCode::kUnavailable,
                   "too much changed while the backup began; start it again");
  }
  if (!batch) co_return std::unexpected(std::move(batch).error());
  Records records;
  for (const coordination::Event& event : batch->events) {
    const std::optional<VideoId> id = catalog::VideoOf(event.item.key);
    // What came after the last page belongs to the next backup.
    if (!id || event.item.modified > revision_) continue;
    if (event.kind == coordination::Event::Kind::kPut) Take(event.item, records);
    if (event.kind == coordination::Event::Kind::kDelete) Remove(*id, "", records);
  }
  complete_ = batch->revision >= revision_;
  if (!complete_ && deadline.HasPassed()) {
    co_return Fail(ErrorCode::kDeadlineExceeded, "the changes of the metadata do not come");
  }
  co_return records;
}

void RowSnapshot::Take(const KeyValue& item, Records& records) {
  const std::optional<VideoId> id = catalog::VideoOf(item.key);
  if (!id) return;
  const Result<catalog::VideoRow> row = catalog::DecodeVideoRow(item.value);
  if (!row) return Remove(*id, row.error().message(), records);
  if (!catalog::IsSettled(*row)) return Remove(*id, "", records);
  videos_.insert_or_assign(*id, ContentsOf(*row));
  records.emplace_back(archive::Video{*id, item.value});
}

void RowSnapshot::Remove(const VideoId& id, std::string problem, Records& records) {
  const bool known = videos_.erase(id) > 0;
  if (known || !problem.empty()) records.emplace_back(archive::Gone{id, std::move(problem)});
}

}  // namespace tritontube::backup
