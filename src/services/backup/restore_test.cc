#include "services/backup/restore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/catalog/codec.h"
#include "support/backup_records.h"
#include "support/platform.h"

namespace tritontube::backup {
namespace {

using support::MemoryBackup;
using testing::ElementsAre;
using testing::HasSubstr;

VideoId Video() { return *VideoId::Parse("videovideo0"); }
UploadId Upload() { return *UploadId::Parse("uploadload0"); }

catalog::VideoRow Row(std::string title = "kept") {
  return {.id = Video(),
          .upload = Upload(),
          .title = std::move(title),
          .created = WallTime(std::chrono::milliseconds(5)),
          .source = catalog::SourceFile{.size = 5, .part_count = 1}};
}

archive::Video VideoRecord(const catalog::VideoRow& row) { return {row.id, catalog::Encode(row)}; }

std::vector<archive::Record> Stream() {
  return {VideoRecord(Row()), archive::Upload{Video(), Upload()},
          archive::Blob{"source-000000", blob::Bytes("bytes")}, archive::Stored{1, 5},
          archive::End{7, 1}};
}

class RestoreTest : public support::Platform {
 protected:
  Result<RestoreReport> Restore(const MemoryBackup& backup) {
    Restorer restorer(catalog_, store_, [this](const RestoreReport&) { ++told_; });
    return Value(restorer.Restore(backup));
  }
  std::string OneProblem(const MemoryBackup& backup) {
    const auto report = Restore(backup);
    EXPECT_TRUE(report.has_value()) << report.error().message();
    if (!report || report->problems.size() != 1) return "not one problem";
    EXPECT_EQ(report->video_count, 0U);
    EXPECT_TRUE(Listed().empty());
    return report->problems.front();
  }

  int told_ = 0;
};

TEST_F(RestoreTest, BringsBackRowsAndBlobs) {
  const auto report = Restore(MemoryBackup(Stream()));
  ASSERT_TRUE(report.has_value()) << report.error().message();
  EXPECT_EQ(report->video_count, 1U);
  EXPECT_EQ(report->blob_count, 1U);
  EXPECT_EQ(report->byte_count, 5U);
  EXPECT_TRUE(report->problems.empty());
  EXPECT_EQ(told_, 1);
  EXPECT_EQ(Found(Video()).row, Row());
  const auto bytes =
      Value(store_.GetWhole({Video(), Upload(), "source-000000"}, Deadline::Never()));
  ASSERT_TRUE(bytes.has_value());
  EXPECT_EQ(bytes->Flatten(), "bytes");
}

TEST_F(RestoreTest, TakesTheLastWordOnEveryVideo) {
  std::vector<archive::Record> stream = Stream();
  const VideoId other = VideoId::Generate(random_);
  catalog::VideoRow gone = Row();
  gone.id = other;
  stream.insert(stream.begin(), VideoRecord(Row("an older title")));
  stream.insert(stream.begin(), VideoRecord(gone));
  stream.insert(stream.begin() + 1, archive::Gone{other});
  const auto report = Restore(MemoryBackup(stream));
  ASSERT_TRUE(report.has_value()) << report.error().message();
  EXPECT_EQ(report->video_count, 1U);
  EXPECT_EQ(Found(Video()).row.title, "kept");
}

TEST_F(RestoreTest, PutsManyBlobsInBatches) {
  std::vector<archive::Record> stream = {VideoRecord(Row()), archive::Upload{Video(), Upload()}};
  for (int i = 0; i < 5; ++i) {
    stream.emplace_back(
        archive::Blob{fmt::format("source-{:06}", i), blob::Bytes(std::string(6U << 20U, 'x'))});
  }
  stream.emplace_back(archive::Stored{5, 30U << 20U});
  stream.emplace_back(archive::End{7, 1});
  ASSERT_TRUE(Restore(MemoryBackup(stream)).has_value());
  EXPECT_EQ(store_.blob_count(), 5U);
  EXPECT_EQ(store_.call_count(support::MemoryBlobStore::Operation::kPut), 3U);
}

TEST_F(RestoreTest, LeavesOutAVideoWhoseUploadIsNotWhole) {
  MemoryBackup missing(Stream());
  missing.uploads.clear();
  EXPECT_THAT(OneProblem(missing), HasSubstr("there is no such upload"));
  MemoryBackup cut(Stream());
  cut.uploads.begin()->second.pop_back();
  EXPECT_THAT(OneProblem(cut), HasSubstr("no end"));
  MemoryBackup incomplete(Stream());
  incomplete.uploads.begin()->second.back() = archive::Stored{2, 5};
  EXPECT_THAT(OneProblem(incomplete), HasSubstr("not complete"));
  MemoryBackup swapped(Stream());
  swapped.uploads.begin()->second.front() =
      archive::Upload{Video(), *UploadId::Parse("otherother0")};
  EXPECT_THAT(OneProblem(swapped), HasSubstr("another's"));
  MemoryBackup mixed(Stream());
  mixed.uploads.begin()->second[1] = archive::End{};
  EXPECT_THAT(OneProblem(mixed), HasSubstr("other things"));
}

TEST_F(RestoreTest, LeavesOutAVideoWhoseRowIsNotItsOwn) {
  MemoryBackup backup(Stream());
  catalog::VideoRow other = Row();
  other.id = VideoId::Generate(random_);
  backup.videos.front() = archive::Video{Video(), catalog::Encode(other)};
  EXPECT_THAT(OneProblem(backup), HasSubstr("another video's"));
}

TEST_F(RestoreTest, RefusesAListThatIsNotWhole) {
  for (const int broken : {0, 1, 2}) {
    MemoryBackup backup(Stream());
    if (broken == 0) backup.videos.pop_back();
    if (broken == 1) backup.videos.back() = archive::End{7, 2};
    if (broken == 2) backup.videos.front() = archive::Stored{};
    const auto report = Restore(backup);
    ASSERT_FALSE(report.has_value()) << broken;
    EXPECT_EQ(report.error().code(), ErrorCode::kCorrupt);
  }
}

TEST_F(RestoreTest, StopsWhenAStoreFails) {
  store_.SetFull(true);
  const auto full = Restore(MemoryBackup(Stream()));
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().code(), ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace tritontube::backup
