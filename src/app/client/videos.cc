#include "app/client/videos.h"

#include "app/client/text.h"
#include "base/printable.h"

namespace tritontube::client {

using nlohmann::json;

namespace {

constexpr std::string_view kUnknown = "-";

std::string SizeOf(const json& video) {
  const json size = video.value("size_bytes", json());
  return size.is_number_unsigned() ? FormatBytes(size.get<ByteCount>()) : std::string(kUnknown);
}

std::string LengthOf(const json& video) {
  const json seconds = video.value("duration_seconds", json());
  if (!seconds.is_number()) return std::string(kUnknown);
  return FormatDuration(std::chrono::seconds(static_cast<std::int64_t>(seconds.get<double>())));
}

// How far a video is that is neither ready nor failed.
std::string StateOf(const json& video) {
  std::string state = TextOf(video, "state");
  const json progress = video.value("progress", json());
  if (state == "ready" || state == "failed" || !progress.is_number()) return state;
  return fmt::format("{} {:.0f}%", state, progress.get<double>() * 100);
}

std::string TableLine(const json& video) {
  return fmt::format("{}  {:<15} {:>9} {:>10}  {}", TextOf(video, "id"), StateOf(video),
                     LengthOf(video), SizeOf(video), Printable(TextOf(video, "title")));
}

std::string RenditionsOf(const json& video) {
  std::string text;
  for (const json& rendition : video.value("renditions", json::array())) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", TextOf(rendition, "id"),
                        TextOf(rendition, "state"));
  }
  return text;
}

void PrintField(Terminal& terminal, std::string_view name, const std::string& value) {
  if (!value.empty()) terminal.Result(fmt::format("{:<12} {}", name, Printable(value)));
}

void PrintVideo(const Context& context, const json& video) {
  Terminal& terminal = context.terminal;
  const json urls = video.value("urls", json::object());
  const json error = video.value("error", json());
  PrintField(terminal, "id", TextOf(video, "id"));
  PrintField(terminal, "title", TextOf(video, "title"));
  PrintField(terminal, "description", TextOf(video, "description"));
  PrintField(terminal, "state", StateOf(video));
  PrintField(terminal, "error", TextOf(error, "message"));
  PrintField(terminal, "created", TextOf(video, "created_at"));
  PrintField(terminal, "length", LengthOf(video));
  PrintField(terminal, "size", SizeOf(video));
  const json width = video.value("width", json());
  const json height = video.value("height", json());
  if (width.is_number_integer() && height.is_number_integer()) {
    PrintField(terminal, "picture",
               fmt::format("{}x{}", width.get<std::int64_t>(), height.get<std::int64_t>()));
  }
  PrintField(terminal, "renditions", RenditionsOf(video));
  for (const char* name : {"watch", "dash", "hls", "original"}) {
    const std::string path = TextOf(urls, name);
    if (!path.empty()) PrintField(terminal, name, context.server + path);
  }
}

}  // namespace

Result<void> List(Context& context, const std::string& q) {
  return ForEachVideo(context.http, q, [&context](const json& video) {
    context.terminal.Result(context.json ? JsonLine(video) : TableLine(video));
  });
}

Result<void> Show(Context& context, const std::string& id) {
  TT_ASSIGN_OR_RETURN(const json video, GetVideo(context.http, id));
  if (context.json) {
    context.terminal.Result(JsonLine(video));
  } else {
    PrintVideo(context, video);
  }
  return {};
}

Result<void> Delete(Context& context, const std::vector<std::string>& ids) {
  std::size_t failed_count = 0;
  for (const std::string& id : ids) {
    const Result<void> deleted = DeleteVideo(context.http, id);
    if (!deleted && deleted.error().code() == ErrorCode::kCancelled) return deleted;
    if (!deleted) {
      ++failed_count;
      context.terminal.Note(fmt::format("{}: {}", Printable(id), deleted.error().message()));
    }
    if (context.json) {
      context.terminal.Result(JsonLine(
          deleted ? json{{"id", id}, {"deleted", true}}
                  : json{{"id", id}, {"deleted", false}, {"error", ErrorJson(deleted.error())}}));
    } else if (deleted) {
      context.terminal.Result("deleted " + id);
    }
  }
  return FailedOf(failed_count, ids.size(), "deletions");
}

}  // namespace tritontube::client
