#include "services/extras/extra_upload.h"

#include "foundation/async/shielded.h"
#include "services/space/needs.h"

namespace tritontube::extras {

namespace {

constexpr std::chrono::seconds kAbandonTimeout{5};

async::Task<Result<void>> PutAndCommit(ExtraStores with, blob::Blob extra, CommitExtra commit,
                                       Deadline deadline) {
  const UploadId upload = extra.key.upload;
  std::vector<blob::Blob> batch;
  batch.push_back(std::move(extra));
  TT_CO_RETURN_IF_ERROR(co_await with.store.Put(std::move(batch), deadline));
  co_return co_await commit(upload);
}

}  // namespace

async::Task<Result<space::OrShortage<space::Reservation>>> ReserveExtra(ExtraStores with,
                                                                        ByteCount bytes,
                                                                        Deadline deadline) {
  // Under an id of its own: the video's is what its transcode has reserved.
  return with.space.Reserve(VideoId::Generate(with.random), space::ExtraNeed(bytes), deadline);
}

async::Task<Added> AddExtra(ExtraStores with, space::Reservation room, VideoId video,
                            NameExtra name, blob::Bytes bytes, CommitExtra commit,
                            Deadline deadline) {
  const UploadId upload = UploadId::Generate(with.random);
  Result<void> added =
      co_await with.catalog.BeginExtra(video, upload, with.lease.lease(), deadline);
  if (added) {
    blob::Blob extra{.key = {video, upload, name(upload)}, .bytes = std::move(bytes)};
    added = co_await PutAndCommit(with, std::move(extra), std::move(commit), deadline);
  }
  if (!added) {
    Ignore(co_await async::Shielded(
               with.catalog.AbandonExtra(video, upload, Deadline::After(kAbandonTimeout))),
           "it ends with this server's lease, and is garbage then");
  }
  if (added) co_return std::nullopt;
  if (added.error().code() == ErrorCode::kResourceExhausted) {
    const auto shortage = co_await with.space.ShortageWhenFull(room.bytes(), deadline);
    if (shortage && *shortage) co_return *shortage;
  }
  co_return std::unexpected(std::move(added).error());
}

}  // namespace tritontube::extras
