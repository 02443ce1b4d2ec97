#include "services/space/needs.h"

#include <algorithm>

namespace tritontube::space {

namespace {

// Keys, boxes, a poster and what the stores write besides.
constexpr ByteCount kOverheadBytes = ByteCount{4} << 20U;
constexpr ByteCount kLadderPerSourceMax = 3;

double BitsPerSecond(const media::EncodePlan& plan) {
  double rate = 0;
  if (plan.video) {
    for (const media::VideoRung& rung : plan.video->rungs) {
      rate += static_cast<double>(rung.bits_per_second_max);
    }
  }
  for (const media::AudioPlan& audio : plan.audio) {
    rate += static_cast<double>(audio.bits_per_second);
  }
  return rate;
}

}  // namespace

ByteCount TranscodeNeed(ByteCount source_bytes) { return 2 * source_bytes + kOverheadBytes; }

ByteCount JobNeed(const catalog::VideoRow& video) {
  const ByteCount source_bytes = video.source->size;
  return video.presentation ? source_bytes + kOverheadBytes : TranscodeNeed(source_bytes);
}

ByteCount UploadNeed(ByteCount source_bytes) { return source_bytes + TranscodeNeed(source_bytes); }

ByteCount ExtraNeed(ByteCount bytes) { return bytes + kOverheadBytes; }

ByteCount TranscodeNeed(ByteCount source_bytes, const media::EncodePlan& plan) {
  const auto by_rate = static_cast<ByteCount>(BitsPerSecond(plan) / 8 * plan.duration_seconds);
  // A container that must be repaired first is copied once more.
  const ByteCount copies = plan.remux_first ? 2 : 1;
  return copies * source_bytes + std::min(by_rate, kLadderPerSourceMax * source_bytes) +
         kOverheadBytes;
}

}  // namespace tritontube::space
