#include "adapters/sqlite/readers.h"

#include <algorithm>

#include "adapters/sqlite/checksum.h"

namespace tritontube::sqlite {

using coordination::Event;
using coordination::GetAnswer;
using coordination::KeyValue;
using coordination::RangePage;
using coordination::RangeRequest;
using coordination::Revision;
using coordination::Txn;
using coordination::TxnAnswer;
using coordination::WatchBatch;

Result<std::unique_ptr<Reader>> Reader::Open(const std::filesystem::path& file) {
  TT_ASSIGN_OR_RETURN(Connection connection, Connection::Open(file, Connection::Access::kRead));
  std::unique_ptr<Reader> reader(new Reader(std::move(connection)));
  TT_RETURN_IF_ERROR(reader->connection_.PrepareAll({
      {&reader->begin_, "BEGIN"},
      {&reader->end_, "COMMIT"},
      {&reader->position_, "SELECT revision, compacted FROM meta"},
      {&reader->get_,
       "SELECT meta.revision, value, created, modified, lease, checksum "
       "FROM meta LEFT JOIN entries ON key = ?"},
      {&reader->range_,
       "SELECT key, value, created, modified, lease, checksum FROM entries WHERE key >= ? "
       "ORDER BY key"},
      {&reader->changes_,
       "SELECT revision, kind, key, value, created, revision, lease, checksum FROM changes "
       "WHERE revision > ? "
       "ORDER BY revision, ordinal"},
  }));
  return reader;
}

template <typename Read>
std::invoke_result_t<Read> Reader::OnOneState(Read read) {
  TT_RETURN_IF_ERROR(begin_.Execute());
  auto answer = read();
  Ignore(end_.Execute(), "the end of a transaction that only read changes nothing");
  return answer;
}

Result<Reader::Position> Reader::ReadPosition() {
  Cursor cursor = position_.Query();
  TT_RETURN_IF_ERROR(cursor.Next());
  return Position{.revision = cursor.Integer(0), .compacted = cursor.Integer(1)};
}

Result<GetAnswer> Reader::Get(const std::string& key) {
  TT_ASSIGN_OR_RETURN(GetAnswer answer, Find(key));
  if (answer.item && answer.item->damaged) return std::unexpected(DamagedRow(key));
  return answer;
}

Result<GetAnswer> Reader::Find(const std::string& key) {
  Cursor cursor = get_.Query(key);
  TT_RETURN_IF_ERROR(cursor.Next());
  GetAnswer answer{.revision = cursor.Integer(0)};
  if (cursor.IsNull(1)) return answer;
  answer.item = ItemOf(key, cursor, 1);
  return answer;
}

Result<TxnAnswer> Reader::Decide(const Txn& txn) {
  return OnOneState([&] { return ReadBranch(txn); });
}

Result<TxnAnswer> Reader::ReadBranch(const Txn& txn) {
  TT_ASSIGN_OR_RETURN(const Position position, ReadPosition());
  TxnAnswer answer{.succeeded = true, .revision = position.revision, .gets = {}};
  for (const coordination::Compare& compare : txn.compares) {
    TT_ASSIGN_OR_RETURN(const GetAnswer found, Find(compare.key));
    const Revision modified = found.item ? found.item->modified : 0;
    const bool damaged = found.item && found.item->damaged;
    answer.succeeded = answer.succeeded && !damaged && modified == compare.modified;
  }
  for (const coordination::Operation& get : answer.succeeded ? txn.then : txn.otherwise) {
    TT_ASSIGN_OR_RETURN(GetAnswer found, Find(get.key));
    answer.gets.push_back(std::move(found.item));
  }
  return answer;
}

Result<RangePage> Reader::Range(const RangeRequest& request) {
  return OnOneState([&] { return ReadPage(request); });
}

Result<RangePage> Reader::ReadPage(const RangeRequest& request) {
  TT_ASSIGN_OR_RETURN(const Position position, ReadPosition());
  RangePage page{.revision = position.revision};
  // The smallest key after `after` is that key and a zero byte.
  const std::string first = request.after < request.prefix ? request.prefix : request.after + '\0';
  Cursor cursor = range_.Query(first);
  for (;;) {
    TT_ASSIGN_OR_RETURN(const bool found, cursor.Next());
    if (!found || !cursor.Bytes(0).starts_with(request.prefix)) return page;
    page.more = page.items.size() == request.limit;
    if (page.more) return page;
    page.items.push_back(ItemOf(std::string(cursor.Bytes(0)), cursor, 1));
  }
}

Result<WatchBatch> Reader::EventsAfter(const std::string& prefix, Revision after,
                                       std::size_t events_max) {
  return OnOneState([&] { return ReadEvents(prefix, after, events_max); });
}

Result<WatchBatch> Reader::ReadEvents(const std::string& prefix, Revision after,
                                      std::size_t events_max) {
  TT_ASSIGN_OR_RETURN(const Position position, ReadPosition());
  if (after < position.compacted) {
    return Fail(ErrorCode::kOutOfRange, "what happened after revision {} is forgotten", after);
  }
  WatchBatch batch{.revision = std::max(after, position.revision)};
  Revision told = after;
  Cursor cursor = changes_.Query(after);
  for (;;) {
    TT_ASSIGN_OR_RETURN(const bool found, cursor.Next());
    if (!found) return batch;
    const Revision revision = cursor.Integer(0);
    if (batch.events.size() >= events_max && revision != told) {
      batch.revision = told;
      return batch;
    }
    told = revision;
    if (!cursor.Bytes(2).starts_with(prefix)) continue;
    const auto kind = cursor.Integer(1) == 0 ? Event::Kind::kPut : Event::Kind::kDelete;
    KeyValue item = ItemOf(std::string(cursor.Bytes(2)), cursor, 3, kind);
    if (item.damaged) {
      return Fail(ErrorCode::kOutOfRange, "what happened in revision {} is damaged", revision);
    }
    batch.events.push_back({kind, std::move(item)});
  }
}

Result<std::unique_ptr<Readers>> Readers::Open(const std::filesystem::path& file,
                                               std::size_t count) {
  auto readers = std::make_unique<Readers>();
  for (std::size_t i = 0; i < count; ++i) {
    TT_ASSIGN_OR_RETURN(std::unique_ptr<Reader> reader, Reader::Open(file));
    readers->GiveBack(std::move(reader));
  }
  return readers;
}

std::unique_ptr<Reader> Readers::Take() {
  const std::lock_guard lock(mutex_);
  TT_ASSERT(!idle_.empty(), "more threads than readers");
  std::unique_ptr<Reader> reader = std::move(idle_.back());
  idle_.pop_back();
  return reader;
}

void Readers::GiveBack(std::unique_ptr<Reader> reader) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(reader));
}

}  // namespace tritontube::sqlite
