#include "domain/packaging/copy_safety.h"

#include <algorithm>

#include "domain/packaging/copy_rules.h"

namespace tritontube::packaging {

namespace {

// What holds for the times of every track.
void CheckTimes(const SourceTrack& track, const Timeline& timeline, const CopyPolicy& policy,
                Reasons& reasons) {
  const double start = static_cast<double>(timeline.first_shown) / track.header.timescale;
  if (start > policy.start_seconds_max) {
    reasons.Add("late_start", "the track begins {:.2f} s late; at most {:.1f} s may pass", start,
                policy.start_seconds_max);
  }
  if (!timeline.starts_with_sync) {
    reasons.Add("first_sample", "the track does not begin with a key frame");
  }
  if (timeline.hides_end) reasons.Add("edit_list", "the edit list cuts off the end");
  if (timeline.has_still_sample) reasons.Add("timing", "a sample has no duration");
  if (timeline.has_empty_sample) reasons.Add("timing", "a sample has no data");
}

TrackVerdict Judge(const SourceMovie::Candidate& candidate, const SourceMovie& source,
                   const CopyPolicy& policy) {
  TrackVerdict verdict{.track_id = candidate.id, .is_video = candidate.is_video, .reasons = {}};
  Reasons reasons;
  if (!candidate.track) {
    reasons.Add("unreadable", "{}", candidate.track.error().message());
    verdict.reasons = reasons.Take();
    return verdict;
  }
  const SourceTrack& track = *candidate.track;
  const Timeline timeline = Survey(track, source.timescale());
  CheckTimes(track, timeline, policy, reasons);
  if (candidate.is_video) {
    CheckPictures(track, source.matrix(), policy, reasons);
    CheckVideoTimes(track, timeline, policy, reasons);
  } else {
    CheckSound(track, policy, reasons);
    CheckSoundTimes(track, timeline, policy, reasons);
  }
  verdict.reasons = reasons.Take();
  return verdict;
}

}  // namespace

bool CopyReport::is_safe() const { return AllReasons().empty(); }

bool CopyReport::is_safe(std::uint32_t track_id) const {
  const auto verdict = std::ranges::find(tracks, track_id, &TrackVerdict::track_id);
  return reasons.empty() && verdict != tracks.end() && verdict->is_safe();
}

std::vector<CopyReason> CopyReport::AllReasons() const {
  std::vector<CopyReason> all = reasons;
  for (const TrackVerdict& verdict : tracks) {
    all.insert(all.end(), verdict.reasons.begin(), verdict.reasons.end());
  }
  return all;
}

CopyReport DecideCopy(const SourceMovie& source, const CopyPolicy& policy) {
  CopyReport report;
  Reasons reasons;
  const auto& candidates = source.candidates();
  if (candidates.empty()) reasons.Add("no_tracks", "there is neither picture nor sound");
  // Which of several is meant would be a guess.
  if (std::ranges::count(candidates, true, &SourceMovie::Candidate::is_video) > 1) {
    reasons.Add("several_videos", "the file has several video tracks");
  }
  report.reasons = reasons.Take();
  for (const auto& candidate : candidates) {
    report.tracks.push_back(Judge(candidate, source, policy));
  }
  return report;
}

CopyReport RefuseFile(const Error& error) {
  Reasons reasons;
  reasons.Add("unreadable", "{}", error.message());
  return {.reasons = reasons.Take(), .tracks = {}};
}

}  // namespace tritontube::packaging
