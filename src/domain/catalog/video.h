#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "core/blob/blob_store.h"
#include "core/coordination/coordination.h"
#include "core/media/container.h"
#include "core/media/copy.h"
#include "core/media/presentation.h"
#include "core/media/rational.h"
#include "domain/sources/arrival.h"
#include "domain/sources/source_parts.h"

// What Coordination keeps of a video. The row is the only commit point: bytes
// that no row, open upload or claim names are garbage.
namespace tritontube::catalog {

// An uploaded file of which every byte is stored, in parts under the row's
// upload.
struct SourceFile {
  ByteCount size = 0;
  ByteCount part_bytes = sources::kPartBytes;
  std::uint64_t part_count = 0;
  // Of the whole file; nothing until somebody has read it from its beginning to
  // its end, because its bytes came in another order.
  std::optional<blob::Digest> digest = {};
  media::Container container = media::Container::kMov;

  bool operator==(const SourceFile&) const = default;
};

// What is known of the pictures and the sound; nothing is what is not known.
struct MediaFacts {
  std::optional<double> duration_seconds = {};
  std::optional<int> width = {};  // Upright, square pixels.
  std::optional<int> height = {};
  std::optional<media::Rational> frame_rate = {};

  bool operator==(const MediaFacts&) const = default;
};

struct RenditionSummary {
  std::string id;
  media::Kind kind = media::Kind::kVideo;
  std::string codec = {};       // RFC 6381; empty while it is only planned.
  int width = 0;                // Video only.
  int height = 0;               // Video only.
  std::uint64_t bandwidth = 0;  // Bits per second; 0 while it is not measured.

  bool operator==(const RenditionSummary&) const = default;
};

// What of the uploaded file is shown as it is, without encoding: decided once
// from its boxes (packaging::DecideCopy), and kept, so that a newer program with
// other rules shows what was published.
struct CopyVerdict {
  std::vector<media::CopyReason> reasons = {};  // Why not all of it.
  std::vector<std::uint32_t> tracks = {};       // That are shown, by id, in the file's order.

  // Nothing has to be encoded before it can be watched.
  bool ShowsAll() const { return reasons.empty() && !tracks.empty(); }
  bool operator==(const CopyVerdict&) const = default;
};

// What the boxes of a file tell.
struct SourceAnalysis {
  CopyVerdict copy = {};
  MediaFacts facts = {};
  std::vector<RenditionSummary> renditions = {};  // Of the tracks that are shown.

  bool operator==(const SourceAnalysis&) const = default;
};

// Where a finished presentation's blobs are: under the id of the attempt that
// began it (see Growth), so that what a dead attempt has left, and nobody could
// watch, never stands in the way of the next one, whose bytes may differ.
struct StoredPresentation {
  UploadId output;           // The upload id of manifest, init and media segments.
  blob::Digest digest = {};  // Of the blob that describes the presentation.
  bool has_poster = false;   // media::kPosterFile is stored with it.

  bool operator==(const StoredPresentation&) const = default;
};

// Why a video will never play; the message is for its owner.
struct Failure {
  std::string code;     // "unsupported_media": lower case and underscores.
  std::string message;  // A sentence.

  bool operator==(const Failure&) const = default;
};

// A part of a video that has a name. It lasts until the next one begins.
struct Chapter {
  double start_seconds = 0;
  std::string title;

  bool operator==(const Chapter&) const = default;
};

// Captions that go with a video, one for each language.
struct StoredCaption {
  std::string language;  // BCP 47.
  std::string label;
  UploadId upload;          // Where the blob is, under the file name of its track.
  bool from_person = true;  // False: it came in the video's own file.

  bool operator==(const StoredCaption&) const = default;
};

// What a finished video has besides its presentation. It comes later, and changes
// while the presentation stays.
struct VideoExtras {
  std::vector<StoredCaption> captions = {};  // By language.
  std::optional<UploadId> poster = {};       // The one that a person has chosen.
  // The attempt that made the storyboard; nothing while there is none.
  std::optional<UploadId> storyboard = {};
  std::size_t storyboard_sheets = 0;
  std::optional<media::Loudness> loudness = {};  // Of the first sound track.
  // Of each rendition that was made of the pictures, by its id: how like a sample of it is to the
  // source; 1 is the same.
  std::map<std::string, double> ssim = {};

