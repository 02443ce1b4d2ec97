#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/sqlite/connection.h"
#include "core/coordination/coordination.h"

namespace tritontube::sqlite {

// One connection that reads. Each call sees one committed state. Blocks; one
// thread at a time.
class Reader {
 public:
  static Result<std::unique_ptr<Reader>> Open(const std::filesystem::path& file);

  Result<coordination::GetAnswer> Get(const std::string& key);
  Result<coordination::RangePage> Range(const coordination::RangeRequest& request);
  // A transaction of which no branch writes.
  Result<coordination::TxnAnswer> Decide(const coordination::Txn& txn);
  // Whole revisions after `after`, at least `events_max` events if there are so
  // many. kOutOfRange when that history is gone.
  Result<coordination::WatchBatch> EventsAfter(const std::string& prefix,
                                               coordination::Revision after,
                                               std::size_t events_max);

 private:
  struct Position {
    coordination::Revision revision = 0;
    coordination::Revision compacted = 0;
  };

  explicit Reader(Connection connection) : connection_(std::move(connection)) {}

  Result<Position> ReadPosition();
  Result<coordination::GetAnswer> Find(const std::string& key);
  Result<coordination::TxnAnswer> ReadBranch(const coordination::Txn& txn);
  Result<coordination::RangePage> ReadPage(const coordination::RangeRequest& request);
  Result<coordination::WatchBatch> ReadEvents(const std::string& prefix,
                                              coordination::Revision after, std::size_t events_max);
  // Runs `read` with all its statements on one state.
  template <typename Read>
  std::invoke_result_t<Read> OnOneState(Read read);

  Connection connection_;
  Statement begin_, end_, position_, get_, range_, changes_;
};

// As many readers as there are threads to use them, so that nobody waits.
class Readers {
 public:
  static Result<std::unique_ptr<Readers>> Open(const std::filesystem::path& file,
                                               std::size_t count);

  // Requires: fewer than `count` uses at the moment.
  template <typename Use>
  std::invoke_result_t<Use, Reader&> With(Use use) {
    std::unique_ptr<Reader> reader = Take();
    auto answer = use(*reader);
    GiveBack(std::move(reader));
    return answer;
  }

 private:
  std::unique_ptr<Reader> Take();
  void GiveBack(std::unique_ptr<Reader> reader);

  std::mutex mutex_;
  std::vector<std::unique_ptr<Reader>> idle_;
};

}  // namespace tritontube::sqlite
