#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "services/verification/damage_log.h"

namespace tritontube::verification {

struct VerifierOptions {
  int at_once_max = 2;
  // Of the damage that is listed; all of it is counted.
  std::size_t listed_max = 10'000;
  std::chrono::milliseconds step_timeout = std::chrono::seconds(60);
};

// What was found so far.
struct Report {
  ByteCount total_bytes = 0;  // About as much as there is to read.
  ByteCount checked_bytes = 0;
  std::uint64_t checked_blobs = 0;
  std::uint64_t damaged_blobs = 0;
  std::vector<Damage> damage = {};            // In the order of the keys.
  std::vector<DamagedRow> damaged_rows = {};  // Of the metadata; all at once, at the beginning.
};

class Verifier;

// A verification under way. It goes on only as far as Advance() is called, and is
// over when this object goes. One caller at a time.
class Verification {
 public:
  Verification(Verifier& verifier, const std::optional<VideoId>& of, ByteCount total_bytes);
  ~Verification();
  Verification(const Verification&) = delete;
  Verification& operator=(const Verification&) = delete;

  // Reads the next piece; false when there is none left.
  async::Task<Result<bool>> Advance();
  const Report& report() const { return report_; }

 private:
  Verifier& verifier_;
  Pass pass_;
  Report report_;
};

// Verifies when somebody asks, as fast as the disk gives. Bounded, because each
// verification reads without end. What it finds is remembered. Safe to use from any thread.
class Verifier {
 public:
  Verifier(catalog::Catalog& catalog, blob::BlobStore& store, DamageLog& log, const Clock& clock,
           VerifierOptions options = {})
      : catalog_(catalog), store_(store), log_(log), clock_(clock), options_(options) {}

  // One video, or everything. kNotFound when there is no such video,
  // kResourceExhausted when too many are under way.
  async::Task<Result<std::unique_ptr<Verification>>> Begin(std::optional<VideoId> video,
                                                           Deadline deadline);

  const DamageLog& log() const { return log_; }

 private:
  friend class Verification;

  async::Task<Result<ByteCount>> Measure(std::optional<VideoId> video, Deadline deadline);

  catalog::Catalog& catalog_;
  blob::BlobStore& store_;
  DamageLog& log_;
  const Clock& clock_;
  const VerifierOptions options_;
  std::atomic<int> under_way_ = 0;
};

}  // namespace tritontube::verification
