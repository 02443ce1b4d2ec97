#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/coordination/coordination.h"
#include "domain/catalog/catalog.h"

namespace tritontube::catalog {

// A video's keys as one transaction has read them, and the transactions that
// follow from them.
struct Catalog::State {
  VideoId id;
  std::optional<VideoRecord> record = {};
  // What a transaction that was decided on this state compares.
  coordination::Revision row = 0;
  coordination::Revision upload = 0;
  coordination::Revision progress = 0;
  coordination::Revision claim = 0;
  coordination::LeaseId claim_lease = coordination::kNoLease;
  coordination::Revision begun = 0;
  coordination::LeaseId begun_lease = coordination::kNoLease;

  // How many keys make a state, and the operations that read them.
  static constexpr std::size_t kKeyCount = 5;
  static void AddReads(const VideoId& id, std::vector<coordination::Operation>& operations);
  // `items` are the answers to AddReads.
  static Result<State> Read(VideoId id,
                            std::span<const std::optional<coordination::KeyValue>> items);

  // A transaction that does `operations` only if nothing of this has changed.
  coordination::Txn Guarded(std::vector<coordination::Operation> operations) const;
  // Everything of the video. Requires: there is a record.
  std::vector<coordination::Operation> Removal() const;

  // kNotFound without a record.
  Result<VideoRow> Row() const;
  // kNotFound for an abandoned one, too.
  Result<VideoRow> VisibleRow() const;
  // The row, if `upload` may still change it; kAborted otherwise.
  Result<VideoRow> RowOfOpen(const UploadId& upload) const;
  // The row, if `output` has claimed its job; kAborted otherwise.
  Result<VideoRow> RowOfClaimed(const UploadId& output) const;
};

// What is to be done; kDone when nothing is, or no longer.
using Verdict = Result<std::optional<coordination::Txn>>;
inline constexpr std::nullopt_t kDone = std::nullopt;

// An error when a transaction that others have kept from happening is not to be
// tried again.
async::Task<Result<void>> CheckGoingOn(Deadline deadline);

// It may or may not have happened.
bool IsUnknown(const Result<coordination::TxnAnswer>& answer);

}  // namespace tritontube::catalog
