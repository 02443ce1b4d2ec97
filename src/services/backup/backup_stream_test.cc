#include "services/backup/backup_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/catalog/codec.h"
#include "domain/catalog/keys.h"
#include "support/backup_records.h"
#include "support/platform.h"

namespace tritontube::backup {
namespace {

using archive::Record;
using support::MemoryBlobStore;
using testing::ElementsAre;

// What stands in a stream, in words.
std::vector<std::string> Words(const std::vector<Record>& records) {
  struct {
    std::string operator()(const archive::Video& video) const { return "video " + video.id.text(); }
    std::string operator()(const archive::Gone& gone) const {
      return "gone " + gone.id.text() + (gone.problem.empty() ? "" : ": " + gone.problem);
    }
    std::string operator()(const archive::Upload& upload) const {
      return "upload " + upload.upload.text();
    }
    std::string operator()(const archive::Blob& blob) const {
      return blob.file + "=" + blob.bytes.Flatten();
    }
    std::string operator()(const archive::Stored& stored) const {
      return fmt::format("stored {}", stored.blob_count);
    }
    std::string operator()(const archive::End& end) const {
      return fmt::format("end {}", end.video_count);
    }
  } words;
  std::vector<std::string> text;
  text.reserve(records.size());
  for (const Record& record : records) text.push_back(std::visit(words, record));
  return text;
}

class BackupStreamTest : public support::Platform {
 protected:
  using Step = std::function<void(const std::string& piece)>;

  // Reads a backup to its end; `step` is called after every piece.
  Result<std::vector<Record>> Read(std::set<UploadId> have = {}, const Step& step = {}) {
    BackupStream stream({catalog_, coordination_, store_}, std::move(have));
    std::string bytes;
    for (;;) {
      TT_ASSIGN_OR_RETURN(const std::optional<blob::Bytes> piece, Value(stream.Next()));
      if (!piece) return support::RecordsIn(bytes);
      bytes += piece->Flatten();
      if (step) step(piece->Flatten());
    }
  }
  std::vector<std::string> ReadWords(std::set<UploadId> have = {}, const Step& step = {}) {
    const auto records = Read(std::move(have), step);
    EXPECT_TRUE(records.has_value()) << records.error().message();
    return records ? Words(*records) : std::vector<std::string>();
  }

