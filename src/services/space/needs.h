#pragma once

#include "base/bytes.h"
#include "core/media/encode_plan.h"
#include "domain/catalog/video.h"

// What a video takes on the disk, as far as it can be told beforehand.
namespace tritontube::space {

// A transcode of a file of this size: its copy for ffmpeg and about as much again
// for what is made of it. Good cameras' files shrink to a half, screen
// recordings double; so an estimate, which the plan of the transcode corrects.
ByteCount TranscodeNeed(ByteCount source_bytes);

// The job of a video: its transcode, or only the extras of one that is ready,
// which are small beside the copy. Requires: the video has a source.
ByteCount JobNeed(const catalog::VideoRow& video);

// An upload of this size: the file, and the transcode that follows.
ByteCount UploadNeed(ByteCount source_bytes);

// Captions or a poster of this size, and what is written to make them.
ByteCount ExtraNeed(ByteCount bytes);

// A transcode whose plan is known: never more than the plan's rates allow, nor
// than encoders have been seen to make of a source of this size.
ByteCount TranscodeNeed(ByteCount source_bytes, const media::EncodePlan& plan);

}  // namespace tritontube::space
