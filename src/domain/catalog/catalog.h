#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "core/coordination/coordination.h"
#include "domain/catalog/edit.h"
#include "domain/catalog/video.h"
#include "foundation/async/task.h"

namespace tritontube::catalog {

// What is known when the first byte of a video is about to come.
struct VideoDraft {
  VideoId id;
  UploadId upload;
  std::string title;
  std::string file_name = {};
  WallTime created = {};
  std::optional<ByteCount> total = {};  // The size of the file, when the sender has said.
};

// What a finished transcode has made.
struct Publication {
  MediaFacts facts;
  std::vector<RenditionSummary> renditions = {};
  blob::Digest digest = {};  // Of the stored presentation blob.
  bool has_poster = false;   // A picture lies beside it.
  // Takes the place of what was decided about the source.
  std::optional<CopyVerdict> copy = {};
  // Where it lies: the output of the growth that it ends. Without one, under the
  // claim's own id.
  std::optional<UploadId> output = {};
  // The job stays, and the claim with this id, under which the worker goes on to
  // store the extras; without one both are gone.
  std::optional<UploadId> extras_output = {};
};

// The uploads whose blobs nobody needs any more.
struct Leftovers {
  VideoId video;
  std::vector<UploadId> uploads;
};

// What became of an edit.
struct Edited {
  VideoRecord record;   // As the video is now.
  bool allowed = true;  // False: it was not, and nothing has changed.
};
// Looks at the row that an edit would change.
using MayEdit = std::function<bool(const VideoRow&)>;

// Says what an open upload shall be.
using OpenChange = std::function<Result<void>(VideoRecord&)>;

struct ListRequest {
  std::size_t limit = 24;
  std::string cursor = {};  // `next` of the page before; empty for the first.
};

struct ListPage {
  std::vector<VideoRecord> items;  // Newest first, none abandoned.
  // Nothing when this was the last page; a page after it may turn out empty.
  std::optional<std::string> next;
};

// A page of everything that is stored, for who reads all of it.
struct RowPage {
  std::vector<VideoRow> rows;
  std::optional<VideoId> last;  // Where the next page begins; nothing after the last page.
};

// The videos, on Coordination. Every change is one compare-and-swap
// transaction that is tried again while others change the same video, until the
// deadline; a transaction of which nobody knows whether it happened is settled
// by reading. So every method may be called again after any error.
//
// Errors of every method, besides those of Coordination: kNotFound when there
// is no such video (an abandoned one counts as none), kCorrupt when a row cannot
// be understood, kAborted when `upload` or `output` no longer is the one that
// may change the video: the caller's work is void and should stop.
//
// Stateless; safe to use from any thread.
class Catalog {
 public:
  explicit Catalog(coordination::Coordination& coordination) : coordination_(coordination) {}

  // --- For the one who receives the bytes. ---

  // The video is listed from now on, as uploading, for as long as `lease` lives.
  // Must have returned before the first blob of the upload is put: whatever has
  // no row is garbage. After an error of any other kind it may have been created
  // all the same: Abandon() it. kAlreadyExists when another upload has the id.
  async::Task<Result<void>> Create(VideoDraft draft, coordination::LeaseId lease,
                                   Deadline deadline);
  // Tells how far the upload is; less than before changes nothing. Puts the
  // upload under `lease` again if the lease it was under ended meanwhile.
  async::Task<Result<void>> SetReceived(VideoId id, OpenUpload open, coordination::LeaseId lease,
                                        Deadline deadline);
  // Every byte is stored: the upload is closed and its transcode waits for a
  // worker, in one step. With `title` it is called that from now on: a form may
  // tell it behind the file.
  async::Task<Result<void>> CommitSource(VideoId id, UploadId upload, SourceFile source,
                                         Deadline deadline,
                                         std::optional<std::string> title = std::nullopt,
                                         std::optional<SourceAnalysis> analysis = std::nullopt);
  // The bytes are not a video. It stays listed, as failed; its blobs are garbage.
  async::Task<Result<void>> FailUpload(VideoId id, UploadId upload, Failure failure,
                                       Deadline deadline);
  // As Create(), of an upload that outlives its connections and this process: it is
  // open until it expires.
  async::Task<Result<void>> CreateResumable(VideoDraft draft, Resumable resumable,
                                            Deadline deadline);
  // Changes the row or the open upload of what is resumable and not finished, as
  // `change` says of what is there: it is asked again when others change the same.
  // Its error is the result. Gives the video as it is then.
  async::Task<Result<VideoRecord>> ChangeOpen(VideoId id, UploadId upload, OpenChange change,
                                              Deadline deadline);
  // The sender has gone: as if the video had never been. No error when it is
  // gone already.
  async::Task<Result<void>> Abandon(VideoId id, UploadId upload, Deadline deadline);

