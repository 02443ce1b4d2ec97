#pragma once

#include "simulation/audit.h"
#include "simulation/gateway.h"

namespace tritontube::simulation {

// Counts of what happened, for the report.
struct Counts {
  std::uint64_t puts = 0;
  std::uint64_t put_failures = 0;
  std::uint64_t commits = 0;
  std::uint64_t reads = 0;
  std::uint64_t read_failures = 0;
  std::uint64_t deletions = 0;
  std::uint64_t hang_ups = 0;
};

// People: they upload, watch and delete until it is over.
class Clients {
 public:
  Clients(Context& context, Ledger& ledger, const GatewayHosts& gateways, Audit& audit)
      : context_(context), ledger_(ledger), gateways_(gateways), audit_(audit) {}

  async::Task<void> UploadUntil(Deadline end);
  async::Task<void> WatchUntil(Deadline end);

  // Reads all of the video through one gateway, again until it answers or the deadline; false when
  // it did not.
  async::Task<bool> ReadAll(std::size_t gateway, const Ledger::Video& video, Deadline deadline);

  const Counts& counts() const { return counts_; }

 private:
  async::Task<void> UploadVideo();
  // What became of it.
  async::Task<Ledger::Outcome> TryUpload(Gateway& gateway, Ledger::Video& video,
                                         Ledger::Attempt& attempt);
  async::Task<bool> Create(Gateway& gateway, const Ledger::Video& video,
                           const Ledger::Attempt& attempt);
  async::Task<bool> PutPart(Gateway& gateway, const Ledger::Video& video, Ledger::Attempt& attempt,
                            std::size_t part);
  async::Task<Ledger::Outcome> Commit(Gateway& gateway, const Ledger::Video& video,
                                      const Ledger::Attempt& attempt);
  async::Task<void> Delete(Gateway& gateway, Ledger::Video& video);
  async::Task<bool> ReadOnce(Gateway& gateway, const Ledger::Video& video, Deadline deadline);

  Context& context_;
  Ledger& ledger_;
  const GatewayHosts& gateways_;
  Audit& audit_;
  Counts counts_;
};

}  // namespace tritontube::simulation
