#include "support/hls_reader.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace tritontube::support {

namespace {

std::unexpected<Error> BadPlaylist(std::string_view what) {
  return Fail(ErrorCode::kInvalidArgument, "HLS: {}", what);
}

Result<std::vector<std::string_view>> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return BadPlaylist("the last line is not ended");
    if (end > 0) lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  if (lines.empty() || lines[0] != "#EXTM3U") return BadPlaylist("the first line is not #EXTM3U");
  lines.erase(lines.begin());
  return lines;
}

// The value of "#TAG:value", or nothing for another line.
std::optional<std::string_view> Value(std::string_view line, std::string_view tag) {
  if (!line.starts_with(tag) || line.size() <= tag.size() || line[tag.size()] != ':') {
    return std::nullopt;
  }
  return line.substr(tag.size() + 1);
}

// RFC 8216, 4.2: NAME=value or NAME="value", separated by commas.
Result<HlsAttributes> ReadAttributes(std::string_view text) {
  HlsAttributes attributes;
  while (!text.empty()) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return BadPlaylist("an attribute has no value");
    const std::string name(text.substr(0, equals));
    text.remove_prefix(equals + 1);
    const bool quoted = text.starts_with('"');
    if (quoted) text.remove_prefix(1);
    const std::size_t end = std::min(text.find(quoted ? '"' : ','), text.size());
    if (quoted && end == text.size()) return BadPlaylist("a quoted value is not ended");
    if (!attributes.emplace(name, text.substr(0, end)).second)
      return BadPlaylist("an attribute twice");
    text.remove_prefix(end + (quoted ? 1 : 0));
    if (text.empty()) break;
    if (text.front() != ',' || text.size() == 1) return BadPlaylist("attributes are not separated");
    text.remove_prefix(1);
  }
  return attributes;
}

std::optional<double> ParseSeconds(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return seconds;
}

}  // namespace

Result<HlsMaster> ReadMasterPlaylist(std::string_view text) {
  TT_ASSIGN_OR_RETURN(const auto lines, Lines(text));
  HlsMaster master;
  bool wants_uri = false;
  bool version = false;
  for (const std::string_view line : lines) {
    if (wants_uri == line.starts_with('#'))
      return BadPlaylist(fmt::format("unexpected '{}'", line));
    if (wants_uri) {
      master.variants.back().uri = line;
      wants_uri = false;
    } else if (const auto media = Value(line, "#EXT-X-MEDIA")) {
      TT_ASSIGN_OR_RETURN(HlsAttributes attributes, ReadAttributes(*media));
      master.media.push_back(std::move(attributes));
    } else if (const auto variant = Value(line, "#EXT-X-STREAM-INF")) {
      TT_ASSIGN_OR_RETURN(HlsAttributes attributes, ReadAttributes(*variant));
      master.variants.push_back({.attributes = std::move(attributes), .uri = ""});
      wants_uri = true;
    } else if (line == "#EXT-X-VERSION:7") {
      version = true;
    } else if (line != "#EXT-X-INDEPENDENT-SEGMENTS") {
      return BadPlaylist(fmt::format("unknown '{}'", line));
    }
  }
  if (!version) return BadPlaylist("the master playlist is not of version 7");
  if (wants_uri || master.variants.empty()) return BadPlaylist("a variant is missing");
  return master;
}

Result<HlsPlaylist> ReadMediaPlaylist(std::string_view text) {
  TT_ASSIGN_OR_RETURN(const auto lines, Lines(text));
  HlsPlaylist playlist;
  std::optional<double> duration;
  bool vod = false;
  bool ended = false;
  for (const std::string_view line : lines) {
    if (ended) return BadPlaylist("something follows EXT-X-ENDLIST");
    if (duration.has_value() == line.starts_with('#')) {
      return BadPlaylist(fmt::format("unexpected '{}'", line));
    }
    if (duration) {
      playlist.segments.push_back({.uri = std::string(line), .duration_seconds = *duration});
      duration.reset();
    } else if (const auto seconds = Value(line, "#EXTINF")) {
      duration = ParseSeconds(seconds->substr(0, seconds->find(',')));
      if (!duration || !seconds->contains(',')) return BadPlaylist(fmt::format("bad '{}'", line));
    } else if (const auto target = Value(line, "#EXT-X-TARGETDURATION")) {
      playlist.target_seconds = ParseSeconds(*target).value_or(0);
    } else if (const auto map = Value(line, "#EXT-X-MAP")) {
      TT_ASSIGN_OR_RETURN(HlsAttributes attributes, ReadAttributes(*map));
      playlist.init_uri = attributes["URI"];
    } else if (line == "#EXT-X-PLAYLIST-TYPE:VOD") {
      vod = true;
    } else if (line == "#EXT-X-ENDLIST") {
      ended = true;
    } else if (line != "#EXT-X-VERSION:7" && line != "#EXT-X-INDEPENDENT-SEGMENTS" &&
               line != "#EXT-X-MEDIA-SEQUENCE:1") {
      return BadPlaylist(fmt::format("unknown '{}'", line));
    }
  }
  if (!vod || !ended) return BadPlaylist("a playlist is not VOD, or has no end");
  if (playlist.init_uri.empty()) return BadPlaylist("a playlist has no EXT-X-MAP");
  return playlist;
}

}  // namespace tritontube::support
