#pragma once

#include <mutex>

#include "domain/replication/epochs.h"
#include "domain/replication/nodes.h"
#include "domain/replication/owed_queue.h"
#include "foundation/async/semaphore.h"

namespace tritontube::replication {

// Brings to nodes what they should have: what a put could not store there in
// time, and what a read found missing or damaged. In memory only: what is
// forgotten is found again by the next read, or by who compares whole slots.
//
// Add() from any thread; Run() once, until cancelled.
class OwedCopies {
 public:
  OwedCopies(Nodes& nodes, Epochs& epochs, async::Semaphore& bytes_in_flight, const Clock& clock,
             const ClusterOptions& options, ClusterCounters& counters);

  void Add(OwedCopy copy);
  // Copies that are not made yet, those under way included.
  std::size_t size() const;
  async::Task<void> Run();

 private:
  std::vector<OwedCopy> TakeSome();
  Deadline NextLook() const;
  void Retain(const topology::Topology& topology);
  async::Task<void> Repair(OwedCopy copy);
  // No error when nothing is owed any more: it is there, or nowhere.
  async::Task<Result<void>> Settle(const OwedCopy& copy, const topology::Topology& topology,
                                   Deadline deadline);
  async::Task<Result<void>> CopyTo(const topology::Member& node, bool missing, blob::BlobKey key,
                                   const topology::Topology& topology, Deadline deadline);

  Nodes& nodes_;
  Epochs& epochs_;
  async::Semaphore& bytes_in_flight_;
  const Clock& clock_;
  const ClusterOptions& options_;
  ClusterCounters& counters_;
  mutable std::mutex mutex_;
  OwedQueue queue_;
  std::size_t under_way_ = 0;
  async::Event added_;
};

}  // namespace tritontube::replication
