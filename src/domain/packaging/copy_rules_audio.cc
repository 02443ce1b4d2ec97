#include "core/bmff/aac_config.h"
#include "core/bmff/sample_entry.h"
#include "domain/packaging/copy_rules.h"

namespace tritontube::packaging {

void CheckSound(const SourceTrack& track, const CopyPolicy& policy, Reasons& reasons) {
  if (track.entry.type == bmff::MakeFourCc("enca")) {
    return reasons.Add("encrypted", "the sound is encrypted");
  }
  if (track.entry.type != bmff::MakeFourCc("mp4a")) {
    return reasons.Add("audio_codec", "the sound is '{}', not AAC",
                       bmff::ToString(track.entry.type));
  }
  const auto entry = bmff::ParseAudioEntry(track.entry);
  if (!entry) return reasons.Add("configuration", "{}", entry.error().message());
  const auto decoder = bmff::ParseEsds(entry->esds);
  if (!decoder) return reasons.Add("configuration", "{}", decoder.error().message());
  if (decoder->object_type != bmff::kMpeg4Audio) {
    return reasons.Add("audio_codec", "the sound is of MPEG-4 object type {:#x}, not AAC",
                       decoder->object_type);
  }
  const auto config = bmff::ParseAacConfig(decoder->specific);
  if (!config) return reasons.Add("configuration", "{}", config.error().message());
  if (config->object_type != bmff::kAacLowComplexity || config->spectral_band_replication) {
    reasons.Add("audio_profile", "the sound is AAC, but not of the Low Complexity profile");
  }
  if (config->sample_rate != static_cast<std::uint32_t>(entry->sample_rate)) {
    reasons.Add("configuration", "the file contradicts itself about its sampling rate");
  }
  const std::uint32_t channels = config->channel_configuration;
  if (channels == 0 || channels > policy.channels_max) {
    reasons.Add("audio_channels", "the sound is not mono or stereo");
  }
}

void CheckSoundTimes(const SourceTrack& track, const Timeline& timeline, const CopyPolicy& policy,
                     Reasons& reasons) {
  if (static_cast<double>(-timeline.first_shown) / track.header.timescale >
      policy.priming_seconds_max) {
    reasons.Add("edit_list", "the edit list hides sound at the beginning");
  }
}

}  // namespace tritontube::packaging
