#include "services/delivery/delivery.h"

#include <algorithm>

#include "base/assert.h"
#include "domain/manifest/growth.h"
#include "domain/manifest/presentation_json.h"

namespace tritontube::delivery {

namespace {

// Larger ones are sent while they are read.
constexpr ByteCount kSmallSegmentBytesMax = ByteCount{8} << 20U;

std::unexpected<Error> NoSuchFile(const VideoId& video, std::string_view file) {
  return Fail(ErrorCode::kNotFound, "video {} has no file {}", video.text(), file);
}

// A blob's bytes are fixed by its key, so the id of the attempt that made it
// tells all versions of one address apart. A manifest is told by its text.
std::string BlobTag(const UploadId& output) { return "\"" + output.text() + "\""; }
std::string TextTag(const blob::Bytes& text) { return "\"" + blob::DigestOf(text).ToHex() + "\""; }

// The upload whose bytes they are is enough: its id is never used again.
std::string CacheKey(const UploadId& upload, std::string_view file) {
  return fmt::format("{}{}", upload.text(), file);
}

// Whoever said so does not know how the row is now.
bool IsOutOfReach(const Error& error) {
  return error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kDeadlineExceeded ||
         error.code() == ErrorCode::kOutcomeUnknown;
}

// Of the encoded renditions every segment that is known of is stored.
void AddEncoded(std::vector<Part>& parts, std::vector<media::Rendition> renditions, bool ended) {
  for (media::Rendition& rendition : renditions) {
    const std::size_t available = rendition.segments.size();
    parts.push_back({.rendition = std::move(rendition), .available = available, .ended = ended});
  }
}

}  // namespace

bool SourceSegment::is_small() const { return list.size() <= kSmallSegmentBytesMax; }

ByteCount Content::size() const {
  if (download) return download->size();
  return segment ? segment->list.size() : bytes.size();
}

async::Task<Result<Content>> Delivery::Open(VideoId video, std::string file, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(Snapshot snapshot, co_await Find(video, options_.recheck_after, deadline));
  std::optional<PublishedFile> found = snapshot->Find(file);
  if (!found) {
    // Somebody may have been told of a file that is younger than what is known here.
    TT_CO_ASSIGN_OR_RETURN(snapshot, co_await Find(video, std::chrono::milliseconds(0), deadline));
    found = snapshot->Find(file);
  }
  if (!found) co_return NoSuchFile(video, file);
  if (found->kind == PublishedFile::Kind::kManifest) {
    co_return Content{.content_type = found->content_type,
                      .etag = TextTag(found->text),
                      .immutable = false,
                      .bytes = std::move(found->text)};
  }
  if (found->kind == PublishedFile::Kind::kDownload) {
    co_return co_await OpenDownload(std::move(snapshot), *std::move(found), deadline);
  }
  if (auto cached = cache_.Find(CacheKey(*found->upload, file))) {
    co_return Content{.content_type = found->content_type,
                      .etag = std::move(cached->etag),
                      .immutable = true,
                      .bytes = std::move(cached->bytes)};
  }
  if (found->kind == PublishedFile::Kind::kSource) {
    co_return co_await OpenSource(std::move(snapshot), std::move(file), *std::move(found),
                                  deadline);
  }
  co_return co_await OpenBlob(std::move(video), std::move(file), *std::move(found), deadline);
}

async::Task<Result<Content>> Delivery::OpenBlob(VideoId video, std::string file,
                                                PublishedFile found, Deadline deadline) {
  const UploadId upload = *found.upload;
  const std::string key = CacheKey(upload, file);
  Content content{
      .content_type = found.content_type, .etag = BlobTag(upload), .immutable = true, .bytes = {}};
  TT_CO_ASSIGN_OR_RETURN(content.bytes, co_await store_.GetWhole(
                                            {std::move(video), upload, std::move(file)}, deadline));
  cache_.Insert(key, {.bytes = content.bytes, .etag = content.etag});
  co_return content;
}

async::Task<Result<Content>> Delivery::OpenSource(Snapshot snapshot, std::string file,
                                                  PublishedFile found, Deadline deadline) {
  const ShownSource& source = *snapshot->watchable().source;
  TT_CO_ASSIGN_OR_RETURN(const SourcePlans::Plan plan,
                         co_await plans_.Find(snapshot->video(), source, deadline));
  const packaging::SourcePlan::Track* const track = plan->Find(found.rendition);
  TT_ASSERT(track != nullptr, "a plan without {}", found.rendition);
  Content content{.content_type = found.content_type, .etag = {}, .immutable = true, .bytes = {}};
  const std::string& upload = source.upload.text();
  if (found.segment == 0) {
    std::string init = packaging::SourcePlan::Init(*track);
    content.etag = packaging::EntityTag(upload, init);
    content.bytes = blob::Bytes(std::move(init));
    cache_.Insert(CacheKey(source.upload, file), {.bytes = content.bytes, .etag = content.etag});
    co_return content;
  }
  auto list = packaging::SourcePlan::Segment(*track, found.segment);
  TT_ASSERT(list.has_value(), "a plan without segment {}", found.segment);
  content.etag = packaging::EntityTag(upload, list->head);
  content.segment = std::make_shared<const SourceSegment>(SourceSegment{.video = snapshot->video(),
                                                                        .source = source,
                                                                        .file = std::move(file),
                                                                        .etag = content.etag,
                                                                        .list = *std::move(list)});
  co_return content;
}

// Not immutable: a later version of this program may put it together in another way.
async::Task<Result<Content>> Delivery::OpenDownload(Snapshot snapshot, PublishedFile found,
                                                    Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(
      Download download,
      co_await downloads_.Find(std::move(snapshot), std::move(found.renditions), deadline));
  std::string etag = download.plan->etag;
  co_return Content{.content_type = found.content_type,
                    .etag = std::move(etag),
                    .immutable = false,
                    .bytes = {},
                    .download = std::move(download),
                    .save_as = std::move(found.save_as)};
}

async::Task<Result<blob::Bytes>> Delivery::ReadDownload(Download download, blob::ByteRange range,
                                                        Deadline deadline) {
  return downloads_.Read(std::move(download), range, deadline);
}

async::Task<Result<blob::Bytes>> Delivery::ReadSegment(std::shared_ptr<const SourceSegment> segment,
                                                       blob::ByteRange range, Deadline deadline) {
  const bool is_kept = segment->is_small() && cache_.Keeps(segment->list.size());
  if (!is_kept) {
    const packaging::GatherList slice = segment->list.Slice(range.offset, range.length);
    co_return co_await GatherBytes(*segment, slice, Form::kAsRead, deadline);
  }
  TT_CO_ASSIGN_OR_RETURN(const blob::Bytes bytes,
                         co_await GatherBytes(*segment, segment->list, Form::kOnePiece, deadline));
  cache_.Insert(CacheKey(segment->source.upload, segment->file),
                {.bytes = bytes, .etag = segment->etag});
  co_return bytes.Slice(range.offset, range.length);
}

async::Task<Result<blob::Bytes>> Delivery::GatherBytes(const SourceSegment& segment,
                                                       const packaging::GatherList& list, Form form,
                                                       Deadline deadline) {
  Result<blob::Bytes> bytes =
      co_await Gather(store_, segment.video, segment.source, list, form, deadline);
  const bool moved = !bytes && bytes.error().code() == ErrorCode::kNotFound;
  if (!moved || !segment.source.arrival) co_return bytes;
  // What had come in pieces has been put together since.
  TT_CO_ASSIGN_OR_RETURN(const catalog::VideoRecord record,
                         co_await catalog_.Find(segment.video, deadline));
  const std::optional<Watchable> now = WatchableOf(record);
  if (!now || !now->source || now->source->upload != segment.source.upload) {
    co_return std::unexpected(bytes.error());
  }
  bytes = co_await Gather(store_, segment.video, *now->source, list, form, deadline);
  co_return bytes;
}

async::Task<Result<Original>> Delivery::FindOriginal(VideoId video, std::string file,
                                                     Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const catalog::VideoRecord record,
                         co_await catalog_.Find(video, deadline));
  std::optional<Original> original = OriginalOf(record.row);
  if (!original || OriginalFileName(*record.row.source) != file) co_return NoSuchFile(video, file);
  co_return *std::move(original);
}