  // --- For the worker that has claimed the video's job (see jobs). `output` is
  // the claim's; without that claim nothing changes. ---

  // What the file is found to be and what will be made of it.
  async::Task<Result<void>> Describe(VideoId id, UploadId output, MediaFacts facts,
                                     std::vector<RenditionSummary> renditions, Deadline deadline);
  // How far the transcode is, 0 to 1; less than before changes nothing.
  async::Task<Result<void>> SetProgress(VideoId id, UploadId output, double fraction,
                                        Deadline deadline);
  // The source has been read in its order. Changes nothing where that is known.
  async::Task<Result<void>> SetDigest(VideoId id, UploadId output, blob::Digest digest,
                                      Deadline deadline);
  // Pictures are made in chunks from now on and lie under `chunks`; what they are made
  // of lies under `indexed`, unless it is the original. kAborted when what can be
  // watched already lies elsewhere.
  async::Task<Result<void>> BeginChunks(VideoId id, UploadId output, UploadId chunks,
                                        std::optional<UploadId> indexed, Deadline deadline);
  // So much can be watched by now: the steps are stored. With `copy` the verdict
  // about the source changes in the same moment. Fewer steps than before change
  // nothing. kAborted when it lies elsewhere than what can be watched already; at
  // first it lies where chunks do, or under `output`.
  async::Task<Result<void>> Grow(VideoId id, UploadId output, Growth growth,
                                 std::optional<CopyVerdict> copy, Deadline deadline);
  // The video is ready; job and claim are gone, unless extras follow.
  async::Task<Result<void>> Publish(VideoId id, UploadId output, Publication publication,
                                    Deadline deadline);
  // Everything about the video is made; job and claim are gone. Captions that a
  // person has sent meanwhile stay, whatever the file had in their language.
  async::Task<Result<void>> FinishExtras(VideoId id, UploadId output, VideoExtras made,
                                         Deadline deadline);
  // The video will never be ready; job and claim are gone, the source is kept.
  // One that is ready already stays so, without what was still to be made.
  async::Task<Result<void>> FailJob(VideoId id, UploadId output, Failure failure,
                                    Deadline deadline);

  // --- For people who add to a video. ---

  // Must have returned before the first blob of `upload` is put. What it becomes
  // is decided by one of the next methods, for which kAborted says that the lease
  // has ended meanwhile. kResourceExhausted when too many are under way.
  async::Task<Result<void>> BeginExtra(VideoId id, UploadId upload, coordination::LeaseId lease,
                                       Deadline deadline);
  // In place of what there is in that language.
  async::Task<Result<void>> SetCaption(VideoId id, StoredCaption caption, Deadline deadline);
  async::Task<Result<void>> SetPoster(VideoId id, UploadId poster, Deadline deadline);
  // It is not to become anything. No error when it is gone.
  async::Task<Result<void>> AbandonExtra(VideoId id, UploadId upload, Deadline deadline);
  // kNotFound when there are no captions in that language.
  async::Task<Result<void>> RemoveCaption(VideoId id, std::string language, Deadline deadline);

  // --- For everyone. ---

