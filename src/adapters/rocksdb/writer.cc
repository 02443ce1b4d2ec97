#include "adapters/rocksdb/writer.h"

#include <algorithm>
#include <atomic>
#include <map>

#include "adapters/rocksdb/reader.h"

namespace tritontube::rocksdb {

namespace {

// Bounds what one sync or flush has to carry, and so how long it takes.
constexpr ByteCount kGroupBytesMax = ByteCount{64} << 20U;

void Check(const rdb::Status& status) {
  TT_ASSERT(status.ok(), "a batch without a limit refused: {}", status.ToString());
}

void AddBlob(rdb::WriteBatch& batch, rdb::ColumnFamilyHandle* family,
             const PendingPut::Prepared& blob) {
  Check(batch.Put(family, blob.head_key, EncodeHead(blob.head_key, blob.head)));
  for (std::uint32_t number = 0; number < blob.head.record_count(); ++number) {
    const ByteCount offset = number * blob.head.record_bytes;
    const blob::Bytes record =
        blob.bytes.Slice(offset, std::min(blob.head.record_bytes, blob.head.size - offset));
    std::vector<rdb::Slice> value = {blob.checksums[number]};
    for (const std::span<const std::byte> span : record.spans()) {
      value.emplace_back(AsText(span).data(), span.size());
    }
    const std::string key = RecordKey(blob.head_key, number);
    const rdb::Slice key_slice(key);
    Check(batch.Put(family, rdb::SliceParts(&key_slice, 1),
                    rdb::SliceParts(value.data(), static_cast<int>(value.size()))));
  }
}

rdb::WriteOptions Logged() {
  rdb::WriteOptions options;
  options.sync = true;
  return options;
}

rdb::Status WriteLogged(const Database& database, rdb::WriteBatch& batch) {
  if (batch.Count() == 0) return rdb::Status::OK();
  return database.db().Write(Logged(), &batch);
}

// Durable by a flush that has ended, instead of by the log.
rdb::Status WriteFlushed(const Database& database, rdb::WriteBatch& batch) {
  rdb::WriteOptions options;
  options.disableWAL = true;
  rdb::Status status = database.db().Write(options, &batch);
  if (!status.ok()) return status;
  rdb::FlushOptions flush;
  flush.wait = true;
  flush.allow_write_stall = true;
  return database.db().Flush(flush, database.bulk());
}

}  // namespace

PendingPut::PendingPut(std::vector<blob::Blob> batch, ByteCount record_bytes, Deadline deadline)
    : deadline_(deadline) {
  for (blob::Blob& blob : batch) {
    Prepared prepared{.head_key = HeadKey(blob.key),
                      .head = {.size = blob.bytes.size(),
                               .digest = blob::DigestOf(blob.bytes),
                               .record_bytes = record_bytes},
                      .bytes = std::move(blob.bytes),
                      .checksums = {}};
    for (std::uint32_t number = 0; number < prepared.head.record_count(); ++number) {
      const ByteCount offset = number * record_bytes;
      const blob::Bytes record =
          prepared.bytes.Slice(offset, std::min(record_bytes, prepared.head.size - offset));
      prepared.checksums.push_back(
          RecordChecksum(RecordKey(prepared.head_key, number), record.spans()));
    }
    size_ += prepared.head.size;
    blobs_.push_back(std::move(prepared));
  }
}

void Writer::Queue(PendingPut& put) {
  const std::lock_guard lock(mutex_);
  queue_.push_back(&put);
}

std::vector<PendingPut*> Writer::TakeQueued() {
  const std::lock_guard lock(mutex_);
  std::vector<PendingPut*> taken;
  ByteCount size = 0;
  while (!queue_.empty()) {
    size += queue_.front()->size();
    if (!taken.empty() && size > kGroupBytesMax) break;
    taken.push_back(queue_.front());
    queue_.pop_front();
  }
  return taken;
}

void Writer::Commit(PendingPut& put) {
  while (!put.result) {
    const std::vector<PendingPut*> queued = TakeQueued();
    const Result<void> writable = engine_.MakeWritable();
    const Group group = writable ? Examine(queued) : Group{.puts = queued};
    const Result<void> written = writable ? Write(group) : writable;
    for (PendingPut* const waiting : group.puts) waiting->result = written;
  }
}

Writer::Group Writer::Examine(const std::vector<PendingPut*>& puts) {
  Group group;
  for (PendingPut* const put : puts) {
    if (put->is_late()) {
      put->result =
          Fail(ErrorCode::kDeadlineExceeded, "the disk was busy until after the deadline");
      continue;
    }
    const Result<void> admitted = Admit(*put, group);
    if (admitted) {
      group.puts.push_back(put);
    } else {
      put->result = admitted;
    }
  }
  return group;
}

const PendingPut::Prepared* Writer::Group::Find(std::string_view head_key) const {
  for (const auto* const blobs : {&fresh, &healing}) {
    const auto found = std::ranges::find(*blobs, head_key, &PendingPut::Prepared::head_key);
    if (found != blobs->end()) return *found;
  }
  return nullptr;
}

Result<void> Writer::Admit(PendingPut& put, Group& group) {
  std::vector<const PendingPut::Prepared*> fresh;
  std::vector<const PendingPut::Prepared*> healing;
  for (const PendingPut::Prepared& blob : put.blobs()) {
    const PendingPut::Prepared* const in_group = group.Find(blob.head_key);
    std::optional<Head> stored;
    if (in_group != nullptr) {
      stored = in_group->head;
    } else {
      const auto found = engine_.Use([&](const Database& database) {
        return FindHead(database, engine_.quarantine(), blob.head_key);
      });
      // What it was, a damaged head does not tell.
      const bool has_damaged_head = !found && found.error().code() == ErrorCode::kCorrupt;
      if (!found && !has_damaged_head) return std::unexpected(found.error());
      if (found && *found) stored = (*found)->head;
      if (found && !*found) {
        fresh.push_back(&blob);
      } else if (engine_.quarantine().Contains(blob.head_key)) {
        healing.push_back(&blob);
      }
    }
    if (stored && !stored->IsOfSameBytes(blob.head)) {
      return Fail(ErrorCode::kAlreadyExists, "{} is stored with other bytes",
                  blob::ToText(*ParseHeadKey(blob.head_key)));
    }
  }
  for (const PendingPut::Prepared* const blob : fresh) group.fresh_bytes += blob->head.size;
  group.fresh.insert(group.fresh.end(), fresh.begin(), fresh.end());
  group.healing.insert(group.healing.end(), healing.begin(), healing.end());
  return {};
}

// What is acknowledged although nothing is written for it is durable: a stored
// head can be seen here only after the write that brought it has ended well, or
// after the database was opened again and has found it on the disk.
Result<void> Writer::Write(const Group& group) {
  if (group.fresh.empty() && group.healing.empty()) return {};
  TT_RETURN_IF_ERROR(engine_.CheckRoom(group.fresh_bytes));
  const bool is_bulk = group.fresh_bytes >= engine_.options().bulk_bytes_min;
  TT_RETURN_IF_ERROR(engine_.Write([&](const Database& database) {
    rdb::WriteBatch healing;
    for (const PendingPut::Prepared* const blob : group.healing) {
      AddBlob(healing, FamilyToHealIn(database, engine_.quarantine(), blob->head_key), *blob);
    }
    rdb::Status status = WriteLogged(database, healing);
    if (!status.ok()) return status;

    rdb::WriteBatch fresh;
    for (const PendingPut::Prepared* const blob : group.fresh) {
      AddBlob(fresh, is_bulk ? database.bulk() : database.logged(), *blob);
    }
    return is_bulk ? WriteFlushed(database, fresh) : WriteLogged(database, fresh);
  }));
  for (const PendingPut::Prepared* const blob : group.healing) {
    engine_.quarantine().Remove(blob->head_key);
  }
  return {};
}

Result<void> Writer::Remove(const std::vector<KeyRange>& ranges) {
  if (ranges.empty()) return {};
  // Space is given back in one go.
  KeyRange all = ranges.front();
  for (const KeyRange& keys : ranges) {
    all.begin = std::min(all.begin, keys.begin);
    all.end = std::max(all.end, keys.end);
  }
  const std::vector<std::string> finished = engine_.space_keeper().TakeFinishedMarks();
  TT_RETURN_IF_ERROR(engine_.Write([&](const Database& database) {
    rdb::WriteBatch batch;
    for (const KeyRange& keys : ranges) {
      for (rdb::ColumnFamilyHandle* const family : database.data()) {
        Check(batch.DeleteRange(family, keys.begin, keys.end));
      }
    }
    for (const std::string& mark : finished) Check(batch.Delete(database.control(), mark));
    Check(batch.Put(database.control(), SpaceKeeper::MarkOf(all), all.end));
    return WriteLogged(database, batch);
  }));
  for (const KeyRange& keys : ranges) engine_.quarantine().Remove(keys);
  engine_.space_keeper().Add(std::move(all));
  return {};
}

}  // namespace tritontube::rocksdb
