#include "domain/timed_text/cue_markup.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/ascii.h"

namespace tritontube::timed_text {

namespace {

struct Tag {
  std::string_view name;  // "b"; empty for anything that is not b, i or u.
  bool closes = false;
  std::size_t size = 0;  // In the payload, with both brackets.
};

constexpr std::size_t kMarkupBytesMax = 200;

std::string_view AllowedName(std::string_view inside) {
  if (inside.empty()) return {};
  // "b", "b.class": a letter that nothing but a class follows.
  if (inside.size() > 1 && inside[1] != '.' && inside[1] != ' ') return {};
  switch (AsciiLower(inside.front())) {
    case 'b':
      return "b";
    case 'i':
      return "i";
    case 'u':
      return "u";
    default:
      return {};
  }
}

bool BeginsTag(char c) {
  return (c >= '0' && c <= '9') || (AsciiLower(c) >= 'a' && AsciiLower(c) <= 'z') || c == '/' ||
         c == '!' || c == '?';
}

// The tag that `text` begins with. A "<" that no name follows is a less-than sign.
std::optional<Tag> TagAt(std::string_view text) {
  if (text.size() < 3 || text.front() != '<' || !BeginsTag(text[1])) return std::nullopt;
  const std::size_t end = text.substr(0, kMarkupBytesMax).find('>');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view inside = text.substr(1, end - 1);
  const bool closes = inside.front() == '/';
  if (closes) inside.remove_prefix(1);
  return Tag{.name = AllowedName(inside), .closes = closes, .size = end + 1};
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kEntities = {{
    {"&amp;", "&"},
    {"&lt;", "<"},
    {"&gt;", ">"},
    {"&quot;", "\""},
    {"&#39;", "'"},
    {"&nbsp;", "\xC2\xA0"},
    {"&lrm;", "\xE2\x80\x8E"},
    {"&rlm;", "\xE2\x80\x8F"},
}};

void AppendEscaped(std::string& text, std::string_view piece) {
  for (const char c : piece) {
    if (c == '&') {
      text += "&amp;";
    } else if (c == '<') {
      text += "&lt;";
    } else if (c == '>') {
      text += "&gt;";
    } else {
      text += c;
    }
  }
}

// Writes the clean text, and knows which tags are open.
class Writer {
 public:
  void Text(std::string_view piece) { AppendEscaped(text_, piece); }

  void Open(std::string_view name) {
    if (std::ranges::find(open_, name) != open_.end()) return;
    open_.push_back(name);
    text_ += '<';
    text_ += name;
    text_ += '>';
  }

  // Ends the tag and what was opened in it; nothing when it is not open.
  void Close(std::string_view name) {
    if (std::ranges::find(open_, name) == open_.end()) return;
    while (!open_.empty()) {
      const std::string_view last = open_.back();
      open_.pop_back();
      text_ += "</";
      text_ += last;
      text_ += '>';
      if (last == name) return;
    }
  }

  std::string Finish() && {
    while (!open_.empty()) Close(open_.back());
    return std::move(text_);
  }

 private:
  std::string text_;
  std::vector<std::string_view> open_;
};

std::string_view Trimmed(std::string_view line) {
  constexpr std::string_view kSpaces = " \t";
  const std::size_t first = line.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kSpaces) - first + 1);
}

std::string WithoutEmptyLines(std::string_view text) {
  std::string lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trimmed(text.substr(0, end));
    if (!line.empty()) {
      if (!lines.empty()) lines += '\n';
      lines += line;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool SaysSomething(std::string_view markup) {
  while (!markup.empty()) {
    if (const std::optional<Tag> tag = TagAt(markup)) {
      markup.remove_prefix(tag->size);
    } else if (markup.front() == '\n' || markup.front() == ' ') {
      markup.remove_prefix(1);
    } else {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string CleanMarkup(std::string_view payload) {
  Writer writer;
  while (!payload.empty()) {
    if (const std::optional<Tag> tag = TagAt(payload)) {
      if (tag->closes) {
        writer.Close(tag->name);
      } else if (!tag->name.empty()) {
        writer.Open(tag->name);
      }
      payload.remove_prefix(tag->size);
      continue;
    }
    const auto* const entity = std::ranges::find_if(
        kEntities, [&](const auto& known) { return payload.starts_with(known.first); });
    const bool is_entity = entity != kEntities.end();
    writer.Text(is_entity ? entity->second : payload.substr(0, 1));
    payload.remove_prefix(is_entity ? entity->first.size() : 1);
  }
  const std::string text = WithoutEmptyLines(std::move(writer).Finish());
  return SaysSomething(text) ? text : "";
}

}  // namespace tritontube::timed_text
