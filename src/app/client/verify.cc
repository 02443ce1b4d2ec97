#include "app/client/verify.h"

#include "app/client/meter.h"
#include "app/client/text.h"
#include "base/printable.h"

namespace tritontube::client {

using nlohmann::json;

namespace {

ByteCount NumberIn(const json& line, const char* name) {
  const json number = line.value(name, json());
  return number.is_number_unsigned() ? number.get<ByteCount>() : 0;
}

// The lines of the server's answer: progress, and one of the end.
class Lines {
 public:
  explicit Lines(Terminal& terminal) : terminal_(terminal) {}

  Result<void> Take(std::string_view bytes) {
    text_ += bytes;
    for (std::size_t end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
      TT_ASSIGN_OR_RETURN(json line, ParseJson(std::string_view(text_).substr(0, end)));
      text_.erase(0, end + 1);
      if (line.contains("corrupt") || line.contains("error")) {
        last_ = std::move(line);
      } else {
        Show(line);
      }
    }
    if (text_.size() <= http_client::kAnswerBytesMax) return {};
    return Fail(ErrorCode::kUnknown, "the answer cannot be understood");
  }
  // Nothing when the answer broke off.
  const std::optional<json>& last() const { return last_; }

 private:
  void Show(const json& line) {
    const auto now = Meter::Time::clock::now();
    if (!terminal_.WantsProgress(now)) return;
    meter_.Update(NumberIn(line, "checked_bytes"), now);
    terminal_.Progress(meter_.Line("verifying", NumberIn(line, "total_bytes")));
  }

  Terminal& terminal_;
  Meter meter_;
  std::string text_;
  std::optional<json> last_;
};

void PrintDamage(Terminal& terminal, const json& list, std::string_view what) {
  for (const json& damage : list) {
    terminal.Result(Printable(fmt::format("video {}: {} {}: {}", TextOf(damage, "video"),
                                          TextOf(damage, "file"), what, TextOf(damage, "reason"))));
  }
}

}  // namespace

Result<void> Verify(Context& context, const std::string& id) {
  if (!id.empty()) TT_RETURN_IF_ERROR(VideoPath(id));
  Lines lines(context.terminal);
  const std::string query = id.empty() ? "" : "?video=" + id;
  TT_ASSIGN_OR_RETURN(
      http_client::Answer answer,
      context.http.Send({.method = "POST",
                         .path = "/api/v1/verification" + query,
                         .sink = [&](std::string_view bytes) { return lines.Take(bytes); }}));
  context.terminal.EndProgress();
  TT_RETURN_IF_ERROR(http_client::Check(std::move(answer)));
  const std::optional<json>& summary = lines.last();
  if (!summary) return Fail(ErrorCode::kUnavailable, "the server broke off: verify again");
  if (context.json) context.terminal.Result(JsonLine(*summary));
  if (summary->contains("error")) {
    return Fail(ErrorCode::kUnavailable, "{}", TextOf(summary->value("error", json()), "message"));
  }
  const json rows = summary->value("metadata", json::array());
  const ByteCount damaged = NumberIn(*summary, "damaged_blobs");
  if (!context.json) {
    PrintDamage(context.terminal, summary->value("corrupt", json::array()), "is damaged");
    PrintDamage(context.terminal, summary->value("missing", json::array()), "is missing");
    for (const json& row : rows) {
      context.terminal.Result(fmt::format("metadata {} is damaged", TextOf(row, "key")));
    }
    context.terminal.Result(fmt::format("checked {} files, {}: {} damaged",
                                        NumberIn(*summary, "checked_blobs"),
                                        FormatBytes(NumberIn(*summary, "checked_bytes")), damaged));
  }
  if (!rows.empty()) {
    return Fail(ErrorCode::kCorrupt,
                "{} rows of the metadata and {} files are damaged: look at the disk and restore a "
                "backup",
                rows.size(), damaged);
  }
  if (damaged == 0) return {};
  return Fail(ErrorCode::kCorrupt,
              "{} files are damaged: look at the disk, and upload those videos again or restore a "
              "backup",
              damaged);
}

}  // namespace tritontube::client
