#include "simulation/ledger.h"

#include <algorithm>
#include <random>

namespace tritontube::simulation {

namespace {
// How long a deleted video may still be seen.
constexpr std::chrono::seconds kDeletionTimeMax{30};
}  // namespace

bool Ledger::Video::IsCommitted() const {
  return std::ranges::any_of(
      attempts, [](const Attempt& attempt) { return attempt.committed == Outcome::kYes; });
}

std::string Ledger::BytesOf(const Attempt& attempt, std::size_t part) const {
  std::mt19937_64 noise((context_.plan.seed << 32U) ^ (attempt.number << 8U) ^ part);
  std::string bytes(1 + (noise() % kBlobBytesMax), '\0');
  for (char& byte : bytes) byte = static_cast<char>(noise());
  return bytes;
}

blob::BlobKey Ledger::KeyOf(const VideoId& video, const UploadId& upload, std::size_t part) {
  return {.video = video, .upload = upload, .file = fmt::format("source-{:06}", part)};
}

Ledger::Video& Ledger::AddVideo(VideoId id) {
  return videos_.emplace(id, Video{.id = id}).first->second;
}

Ledger::Attempt& Ledger::AddAttempt(Video& video, UploadId upload, std::size_t parts) {
  video.attempts.push_back({.upload = std::move(upload), .number = next_number_++, .parts = parts});
  return video.attempts.back();
}

const Ledger::Acknowledged& Ledger::Acknowledge(const Video& video, Attempt& attempt,
                                                std::size_t part) {
  attempt.acknowledged.insert(part);
  return acknowledged_.emplace_back(
      Acknowledged{.key = KeyOf(video.id, attempt.upload, part),
                   .digest = blob::DigestOf(blob::Bytes(BytesOf(attempt, part))),
                   .video = &video});
}

const Ledger::Video* Ledger::AnyVideo() {
  if (videos_.empty()) return nullptr;
  const auto place = static_cast<std::ptrdiff_t>(context_.Pick(videos_.size()));
  return &std::next(videos_.begin(), place)->second;
}

void Ledger::CheckRow(const Video& video, bool was_committed, SteadyTime asked,
                      const Result<catalog::VideoRecord>& found) {
  const bool missing = !found && found.error().code() == ErrorCode::kNotFound;
  if (missing && was_committed && !video.deletion_begun) {
    context_.trace.Violate(fmt::format("I1 committed video {} is not there", video.id.text()));
  }
  if (found && video.deleted && asked > *video.deleted + kDeletionTimeMax) {
    context_.trace.Violate(fmt::format("I7 deleted video {} is there", video.id.text()));
  }
}

const Ledger::Attempt* Ledger::AttemptOf(const Video& video, const catalog::VideoRow& row) {
  // The last of that id: with fault upload-id-again there are several.
  const auto attempt = std::ranges::find(video.attempts.rbegin(), video.attempts.rend(), row.upload,
                                         &Attempt::upload);
  if (attempt == video.attempts.rend()) {
    context_.trace.Violate(fmt::format("I4 video {} has an unknown upload", video.id.text()));
    return nullptr;
  }
  if (attempt->acknowledged.size() != attempt->parts) {
    context_.trace.Violate(
        fmt::format("I4 video {} was committed with parts missing", video.id.text()));
  }
  if (video.IsCommitted() && attempt->committed != Outcome::kYes) {
    context_.trace.Violate(fmt::format("I5 video {} was committed twice", video.id.text()));
  }
  return &*attempt;
}

void Ledger::CheckBytes(const Video& video, const Attempt& attempt, std::size_t part,
                        const Result<blob::Bytes>& read) {
  if (!read) {
    if (read.error().code() == ErrorCode::kNotFound && !video.deletion_begun) {
      context_.trace.Violate(
          fmt::format("I1 part {} of video {} is denied", part, video.id.text()));
    }
    return;
  }
  if (read->Flatten() != BytesOf(attempt, part)) {
    context_.trace.Violate(
        fmt::format("I2 part {} of video {} has other bytes", part, video.id.text()));
  }
}

}  // namespace tritontube::simulation
