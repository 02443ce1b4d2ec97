#pragma once

#include <optional>
#include <vector>

#include "core/blob/blob_store.h"
#include "core/media/presentation.h"
#include "domain/catalog/catalog.h"
#include "domain/jobs/job_queue.h"

namespace tritontube::transcode {

// Publishes what can be watched of a transcode while it is made (ADR 0009): stores
// the next step, which lists what is new, and then says so in the catalog.
//
// What is stored first stays, here too. The steps of attempts before are loaded,
// and a step that somebody has stored without saying so in the catalog, because it
// died or had lost the job, is taken for the next one: everything it lists was
// stored before it.
//
// An attempt that has lost its claim can store segments and steps, which are the
// same to a player as those of its successor or are refused by it, and nothing
// else: every change of the catalog compares the claim, whose id no two attempts
// share, in its transaction.
//
// kAlreadyExists: what is stored cannot be continued with what was made.
class GrowthWriter {
 public:
  static async::Task<Result<GrowthWriter>> Open(catalog::Catalog& catalog, blob::BlobStore& store,
                                                const jobs::ClaimedJob& claimed);

  // Where the segments lie.
  const UploadId& output() const { return growth_.output; }
  bool has_begun() const { return told_.has_value(); }
  // Every rendition had come to its end when an attempt before said so.
  bool is_complete() const { return growth_.complete; }
  const std::vector<media::Rendition>& listed() const { return listed_; }

  // `made` can be watched by now. After an error of another kind it may be tried
  // again.
  async::Task<Result<void>> Publish(std::vector<media::Rendition> made);
  // There will not be more; with `copy` the verdict about the source changes in
  // the same moment.
  async::Task<Result<void>> Complete(std::vector<media::Rendition> made,
                                     std::optional<catalog::CopyVerdict> copy);

 private:
  GrowthWriter(catalog::Catalog& catalog, blob::BlobStore& store, const jobs::ClaimedJob& claimed);

  async::Task<Result<void>> LoadSteps(std::uint64_t count);
  async::Task<Result<void>> StoreStep(std::vector<media::Rendition> added);
  async::Task<Result<void>> StoreAll(const std::vector<media::Rendition>& made);
  async::Task<Result<void>> Tell(std::optional<catalog::CopyVerdict> copy);
  blob::BlobKey StepKey(std::uint64_t step) const;

  catalog::Catalog* catalog_;
  blob::BlobStore* store_;
  VideoId video_;
  UploadId claim_;
  catalog::Growth growth_;
  std::optional<std::uint64_t> told_;  // So many steps the catalog knows of.
  std::vector<media::Rendition> listed_;
};

}  // namespace tritontube::transcode
