#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "domain/replication/epochs.h"
#include "domain/replication/nodes.h"
#include "domain/replication/owed_copies.h"
#include "domain/replication/put_tally.h"
#include "foundation/async/semaphore.h"
#include "foundation/async/task_group.h"

namespace tritontube::replication {

// One put: to every replica at once, acknowledged when enough copies of each
// blob are durable under one epoch, and going on for a while for the others.
//
// Run() lives on the store's background executor, because it outlasts the
// caller; the caller waits in Answer() on its own.
class PutRound {
 public:
  struct Parts {
    Nodes& nodes;
    Epochs& epochs;
    OwedCopies& owed;
    const ClusterOptions& options;
    ClusterCounters& counters;
  };

  PutRound(Parts parts, std::vector<blob::Blob> batch, async::Semaphore::Permit permit,
           Deadline deadline)
      : parts_(parts), batch_(std::move(batch)), permit_(std::move(permit)), deadline_(deadline) {}

  async::Task<void> Run();
  // Any thread. A caller that stops waiting stops the round.
  async::Task<Result<void>> Answer();
  // The first answer stays.
  void Decide(Result<void> answer);

 private:
  struct Call {
    PutCall plan;
    bool ended = false;
    bool acked = false;
  };
  struct Attempt {
    const topology::Topology& topology;
    PutTally tally;
    std::vector<Call> calls;
  };

  async::Task<void> PutUnderEveryEpoch();
  enum class Outcome : std::uint8_t { kDecided, kStaleEpoch, kTooFewNodes };
  async::Task<Outcome> PutUnder(const topology::Topology& topology, Deadline retries);
  static Outcome OutcomeOf(const Result<void>& verdict, Deadline retries);
  async::Task<Result<void>> Verdict(const Attempt& attempt);
  async::Task<void> Send(Attempt& attempt, Call& call);
  // Goes on for the copies that are missing, unless their node is known not to answer.
  async::Task<void> Tail(const Attempt& attempt);
  bool AwaitsSomebody(const Attempt& attempt) const;
  void OweTheRest(const Attempt& attempt);
  bool decided() const;

  Parts parts_;
  std::vector<blob::Blob> batch_;
  async::Semaphore::Permit permit_;
  const Deadline deadline_;

  mutable std::mutex mutex_;
  std::optional<Result<void>> answer_;
  async::Event happened_;
};

}  // namespace tritontube::replication