  async::Task<Result<VideoRecord>> Find(VideoId id, Deadline deadline);
  // Nothing where there is no video; in the order of `ids`. Sees abandoned ones.
  async::Task<Result<std::vector<std::optional<VideoRecord>>>> FindMany(std::vector<VideoId> ids,
                                                                        Deadline deadline);
  // Each for itself, for who can go on without the others: kCorrupt where a row
  // cannot be understood. The answer as a whole fails as Coordination does.
  using Found = Result<std::optional<VideoRecord>>;
  async::Task<Result<std::vector<Found>>> FindEach(std::vector<VideoId> ids, Deadline deadline);
  // Rows that cannot be understood are left out.
  // Pages are consistent with each other only as far as nobody changes anything
  // between them: a new video is not met by a cursor that has passed its place.
  // kInvalidArgument when the cursor is not one of ours.
  async::Task<Result<ListPage>> List(ListRequest request, Deadline deadline);
  // Changes what people may change, if `may_edit` says so of the very row that is
  // changed. It is not asked when the row is as the edit wants it already.
  async::Task<Result<Edited>> Edit(VideoId id, VideoEdit edit, MayEdit may_edit, Deadline deadline);
  // Every row there is, by id, abandoned ones too; a row that cannot be understood
  // is left out.
  async::Task<Result<RowPage>> Rows(std::optional<VideoId> after, std::size_t limit,
                                    Deadline deadline);
  // Nothing of the video is left but the blobs, which are returned. Of a video that
  // cannot be understood nobody knows them: the collector finds them. Finding its
  // keys takes a walk over all videos.
  // kFailedPrecondition when `may_delete` does not want the row as it is then.
  async::Task<Result<Leftovers>> Delete(VideoId id, Deadline deadline, MayEdit may_delete = {});

  // --- For a restore. ---

  // The video as `row` says, at once, with its job when it waits for one: for its
  // transcode, or for extras that it was backed up without. Its
  // blobs must be stored. kAlreadyExists when there is a video of that id,
  // kInvalidArgument when the row's upload had not ended.
  async::Task<Result<void>> Restore(VideoRow row, Deadline deadline);

  // --- For the collector and for who verifies what is stored. ---

  // Every video there is, also abandoned ones, in the order of their ids;
  // `after` pages.
  async::Task<Result<std::vector<VideoId>>> VideoIds(std::optional<VideoId> after,
                                                     std::size_t limit, Deadline deadline);

  // Every upload that is neither committed, failed nor removed; `after` pages.
  async::Task<Result<std::vector<VideoId>>> OpenVideos(std::optional<VideoId> after,
                                                       std::size_t limit, Deadline deadline);
  // Removes an abandoned video. False, and nothing happens, when it is not one.
  async::Task<Result<bool>> RemoveIfAbandoned(VideoId id, Deadline deadline);
  // Removes a video whose resumable upload has expired. False, and nothing happens,
  // when it has not.
  async::Task<Result<bool>> RemoveIfExpired(VideoId id, WallTime now, Deadline deadline);
  // The videos of which something is damaged by which it is decided what is
  // garbage. kCorrupt when it cannot be told whose it is.
  async::Task<Result<std::set<VideoId>>> DamagedVideos(Deadline deadline);
  // True once it is decided, by a transaction that writes, that nobody needs or
  // will ever need the blobs of this upload.
  async::Task<Result<bool>> ProveGarbage(VideoId id, UploadId upload, Deadline deadline);

 private:
  struct State;
  using Decision = std::function<Result<std::optional<coordination::Txn>>(const State&)>;

  // Reads, decides and commits until the decision is "nothing to do" or its
  // transaction has happened.
  async::Task<Result<void>> Change(VideoId id, Decision decide, Deadline deadline);
  async::Task<Result<void>> Open(VideoDraft draft, OpenUpload open, coordination::LeaseId lease,
                                 Deadline deadline);
  async::Task<Result<void>> DeleteDamaged(VideoId id, Deadline deadline);
  using ExtrasChange = std::function<void(VideoExtras&)>;
  async::Task<Result<void>> FinishExtra(VideoId id, UploadId upload, ExtrasChange change,
                                        Deadline deadline);
  async::Task<Result<std::vector<Result<State>>>> Load(std::vector<VideoId> ids, Deadline deadline);

  coordination::Coordination& coordination_;
};

}  // namespace tritontube::catalog