async::Task<Result<blob::Bytes>> Delivery::ReadOriginal(sources::SourceKey key,
                                                        blob::ByteRange range, Deadline deadline) {
  return sources::ReadSource(store_, std::move(key), range, deadline);
}

std::chrono::milliseconds Delivery::RecheckAfter(const PublishedVideo& video) const {
  return video.grows() ? options_.recheck_growing_after : options_.recheck_after;
}

// Who is known is not waited for long.
async::Task<Result<catalog::VideoRecord>> Delivery::FindRow(const VideoId& video,
                                                            const std::optional<Known>& known,
                                                            Deadline deadline) {
  if (known) deadline = deadline.EarlierOf(Deadline::After(options_.recheck_time));
  co_return co_await catalog_.Find(video, deadline);
}

async::Task<Result<Delivery::Snapshot>> Delivery::Find(VideoId video,
                                                       std::chrono::milliseconds age_max,
                                                       Deadline deadline) {
  const std::optional<Known> known = Recall(video);
  const auto now = Deadline::Clock::now();
  const std::uint64_t forgotten = forgotten_;
  if (known && now - known->checked < std::min(age_max, RecheckAfter(*known->snapshot))) {
    co_return known->snapshot;
  }

  Result<catalog::VideoRecord> found = co_await FindRow(video, known, deadline);
  if (!found && known && IsOutOfReach(found.error())) {
    Remember({video, known->snapshot, now}, forgotten);
    co_return known->snapshot;
  }
  TT_CO_ASSIGN_OR_RETURN(catalog::VideoRecord record, std::move(found));
  std::optional<Watchable> watchable = WatchableOf(record);
  if (!watchable) {
    co_return Fail(ErrorCode::kNotFound, "video {} cannot be played yet", video.text());
  }
  Snapshot snapshot = known ? known->snapshot : nullptr;
  if (snapshot == nullptr || snapshot->watchable() != *watchable ||
      snapshot->extras() != record.row.extras || snapshot->title() != record.row.title) {
    TT_CO_ASSIGN_OR_RETURN(snapshot, co_await Build(std::move(record), *std::move(watchable),
                                                    std::move(snapshot), deadline));
  }
  Remember({video, snapshot, now}, forgotten);
  co_return snapshot;
}

