#include "adapters/rocksdb/reader.h"

#include <rocksdb/snapshot.h>

#include <algorithm>
#include <array>
#include <memory>

namespace tritontube::rocksdb {

namespace {

std::unexpected<Error> NotFound(const blob::BlobKey& key) {
  return Fail(ErrorCode::kNotFound, "{} is not stored", blob::ToText(key));
}

std::unexpected<Error> Corrupt(Quarantine& quarantine, const std::string& head_key,
                               std::string_view reason) {
  quarantine.Add(head_key, reason);
  const auto key = ParseHeadKey(head_key);
  return Fail(ErrorCode::kCorrupt, "{} is damaged on the disk ({})",
              key ? blob::ToText(*key) : "a blob", reason);
}

bool MeansDamage(const rdb::Status& status) {
  return status.IsCorruption() || status.IsPathNotFound();
}

// Damage, or a disk that does not answer.
std::unexpected<Error> ReadError(Quarantine& quarantine, const std::string& head_key,
                                 const rdb::Status& status) {
  if (MeansDamage(status)) return Corrupt(quarantine, head_key, status.ToString());
  return Fail(ErrorCode::kUnavailable, "reading from the disk failed: {}", status.ToString());
}

// The part [begin, end) of record `number`, without a copy when it is long.
Result<blob::Bytes> ReadRecord(const Database& database, Quarantine& quarantine,
                               const std::string& head_key, const FoundHead& found,
                               std::uint32_t number, const rdb::Snapshot* snapshot) {
  rdb::ReadOptions options;
  options.snapshot = snapshot;
  // Our own checksum is verified instead (RocksDB's is slow here), and what
  // RocksDB has not verified stays out of its cache, where a search for a head
  // would trust it.
  options.verify_checksums = false;
  options.fill_cache = false;
  const std::string key = RecordKey(head_key, number);
  auto value = std::make_shared<rdb::PinnableSlice>();
  const rdb::Status status = database.db().Get(options, found.family, key, value.get());
  if (status.IsNotFound()) return Corrupt(quarantine, head_key, "a record is missing");
  if (!status.ok()) return ReadError(quarantine, head_key, status);

  const auto bytes = VerifyRecord(key, value->ToStringView());
  const ByteCount offset = number * found.head.record_bytes;
  const ByteCount length = std::min(found.head.record_bytes, found.head.size - offset);
  if (!bytes || bytes->size() != length) {
    return Corrupt(quarantine, head_key, "a record does not match its checksum");
  }
  // A short value lies in a block of the database's cache; one from a blob file
  // has memory of its own, which outlives the database.
  if (value->size() < kInlineBytesMax) return blob::Bytes(std::string(AsText(*bytes)));
  return blob::Bytes(std::move(value), *bytes);
}

// One column family's heads in order, as far as a request wants them.
class HeadIterator {
 public:
  HeadIterator(const Database& database, rdb::ColumnFamilyHandle* family,
               const rdb::ReadOptions& options, const std::string& begin)
      : iterator_(database.db().NewIterator(options, family)) {
    Seek(begin);
  }

  bool valid() const { return iterator_->Valid(); }
  rdb::Status status() const { return iterator_->status(); }
  std::string_view key() const { return iterator_->key().ToStringView(); }
  std::string_view value() const { return iterator_->value().ToStringView(); }
  const std::optional<blob::BlobKey>& parsed() const { return parsed_; }

  // Jumps over the records: stepping onto one would read its bytes.
  void Next() { Seek(KeyBehind(*parsed_)); }
  void Seek(const std::string& target) {
    for (iterator_->Seek(target); iterator_->Valid(); iterator_->Next()) {
      parsed_ = ParseHeadKey(key());
      if (parsed_) return;
    }
  }

