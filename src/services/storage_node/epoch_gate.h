#pragma once

#include <cstddef>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "domain/topology/topology.h"
#include "foundation/async/event.h"

namespace tritontube::storage_node {

// Lets changes in under the recorded epoch only, and knows when the last of them has ended: a
// newer epoch is recorded after the changes of the older one are on the disk or refused, so that
// whoever is answered under it sees all of them.
//
// Safe to use from any thread; outlives its admissions.
class EpochGate {
 public:
  // Held while the change is under way.
  class Admission {
   public:
    Admission(Admission&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Admission& operator=(Admission&&) = delete;
    ~Admission() {
      if (gate_ != nullptr) gate_->Leave();
    }

   private:
    friend class EpochGate;
    explicit Admission(EpochGate& gate) : gate_(&gate) {}

    EpochGate* gate_;
  };

  explicit EpochGate(topology::Epoch recorded) : recorded_(recorded), next_(recorded) {}

  topology::Epoch recorded() const;
  // kAborted unless `epoch` is the recorded one and is not being left.
  Result<Admission> Admit(topology::Epoch epoch);

  // Admits nothing below `epoch` from now on, and returns when nothing is under way any more. On
  // an error the gate stays shut for lower epochs: their callers have to look again anyway.
  async::Task<Result<void>> Drain(topology::Epoch epoch, Deadline deadline);
  // After `epoch` has been recorded durably.
  void Open(topology::Epoch epoch);

 private:
  void Shut(topology::Epoch epoch);
  bool IsEmpty() const;
  void Leave();

  mutable std::mutex mutex_;
  topology::Epoch recorded_;
  topology::Epoch next_;  // Greater than recorded_ while that is being left.
  std::size_t inside_ = 0;
  async::Event emptied_;
};

}  // namespace tritontube::storage_node