async::Task<Result<Delivery::Snapshot>> Delivery::Build(catalog::VideoRecord record,
                                                        Watchable watchable, Snapshot before,
                                                        Deadline deadline) {
  const VideoId& video = record.row.id;
  std::vector<Part> parts;
  CompositionOptions options{.duration_seconds = record.row.facts.duration_seconds.value_or(0)};
  if (watchable.source) {
    TT_CO_ASSIGN_OR_RETURN(parts, co_await LoadSource(video, *watchable.source, before, deadline));
  }
  std::vector<media::Rendition> grown;
  if (watchable.growth) {
    TT_CO_ASSIGN_OR_RETURN(
        grown, co_await LoadGrowth(video, *watchable.growth, std::move(before), deadline));
    AddEncoded(parts, grown, watchable.growth->complete);
  }
  if (watchable.stored) {
    TT_CO_ASSIGN_OR_RETURN(media::Presentation stored,
                           co_await Load(video, *watchable.stored, deadline));
    options = {.duration_seconds = stored.duration_seconds, .has_poster = stored.has_poster};
    AddEncoded(parts, std::move(stored.renditions), /*ended=*/true);
  }
  std::optional<Composition> composition = Compose(std::move(parts), options);
  if (!composition) {
    co_return Fail(ErrorCode::kNotFound, "video {} cannot be played yet", video.text());
  }
  co_return std::make_shared<const PublishedVideo>(video, record.row.title, std::move(watchable),
                                                   *std::move(composition), record.row.extras,
                                                   std::move(grown));
}

