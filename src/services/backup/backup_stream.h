#pragma once

#include <deque>
#include <optional>
#include <set>

#include "domain/catalog/catalog.h"
#include "services/backup/row_snapshot.h"
#include "services/backup/upload_reader.h"

namespace tritontube::backup {

// What a backup is taken of.
struct Stores {
  catalog::Catalog& catalog;
  coordination::Coordination& coordination;
  blob::BlobStore& blobs;
};

// A consistent backup, made while it is read: first every video's row, all of
// one moment, then the blobs of every upload that the reader does not have yet,
// then the end.
//
// Nothing is locked, so the blobs of a video may vanish before they are read.
// Their row always goes first, though, so after the blobs the row is looked at
// again: a video that is gone is then taken out, and one that names other
// uploads now is told anew. Damaged blobs take their video out, with a message.
// So the reader has every video of the moment whole, or newer, or not at all.
//
// One caller at a time. An error ends it; the reader notices by the missing end.
class BackupStream {
 public:
  // `have` are the uploads that the reader has whole: uploads never change.
  BackupStream(const Stores& stores, std::set<UploadId> have)
      : stores_(stores), have_(std::move(have)), rows_(stores.coordination) {}

  // The next bytes, nothing at the end.
  async::Task<Result<std::optional<blob::Bytes>>> Next();

 private:
  // A video whose uploads are being sent.
  struct Current {
    VideoId id;
    Contents contents;
    std::deque<UploadId> missing;
    std::optional<UploadReader> reader;
    bool was_read = false;  // Its row must be looked at again.
    int changes = 0;
  };

  async::Task<Result<void>> AdvanceRows();
  async::Task<Result<void>> AdvanceVideo();
  async::Task<Result<void>> SendNext();
  // The blobs have been read, or could not be, because of `problem`: does the
  // row still name them?
  async::Task<Result<void>> Settle(std::optional<std::string> problem);
  // What is to be sent of the current video.
  void Begin(Contents contents);
  std::optional<std::string> WhatIsMissing(const archive::Stored& stored) const;
  void Drop(std::string problem);
  void Emit(const archive::Record& record) { pending_.push_back(archive::Write(record)); }

  const Stores stores_;
  std::set<UploadId> have_;
  RowSnapshot rows_;
  std::deque<blob::Bytes> pending_;
  std::optional<Current> current_;
  std::uint64_t video_count_ = 0;  // Those that have been sent whole.
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace tritontube::backup
