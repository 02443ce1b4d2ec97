#pragma once

#include <optional>
#include <span>
#include <string>

#include "core/media/presentation.h"

namespace tritontube::manifest {

// The HLS multivariant playlist (RFC 8216, version 7) over the same CMAF files
// that the MPD lists: one variant per video rendition, audio and captions
// as groups. Requires: at least one rendition with a segment.
std::string WriteMasterPlaylist(const media::Presentation& presentation,
                                std::span<const media::TextTrack> captions = {});

// The playlist of one rendition, PlaylistFileName(rendition.id): VOD with all of
// its segments, or EVENT with the first `listed` while more is to come.
std::string WriteMediaPlaylist(const media::Rendition& rendition,
                               std::optional<std::size_t> listed = std::nullopt);

// The playlist of captions, CaptionPlaylistFileName(track): one file from the
// beginning to the end.
std::string WriteCaptionPlaylist(const media::TextTrack& track, double duration_seconds);

}  // namespace tritontube::manifest