// Reads only the steps that are new.
async::Task<Result<std::vector<media::Rendition>>> Delivery::LoadGrowth(VideoId video,
                                                                        catalog::Growth growth,
                                                                        Snapshot before,
                                                                        Deadline deadline) {
  std::vector<media::Rendition> whole;
  std::uint64_t step = 0;
  if (before != nullptr && before->watchable().growth) {
    const catalog::Growth& known = *before->watchable().growth;
    if (known.output == growth.output && known.steps <= growth.steps) {
      whole = before->grown();
      step = known.steps;
    }
  }
  while (step < growth.steps) {
    const std::string file = manifest::GrowthFileName(++step);
    TT_CO_ASSIGN_OR_RETURN(const blob::Bytes json,
                           co_await store_.GetWhole({video, growth.output, file}, deadline));
    TT_CO_ASSIGN_OR_RETURN(auto added, manifest::GrowthFromJson(json.Flatten()));
    TT_CO_RETURN_IF_ERROR(manifest::AppendGrowth(whole, std::move(added)));
  }
  co_return whole;
}

// Every track of it is there, or none: pictures without their sound are not what
// was uploaded.
async::Task<Result<std::vector<Part>>> Delivery::LoadSource(VideoId video, ShownSource source,
                                                            Snapshot before, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const SourcePlans::Plan plan,
                         co_await plans_.Find(video, source, deadline));
  const packaging::ArrivedRanges arrived = ArrivedOf(source);
  const bool is_same = before != nullptr && before->watchable().source &&
                       before->watchable().source->upload == source.upload;
  std::vector<Part> parts;
  for (const packaging::SourcePlan::Track& track : plan->tracks()) {
    const std::string& id = track.rendition.id;
    Part part{.rendition = track.rendition, .of_source = true};
    part.available = source.arrival ? packaging::CountComplete(track, arrived,
                                                               is_same ? before->Available(id) : 0)
                                    : track.segments.size();
    part.ended = part.available == track.segments.size();
    if (part.available == 0) {
      co_return Fail(ErrorCode::kNotFound, "video {} has not come so far yet", video.text());
    }
    parts.push_back(std::move(part));
  }
  co_return parts;
}

async::Task<Result<media::Presentation>> Delivery::Load(VideoId video,
                                                        catalog::StoredPresentation stored,
                                                        Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(
      const blob::Bytes json,
      co_await store_.GetWhole({video, stored.output, std::string(media::kPresentationFile)},
                               deadline));
  if (blob::DigestOf(json) != stored.digest) {
    co_return Fail(ErrorCode::kCorrupt, "the presentation of video {} is not the published one",
                   video.text());
  }
  co_return manifest::PresentationFromJson(json.Flatten());
}

std::optional<Delivery::Known> Delivery::Recall(const VideoId& video) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(video);
  if (found == index_.end()) return std::nullopt;
  known_.splice(known_.begin(), known_, found->second);
  return *found->second;
}

void Delivery::Remember(Known known, std::uint64_t forgotten) {
  const std::lock_guard lock(mutex_);
  if (forgotten_ != forgotten) return;
  if (const auto found = index_.find(known.video); found != index_.end()) {
    *found->second = std::move(known);
    return;
  }
  known_.push_front(std::move(known));
  index_.emplace(known_.front().video, known_.begin());
  if (known_.size() <= options_.videos_max) return;
  index_.erase(known_.back().video);
  known_.pop_back();
}

void Delivery::Forget(const VideoId& video) {
  const std::lock_guard lock(mutex_);
  ++forgotten_;
  const auto found = index_.find(video);
  if (found == index_.end()) return;
  known_.erase(found->second);
  index_.erase(found);
}

}  // namespace tritontube::delivery
