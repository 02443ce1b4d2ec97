#include "app/client/backup.h"

#include "adapters/backup_folder/backup_writer.h"
#include "app/client/meter.h"
#include "app/client/text.h"
#include "base/printable.h"
#include "domain/archive/record_reader.h"

namespace tritontube::client {

using backup_folder::BackupSummary;
using backup_folder::BackupWriter;
using http_client::Transfer;

namespace {

std::string IdsOf(const std::set<backup_folder::UploadName>& uploads) {
  std::string text;
  for (const backup_folder::UploadName& name : uploads) text += name.second.text() + "\n";
  return text;
}

Result<void> TakeRecords(archive::RecordReader& reader, BackupWriter& writer) {
  for (;;) {
    TT_ASSIGN_OR_RETURN(const std::optional<archive::Record> record, reader.Next());
    if (!record) return {};
    TT_RETURN_IF_ERROR(writer.Take(*record));
  }
}

Result<void> Receive(Context& context, BackupWriter& writer) {
  archive::RecordReader reader;
  Meter meter;
  const auto show = [&](const Transfer& transfer) {
    const auto now = Meter::Time::clock::now();
    if (!context.terminal.WantsProgress(now)) return;
    meter.Update(transfer.received, now);
    context.terminal.Progress(meter.Line("backing up", std::nullopt));
  };
  TT_ASSIGN_OR_RETURN(http_client::Answer answer,
                      context.http.Send({.method = "POST",
                                         .path = "/api/v1/backup",
                                         .headers = {{"Content-Type", "text/plain"}},
                                         .body = IdsOf(writer.uploads()),
                                         .sink = [&](std::string_view bytes) -> Result<void> {
                                           reader.Feed(bytes);
                                           return TakeRecords(reader, writer);
                                         },
                                         .progress = show}));
  TT_RETURN_IF_ERROR(http_client::Check(std::move(answer)));
  return {};
}

void Print(const Context& context, const std::filesystem::path& folder,
           const BackupSummary& summary) {
  for (const std::string& problem : summary.left_out) context.terminal.Note(Printable(problem));
  context.terminal.Result(
      context.json ? JsonLine({{"folder", folder.string()},
                               {"videos", summary.video_count},
                               {"new_uploads", summary.new_upload_count},
                               {"new_bytes", summary.new_byte_count},
                               {"removed_uploads", summary.removed_upload_count},
                               {"left_out", summary.left_out}})
                   : fmt::format("{} videos are in {}; {} came anew", summary.video_count,
                                 folder.string(), FormatBytes(summary.new_byte_count)));
}

}  // namespace

Result<void> Backup(Context& context, const std::filesystem::path& folder) {
  TT_ASSIGN_OR_RETURN(BackupWriter writer, BackupWriter::Open(folder));
  const Result<void> received = Receive(context, writer);
  context.terminal.EndProgress();
  if (!received) {
    return Fail(received.error().code(),
                "{}; what was in {} before is as it was: start the backup again to go on",
                received.error().message(), folder.string());
  }
  TT_ASSIGN_OR_RETURN(const BackupSummary summary, writer.Finish());
  Print(context, folder, summary);
  if (summary.left_out.empty()) return {};
  return Fail(ErrorCode::kCorrupt,
              "{} videos are damaged on the server and not in the backup; all others are",
              summary.left_out.size());
}

}  // namespace tritontube::client
