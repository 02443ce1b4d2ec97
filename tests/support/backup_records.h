#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/archive/record_reader.h"
#include "domain/archive/saved_backup.h"

namespace tritontube::support {

// The records in the bytes of a stream or a file.
inline Result<std::vector<archive::Record>> RecordsIn(std::string_view bytes) {
  archive::RecordReader reader;
  reader.Feed(bytes);
  std::vector<archive::Record> records;
  for (;;) {
    TT_ASSIGN_OR_RETURN(std::optional<archive::Record> record, reader.Next());
    if (!record) return records;
    records.push_back(*std::move(record));
  }
}

// Records that are in memory.
class ListedRecords final : public archive::RecordSource {
 public:
  explicit ListedRecords(std::vector<archive::Record> records) : records_(std::move(records)) {}

  Result<std::optional<archive::Record>> Next() override {
    if (at_ == records_.size()) return std::nullopt;
    return records_[at_++];
  }

 private:
  const std::vector<archive::Record> records_;
  std::size_t at_ = 0;
};

// A backup in memory: what a folder would make of the records of a stream.
class MemoryBackup final : public archive::SavedBackup {
 public:
  explicit MemoryBackup(const std::vector<archive::Record>& stream) {
    std::optional<archive::Upload> open;
    for (const archive::Record& record : stream) {
      if (const auto* const upload = std::get_if<archive::Upload>(&record)) open = *upload;
      const bool of_upload = std::holds_alternative<archive::Upload>(record) ||
                             std::holds_alternative<archive::Blob>(record) ||
                             std::holds_alternative<archive::Stored>(record);
      (of_upload ? uploads[open->upload] : videos).push_back(record);
    }
  }

  Result<std::unique_ptr<archive::RecordSource>> OpenVideos() const override {
    return std::make_unique<ListedRecords>(videos);
  }
  Result<std::unique_ptr<archive::RecordSource>> OpenUpload(const VideoId& /*video*/,
                                                            const UploadId& upload) const override {
    const auto found = uploads.find(upload);
    if (found == uploads.end()) return Fail(ErrorCode::kNotFound, "there is no such upload");
    return std::make_unique<ListedRecords>(found->second);
  }

  std::vector<archive::Record> videos;
  std::map<UploadId, std::vector<archive::Record>> uploads;
};

}  // namespace tritontube::support