  bool operator==(const VideoExtras&) const = default;
};

struct VideoRow {
  VideoId id;
  UploadId upload;
  std::string title;
  std::string description = {};
  std::vector<std::string> tags = {};
  std::vector<Chapter> chapters = {};  // By their time.
  WallTime created = {};
  std::string file_name = {};             // As the uploader named it: data, never a path.
  std::optional<SourceFile> source = {};  // Set once every byte is stored: "committed".
  // Nothing while it has not been looked at.
  std::optional<CopyVerdict> copy = {};
  MediaFacts facts = {};
  std::vector<RenditionSummary> renditions = {};
  std::optional<StoredPresentation> presentation = {};  // Set once it is ready.
  std::optional<Failure> failure = {};                  // Never together with a presentation.
  // How far it was when it failed, because progress never falls.
  double failed_at_progress = 0;
  VideoExtras extras = {};

  bool operator==(const VideoRow&) const = default;
};

// An upload that outlives the connections that bring it, and the server.
struct Resumable {
  sources::Arrival arrival;
  WallTime expires = {};  // The collector ends it then, unless more bytes have come.

  bool operator==(const Resumable&) const = default;
};

// Says that this upload is open. What comes in one request goes with the lease of
// the server that receives it; what is resumable stays until it expires.
struct OpenUpload {
  UploadId upload;
  ByteCount received = 0;
  std::optional<ByteCount> total = {};  // When the sender has said.
  std::optional<Resumable> resumable = {};
  // A beginning of every track that the copy verdict shows is stored.
  bool playable = false;

  bool operator==(const OpenUpload&) const = default;
};

// What can be watched of a transcode that is under way: the segments that the
// steps list which are stored beside them. It outlives the attempt that made it;
// the next one goes on under the same output, and what is stored first stays.
struct Growth {
  UploadId output;
  std::uint64_t steps = 0;
  bool complete = false;  // Every rendition in it has come to its end.

  bool operator==(const Growth&) const = default;
};

// How far a transcode is, over all attempts.
struct Progress {
  double fraction = 0;  // 0 to 1; never falls.
  std::optional<Growth> growth = {};
  // Pictures are made in chunks, and lie here: whoever makes the video goes on with them.
  std::optional<UploadId> chunks = {};
  // What they are made of, where that is not the original: a copy that has an index.
  std::optional<UploadId> indexed = {};

  bool operator==(const Progress&) const = default;
};

// Says that a worker is transcoding this video. Goes with the worker's lease.
struct JobClaim {
  UploadId output;  // Names this attempt; what it makes is stored under it, or goes on in a Growth.

  bool operator==(const JobClaim&) const = default;
};

// Uploads whose blobs are being put: they are to become extras. Goes with the
// lease of the server that puts them.
struct ExtrasBegun {
  std::vector<UploadId> uploads = {};

  bool operator==(const ExtrasBegun&) const = default;
};

// A transcode that is to be done, or the extras of one that is done. It exists
// from the commit of the source until both are, or the video is failed or deleted.
struct JobRow {
  VideoId video;
  WallTime created = {};
  int attempts = 0;          // How often the file broke the tool. Our own deaths do not count.
  int setbacks = 0;          // How often in a row the machine failed us.
  WallTime not_before = {};  // No worker takes it sooner.
  std::string last_error = {};

  bool operator==(const JobRow&) const = default;
};

// Everything that a video's view depends on, read at one moment.
struct VideoRecord {
  VideoRow row;
  std::optional<OpenUpload> open = {};
  std::optional<Progress> progress = {};  // Of the transcode.
  std::optional<JobClaim> claim = {};
  ExtrasBegun begun = {};

  bool operator==(const VideoRecord&) const = default;
};

// Neither stored whole nor failed, and nobody is sending it any more: for
// everyone but the collector it does not exist.
bool IsAbandoned(const VideoRecord& record);

// True once nothing of the video hangs on a server that is receiving it: every
// byte is stored, or it has failed.
bool IsSettled(const VideoRow& row);

// It is shown out of the uploaded file as it is.
bool IsOfSource(const RenditionSummary& rendition);

// The uploads whose blobs may still be needed.
std::vector<UploadId> UploadsOf(const VideoRecord& record);

// True when blobs of `upload` may still be needed. Once false it stays false,
// because ids are never used again.
bool Owns(const VideoRecord& record, const UploadId& upload);

}  // namespace tritontube::catalog