 private:
  std::unique_ptr<rdb::Iterator> iterator_;
  std::optional<blob::BlobKey> parsed_;
};

std::string FirstKeyOf(const blob::ScanRequest& request) {
  std::string begin;
  if (request.upload) begin = KeysOf(request.upload->first, request.upload->second).begin;
  if (request.after) begin = std::max(begin, KeyBehind(*request.after));
  return begin;
}

}  // namespace

Result<std::optional<FoundHead>> FindHead(const Database& database, Quarantine& quarantine,
                                          const std::string& head_key,
                                          const rdb::Snapshot* snapshot) {
  rdb::ReadOptions options;
  options.snapshot = snapshot;
  // Also beside a table that cannot be read: it may be in the other one.
  rdb::Status failure;
  for (rdb::ColumnFamilyHandle* const family : database.data()) {
    rdb::PinnableSlice value;
    const rdb::Status status = database.db().Get(options, family, head_key, &value);
    if (status.IsNotFound()) continue;
    const auto head = status.ok() ? DecodeHead(head_key, value.ToStringView()) : std::nullopt;
    if (head) return FoundHead{.family = family, .head = *head};
    failure =
        status.ok() ? rdb::Status::Corruption("its head does not match its checksum") : status;
  }
  if (!failure.ok()) return ReadError(quarantine, head_key, failure);
  return std::nullopt;
}

Result<blob::Bytes> ReadBlob(const Database& database, Quarantine& quarantine,
                             const blob::BlobKey& key, std::optional<blob::ByteRange> range) {
  // One view of both column families, so that a removal under way is not taken
  // for damage.
  rdb::ManagedSnapshot snapshot(&database.db());
  const std::string head_key = HeadKey(key);
  TT_ASSIGN_OR_RETURN(const std::optional<FoundHead> found,
                      FindHead(database, quarantine, head_key, snapshot.snapshot()));
  if (!found) return NotFound(key);
  const Head& head = found->head;
  if (!range) range = blob::ByteRange{.offset = 0, .length = head.size};
  TT_RETURN_IF_ERROR(blob::CheckRange(key, *range, head.size));

  blob::Bytes result;
  const ByteCount end = range->offset + range->length;
  for (ByteCount at = range->offset; at < end;) {
    const auto number = static_cast<std::uint32_t>(at / head.record_bytes);
    TT_ASSIGN_OR_RETURN(const blob::Bytes record, ReadRecord(database, quarantine, head_key, *found,
                                                             number, snapshot.snapshot()));
    const ByteCount from = at - number * head.record_bytes;
    const ByteCount length = std::min(record.size() - from, end - at);
    result.Append(record.Slice(from, length));
    at += length;
  }
  return result;
}

Result<blob::BlobStat> ReadStat(const Database& database, Quarantine& quarantine,
                                const blob::BlobKey& key) {
  TT_ASSIGN_OR_RETURN(const std::optional<FoundHead> found,
                      FindHead(database, quarantine, HeadKey(key)));
  if (!found) return NotFound(key);
  return blob::BlobStat{.size = found->head.size, .digest = found->head.digest};
}

Result<std::vector<blob::BlobKey>> ReadDamaged(const Database& database, Quarantine& quarantine) {
  std::vector<blob::BlobKey> damaged = quarantine.keys();
  std::erase_if(damaged, [&](const blob::BlobKey& key) {
    const Result<blob::BlobStat> stat = ReadStat(database, quarantine, key);
    const bool is_gone = !stat && stat.error().code() == ErrorCode::kNotFound;
    if (is_gone) quarantine.Remove(HeadKey(key));
    return is_gone;
  });
  return damaged;
}

rdb::ColumnFamilyHandle* FamilyToHealIn(const Database& database, Quarantine& quarantine,
                                        const std::string& head_key) {
  const auto found = FindHead(database, quarantine, head_key);
  if (found && *found) return (*found)->family;
  for (rdb::ColumnFamilyHandle* const family : database.data()) {
    rdb::PinnableSlice value;
    if (!database.db().Get(rdb::ReadOptions(), family, head_key, &value).IsNotFound()) {
      return family;
    }
  }
  return database.logged();
}

Result<blob::ScanPage> ReadPage(const Database& database, Quarantine& quarantine,
                                const blob::ScanRequest& request) {
  rdb::ManagedSnapshot snapshot(&database.db());
  rdb::ReadOptions options;
  options.snapshot = snapshot.snapshot();
  const std::string end = request.upload ? KeysOf(request.upload->first, request.upload->second).end
                                         : std::string("\x7f");
  const rdb::Slice upper_bound(end);
  options.iterate_upper_bound = &upper_bound;
  const std::string begin = FirstKeyOf(request);
  HeadIterator logged(database, database.logged(), options, begin);
  HeadIterator bulk(database, database.bulk(), options, begin);

  blob::ScanPage page;
  const auto skip_to = [&](const std::string& key) {
    for (HeadIterator* const iterator : {&logged, &bulk}) {
      if (iterator->valid() && iterator->key() < key) iterator->Seek(key);
    }
  };
  while (logged.valid() || bulk.valid()) {
    if (page.items.size() == request.limit) {
      page.more = true;
      break;
    }
    const bool take_logged = logged.valid() && (!bulk.valid() || logged.key() < bulk.key());
    HeadIterator& next = take_logged ? logged : bulk;
    const auto head = DecodeHead(next.key(), next.value());
    if (head) {
      page.items.push_back(
          {.key = *next.parsed(), .stat = {.size = head->size, .digest = head->digest}});
    } else {
      // One damaged head must not hide all others.
      quarantine.Add(std::string(next.key()), "its head does not match its checksum");
    }
    if (head && request.one_of_each_upload) {
      const blob::BlobKey& taken = page.items.back().key;
      skip_to(KeysOf(taken.video, taken.upload).end);
    } else {
      next.Next();
    }
  }
  for (const HeadIterator* const iterator : {&logged, &bulk}) {
    if (!iterator->status().ok()) {
      return Fail(MeansDamage(iterator->status()) ? ErrorCode::kCorrupt : ErrorCode::kUnavailable,
                  "listing what is stored failed: {}", iterator->status().ToString());
    }
  }
  return page;
}

}  // namespace tritontube::rocksdb
