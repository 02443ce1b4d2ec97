#include "domain/timed_text/caption_parser.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>

#include "domain/timed_text/cue_markup.h"
#include "domain/timed_text/text_encoding.h"

namespace tritontube::timed_text {

namespace {

using std::chrono::milliseconds;

constexpr std::string_view kArrow = "-->";
constexpr std::int64_t kHoursMax = 1000;

// The lines of a text, with the number of the one that was read last.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  std::size_t number() const { return number_; }

  std::string_view Peek() const {
    return rest_.substr(0, std::min(rest_.find('\n'), rest_.size()));
  }
  std::string_view Next() {
    const std::string_view line = Peek();
    rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
    ++number_;
    return line;
  }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

std::string_view WithoutSpaces(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::int64_t> Number(std::string_view digits, std::int64_t most) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool plain = !digits.empty() && digits.front() != '-' && error == std::errc() &&
                     end == digits.data() + digits.size() && number <= most;
  return plain ? std::optional(number) : std::nullopt;
}

// "1:02:03.456", "02:03,456".
std::optional<milliseconds> ParseTime(std::string_view text) {
  const std::size_t point = text.find_first_of(".,");
  if (point == std::string_view::npos || text.size() - point != 4) return std::nullopt;
  const auto fraction = Number(text.substr(point + 1), 999);
  text = text.substr(0, point);
  const std::size_t last = text.rfind(':');
  if (!fraction || last == std::string_view::npos) return std::nullopt;
  const auto seconds = Number(text.substr(last + 1), 59);
  text = text.substr(0, last);
  const std::size_t first = text.rfind(':');
  const bool has_hours = first != std::string_view::npos;
  const auto minutes = Number(has_hours ? text.substr(first + 1) : text, 59);
  const auto hours = has_hours ? Number(text.substr(0, first), kHoursMax) : 0;
  if (!seconds || !minutes || !hours) return std::nullopt;
  return milliseconds(((*hours * 60 + *minutes) * 60 + *seconds) * 1000 + *fraction);
}

struct Timing {
  milliseconds start;
  milliseconds end;
};

// "00:01.000 --> 00:02.000 align:left": what follows the times is about places.
std::optional<Timing> ParseTiming(std::string_view line) {
  const std::size_t arrow = line.find(kArrow);
  const auto start = ParseTime(WithoutSpaces(line.substr(0, arrow)));
  std::string_view after = WithoutSpaces(line.substr(arrow + kArrow.size()));
  after = after.substr(0, std::min(after.find_first_of(" \t"), after.size()));
  const auto end = ParseTime(after);
  if (!start || !end) return std::nullopt;
  return Timing{*start, *end};
}

template <typename... Args>
std::unexpected<Error> Wrong(const Lines& lines, fmt::format_string<Args...> format,
                             Args&&... args) {
  return Fail(ErrorCode::kInvalidArgument, "Line {} of the captions {}", lines.number(),
              fmt::format(format, std::forward<Args>(args)...));
}

// The lines up to the next blank one.
Result<std::string> ReadPayload(Lines& lines) {
  std::string payload;
  while (!lines.at_end() && !IsBlank(lines.Peek())) {
    const std::string_view line = lines.Next();
    if (line.contains(kArrow)) {
      return Wrong(lines, "begins a caption before a blank line has ended the one above.");
    }
    payload += line;
    payload += '\n';
    if (payload.size() > kCueBytesMax) {
      return Wrong(lines, "makes a caption longer than {} bytes.", kCueBytesMax);
    }
  }
  return payload;
}

void SkipBlock(Lines& lines) {
  while (!lines.at_end() && !IsBlank(lines.Peek())) lines.Next();
}

bool IsAside(std::string_view line) {
  return line.starts_with("NOTE") || line.starts_with("STYLE") || line.starts_with("REGION");
}

// One block: a number or name that we need not, the times, the text.
Result<std::optional<Cue>> ReadCue(Lines& lines) {
  std::string_view line = lines.Next();
  if (!line.contains(kArrow)) {
    if (lines.at_end() || IsBlank(lines.Peek())) {
      return Wrong(lines, "stands where the times of a caption should be.");
    }
    line = lines.Next();
  }
  const std::optional<Timing> timing =
      line.contains(kArrow) ? ParseTiming(line) : std::optional<Timing>();
  if (!timing) {
    return Wrong(lines, "is not like \"00:01:02.500 --> 00:01:04.000\", the times of a caption.");
  }
  TT_ASSIGN_OR_RETURN(const std::string payload, ReadPayload(lines));
  Cue cue{.start = timing->start, .end = timing->end, .text = CleanMarkup(payload)};
  if (cue.end <= cue.start || cue.text.empty()) return std::nullopt;
  return cue;
}

// By their start; those of one moment in the order of the file.
using Cues = std::multimap<milliseconds, Cue>;

Result<Cues> ReadCues(Lines lines, bool is_webvtt) {
  Cues cues;
  while (!lines.at_end()) {
    if (IsBlank(lines.Peek())) {
      lines.Next();
      continue;
    }
    if (is_webvtt && IsAside(lines.Peek())) {
      SkipBlock(lines);
      continue;
    }
    TT_ASSIGN_OR_RETURN(std::optional<Cue> cue, ReadCue(lines));
    if (!cue) continue;
    if (cues.size() == kCuesMax) {
      return Wrong(lines, "is beyond {} captions; no more are taken.", kCuesMax);
    }
    const milliseconds start = cue->start;
    cues.emplace(start, *std::move(cue));
  }
  return cues;
}

}  // namespace

Result<std::vector<Cue>> ParseCaptions(std::string_view bytes) {
  if (bytes.size() > kCaptionBytesMax) {
    return Fail(ErrorCode::kInvalidArgument, "The captions are larger than {} MiB.",
                kCaptionBytesMax >> 20U);
  }
  TT_ASSIGN_OR_RETURN(const std::string text, DecodeText(bytes));
  Lines lines(text);
  const std::string_view first = lines.Peek();
  const bool is_webvtt =
      first == "WEBVTT" || first.starts_with("WEBVTT ") || first.starts_with("WEBVTT\t");
  if (is_webvtt) SkipBlock(lines);
  TT_ASSIGN_OR_RETURN(Cues found, ReadCues(lines, is_webvtt));
  if (found.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                "The file holds no captions. Send WebVTT or SRT, with times and text.");
  }
  std::vector<Cue> cues;
  cues.reserve(found.size());
  for (auto& [start, cue] : found) cues.push_back(std::move(cue));
  return cues;
}

}  // namespace tritontube::timed_text