  void Delete(const VideoId& id) {
    const auto leftovers = Value(catalog_.Delete(id, Deadline::Never()));
    ASSERT_TRUE(leftovers.has_value());
    for (const UploadId& upload : leftovers->uploads) {
      ASSERT_TRUE(Value(store_.RemoveUpload(id, upload, Deadline::Never())).has_value());
    }
  }
  // As a worker would whose work ends during the backup.
  UploadId Publish(const VideoId& id) {
    const UploadId output = UploadId::Generate(random_);
    catalog::VideoRow row = Found(id).row;
    row.presentation = catalog::StoredPresentation{.output = output};
    std::vector<blob::Blob> batch;
    batch.push_back({.key = {id, output, "presentation.json"}, .bytes = blob::Bytes("made")});
    EXPECT_TRUE(Value(store_.Put(std::move(batch), Deadline::Never())).has_value());
    EXPECT_TRUE(Value(coordination_.Commit({.compares = {},
                                            .then = {coordination::Operation::Put(
                                                catalog::RowKey(id), catalog::Encode(row))}},
                                           Deadline::Never()))
                    .has_value());
    return output;
  }
  VideoId Uploading() {
    const VideoId id = VideoId::Generate(random_);
    EXPECT_TRUE(Value(catalog_.Create({.id = id,
                                       .upload = UploadId::Generate(random_),
                                       .title = "coming",
                                       .created = clock_.WallNow()},
                                      lease_.lease(), Deadline::Never()))
                    .has_value());
    return id;
  }
};

TEST_F(BackupStreamTest, HoldsEveryVideoWithAllItsBlobs) {
  const VideoId id = CommittedVideo();
  const UploadId original = Found(id).row.upload;
  const UploadId output = Publish(id);
  EXPECT_THAT(ReadWords(),
              ElementsAre("video " + id.text(), "upload " + original.text(),
                          "source-000000=the original", "stored 1", "upload " + output.text(),
                          "presentation.json=made", "stored 1", "end 1"));
}

TEST_F(BackupStreamTest, OfNothingHasAnEnd) { EXPECT_THAT(ReadWords(), ElementsAre("end 0")); }

TEST_F(BackupStreamTest, LeavesOutWhatIsStillBeingUploaded) {
  Uploading();
  EXPECT_THAT(ReadWords(), ElementsAre("end 0"));
}

TEST_F(BackupStreamTest, HoldsAVideoThatFailedBeforeItsLastByteByItsRowAlone) {
  const VideoId id = Uploading();
  ASSERT_TRUE(
      Value(catalog_.FailUpload(id, Found(id).row.upload, {"code", "Why."}, Deadline::Never()))
          .has_value());
  EXPECT_THAT(ReadWords(), ElementsAre("video " + id.text(), "end 1"));
}

TEST_F(BackupStreamTest, SendsNoUploadThatTheReaderHas) {
  const VideoId id = CommittedVideo();
  const UploadId original = Found(id).row.upload;
  EXPECT_THAT(ReadWords({original}), ElementsAre("video " + id.text(), "end 1"));
  EXPECT_EQ(store_.call_count(MemoryBlobStore::Operation::kGet), 0U);
}

TEST_F(BackupStreamTest, TakesOutAVideoThatIsDeletedBeforeItsBlobsAreRead) {
  const VideoId id = CommittedVideo();
  const auto words = ReadWords({}, [&](const std::string& piece) {
    if (piece.starts_with("video ")) Delete(id);
  });
  ASSERT_FALSE(words.empty());
  EXPECT_EQ(words[words.size() - 2], "gone " + id.text());
  EXPECT_EQ(words.back(), "end 0");
}

TEST_F(BackupStreamTest, TakesOutAVideoThatIsDeletedWhileItsBlobsAreRead) {
  const VideoId id = CommittedVideo();
  for (const std::string_view last : {"upload ", "blob ", "stored "}) {
    const VideoId victim = CommittedVideo();
    const auto words = ReadWords({Found(id).row.upload}, [&](const std::string& piece) {
      if (piece.starts_with(last)) Delete(victim);
    });
    EXPECT_EQ(words[words.size() - 2], "gone " + victim.text()) << last;
    EXPECT_EQ(words.back(), "end 1") << last;
  }
}

TEST_F(BackupStreamTest, TellsAVideoAnewWhoseUploadsChangeMeanwhile) {
  const VideoId id = CommittedVideo();
  const UploadId original = Found(id).row.upload;
  std::optional<UploadId> output;
  const auto words = ReadWords({}, [&](const std::string& piece) {
    if (piece.starts_with("blob source") && !output) output = Publish(id);
  });
  EXPECT_THAT(words, ElementsAre("video " + id.text(), "upload " + original.text(),
                                 "source-000000=the original", "stored 1", "video " + id.text(),
                                 "upload " + output->text(), "presentation.json=made", "stored 1",
                                 "end 1"));
}

TEST_F(BackupStreamTest, LeavesOutAVideoThatNeverStandsStill) {
  const VideoId id = CommittedVideo();
  const auto words = ReadWords({}, [&](const std::string& piece) {
    if (piece.starts_with("blob ")) Publish(id);
  });
  EXPECT_EQ(words[words.size() - 2], "gone " + id.text() + ": it changed all the time");
  EXPECT_EQ(words.back(), "end 0");
}

TEST_F(BackupStreamTest, LeavesOutADamagedVideoWithAReasonAndGoesOn) {
  const VideoId sound = CommittedVideo();
  const VideoId damaged = CommittedVideo();
  store_.Corrupt({damaged, Found(damaged).row.upload, "source-000000"});
  const auto words = ReadWords();
  EXPECT_THAT(words, testing::Contains(testing::StartsWith("gone " + damaged.text() + ": ")));
  EXPECT_THAT(words, testing::Contains("upload " + Found(sound).row.upload.text()));
  EXPECT_EQ(words.back(), "end 1");
}

TEST_F(BackupStreamTest, LeavesOutAVideoOfWhichBytesAreLostWithoutATrace) {
  const VideoId id = CommittedVideo();
  ASSERT_TRUE(Value(store_.RemoveUpload(id, Found(id).row.upload, Deadline::Never())).has_value());
  EXPECT_THAT(ReadWords(), testing::Contains("gone " + id.text() +
                                             ": 0 of the 12 bytes of its original are stored"));
}

TEST_F(BackupStreamTest, LeavesOutARowThatCannotBeReadWithAReason) {
  const VideoId id = CommittedVideo();
  ASSERT_TRUE(
      Value(coordination_.Commit(
                {.compares = {}, .then = {coordination::Operation::Put(catalog::RowKey(id), "{}")}},
                Deadline::Never()))
          .has_value());
  EXPECT_THAT(ReadWords(), ElementsAre(testing::StartsWith("gone " + id.text() + ": "), "end 0"));
}

TEST_F(BackupStreamTest, EndsWithoutAnEndWhenAStoreDoesNotAnswer) {
  CommittedVideo();
  store_.FailNext(MemoryBlobStore::Operation::kGet, Error(ErrorCode::kUnavailable, "no disk"));
  EXPECT_EQ(Read().error().code(), ErrorCode::kUnavailable);
  coordination_.AddFault(coordination::Call::kRange,
                         coordination::Fault::Error(ErrorCode::kUnavailable));
  EXPECT_EQ(Read().error().code(), ErrorCode::kUnavailable);
}

// More rows than a page has: what changes between two pages is in, and of one moment.
class RowSnapshotTest : public BackupStreamTest {
 protected:
  static constexpr int kCount = 501;

  std::vector<VideoId> ManyVideos() {
    std::vector<VideoId> ids;
    ids.reserve(kCount);
    for (int i = 0; i < kCount; ++i) ids.push_back(CommittedVideo());
    std::ranges::sort(ids);
    return ids;
  }
  // The videos of a snapshot, between whose two pages `meanwhile` happens.
  std::set<VideoId> Videos(RowSnapshot& snapshot, const std::function<void()>& meanwhile) {
    std::set<VideoId> videos;
    bool first = true;
    while (!snapshot.complete()) {
      const auto records = Value(snapshot.Next(Deadline::Never()));
      EXPECT_TRUE(records.has_value());
      for (const Record& record : *records) {
        if (const auto* const video = std::get_if<archive::Video>(&record))
          videos.insert(video->id);
        if (const auto* const gone = std::get_if<archive::Gone>(&record)) videos.erase(gone->id);
      }
      if (std::exchange(first, false)) meanwhile();
    }
    EXPECT_EQ(videos.size(), snapshot.videos().size());
    return videos;
  }
};

TEST_F(RowSnapshotTest, IsOfOneMomentThoughItIsReadInPages) {
  const std::vector<VideoId> ids = ManyVideos();
  RowSnapshot snapshot(coordination_);
  std::optional<VideoId> created;
  const std::set<VideoId> videos = Videos(snapshot, [&] {
    Delete(ids.front());
    created = CommittedVideo();
  });
  EXPECT_FALSE(videos.contains(ids.front()));
  EXPECT_TRUE(videos.contains(ids.back()));
  EXPECT_TRUE(videos.contains(*created));
  EXPECT_EQ(videos.size(), static_cast<std::size_t>(kCount));
}

TEST_F(RowSnapshotTest, LeavesWhatHappensAfterItsMomentToTheNextOne) {
  const VideoId id = CommittedVideo();
  RowSnapshot snapshot(coordination_);
  std::optional<VideoId> later;
  const std::set<VideoId> videos = Videos(snapshot, [&] {
    later = CommittedVideo();
    Delete(id);
  });
  EXPECT_EQ(videos, std::set<VideoId>{id});
}

TEST_F(RowSnapshotTest, AsksToBeginAgainWhenTheHistoryIsGone) {
  ManyVideos();
  RowSnapshot snapshot(coordination_);
  ASSERT_TRUE(Value(snapshot.Next(Deadline::Never())).has_value());
  Delete(CommittedVideo());
  coordination_.ForgetHistory();
  ASSERT_TRUE(Value(snapshot.Next(Deadline::Never())).has_value());
  const auto changes = Value(snapshot.Next(Deadline::Never()));
  ASSERT_FALSE(changes.has_value());
  EXPECT_EQ(changes.error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace tritontube::backup
