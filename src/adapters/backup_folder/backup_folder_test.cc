#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "adapters/backup_folder/backup_writer.h"
#include "adapters/backup_folder/folder_backup.h"
#include "domain/catalog/codec.h"
#include "support/temporary_folder.h"

namespace tritontube::backup_folder {
namespace {

namespace fs = std::filesystem;
using archive::Record;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

VideoId Video(int number = 1) { return *VideoId::Parse(fmt::format("video-{:05}", number)); }
UploadId Upload(int number = 1) { return *UploadId::Parse(fmt::format("uplod-{:05}", number)); }
UploadName Name(int number = 1) { return {Video(number), Upload(number)}; }

archive::Video VideoRecord(int number = 1) {
  const catalog::VideoRow row{.id = Video(number),
                              .upload = Upload(number),
                              .title = "a",
                              .created = {},
                              .source = catalog::SourceFile{.size = 5, .part_count = 1}};
  return {row.id, catalog::Encode(row)};
}

std::vector<Record> UploadRecords(int number = 1) {
  return {archive::Upload{Video(number), Upload(number)},
          archive::Blob{"source-000000", blob::Bytes("bytes")}, archive::Stored{1, 5}};
}

class BackupFolder : public testing::Test {
 protected:
  BackupWriter Open() {
    auto writer = BackupWriter::Open(path_);
    EXPECT_TRUE(writer.has_value()) << writer.error().message();
    return *std::move(writer);
  }
  static Result<void> Take(BackupWriter& writer, const std::vector<Record>& records) {
    for (const Record& record : records) TT_RETURN_IF_ERROR(writer.Take(record));
    return {};
  }
  // A backup of the videos of these numbers; uploads that are there are not sent.
  Result<BackupSummary> Backup(std::initializer_list<int> numbers) {
    BackupWriter writer = Open();
    for (const int number : numbers) TT_RETURN_IF_ERROR(writer.Take(VideoRecord(number)));
    for (const int number : numbers) {
      if (writer.uploads().contains(Name(number))) continue;
      TT_RETURN_IF_ERROR(Take(writer, UploadRecords(number)));
    }
    TT_RETURN_IF_ERROR(writer.Take(archive::End{1, numbers.size()}));
    return writer.Finish();
  }
  std::vector<std::string> VideosInBackup() {
    std::vector<std::string> videos;
    const auto backup = FolderBackup::Open(path_);
    if (!backup) return {backup.error().message()};
    const auto list = backup->OpenVideos();
    for (auto record = (*list)->Next(); record && *record; record = (*list)->Next()) {
      if (const auto* video = std::get_if<archive::Video>(&**record)) {
        videos.push_back(video->id.text());
      }
    }
    return videos;
  }
  std::vector<std::string> Files() {
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(path_ / "uploads")) {
      files.push_back(entry.path().filename());
    }
    return files;
  }

  support::TemporaryFolder temp_;
  fs::path path_ = temp_.path() / "new" / "backup";
};

TEST_F(BackupFolder, GivesBackWhatWasWritten) {
  const auto summary = Backup({1});
  ASSERT_TRUE(summary.has_value()) << summary.error().message();
  EXPECT_EQ(summary->video_count, 1U);
  EXPECT_EQ(summary->new_upload_count, 1U);
  EXPECT_EQ(summary->new_byte_count, 5U);
  EXPECT_THAT(VideosInBackup(), ElementsAre("video-00001"));
  const auto source = FolderBackup::Open(path_)->OpenUpload(Video(), Upload());
  ASSERT_TRUE(source.has_value());
  EXPECT_TRUE(std::holds_alternative<archive::Upload>(**(*source)->Next()));
  EXPECT_EQ(std::get<archive::Blob>(**(*source)->Next()).bytes.Flatten(), "bytes");
  EXPECT_TRUE(std::holds_alternative<archive::Stored>(**(*source)->Next()));
  EXPECT_FALSE((*source)->Next()->has_value());
}

TEST_F(BackupFolder, TakesOnlyWhatIsNewAndRemovesWhatNoVideoNames) {
  ASSERT_TRUE(Backup({1, 2}).has_value());
  const auto summary = Backup({2, 3});
  ASSERT_TRUE(summary.has_value()) << summary.error().message();
  EXPECT_EQ(summary->new_upload_count, 1U);
  EXPECT_EQ(summary->removed_upload_count, 1U);
  EXPECT_THAT(VideosInBackup(), ElementsAre("video-00002", "video-00003"));
  EXPECT_THAT(Files(), UnorderedElementsAre("video-00002.uplod-00002", "video-00003.uplod-00003"));
}

TEST_F(BackupFolder, IsTheEarlierBackupUntilTheNewOneIsWhole) {
  ASSERT_TRUE(Backup({1}).has_value());
  {
    BackupWriter writer = Open();
    ASSERT_TRUE(Take(writer, {VideoRecord(1), VideoRecord(2)}).has_value());
    ASSERT_TRUE(Take(writer, UploadRecords(2)).has_value());
    ASSERT_TRUE(writer.Take(archive::Upload{Video(3), Upload(3)}).has_value());
    EXPECT_EQ(writer.Finish().error().code(), ErrorCode::kDataLoss);
  }
  EXPECT_THAT(VideosInBackup(), ElementsAre("video-00001"));
  // What came whole need not come again; what did not is gone.
  EXPECT_THAT(Open().uploads(), ElementsAre(Name(1), Name(2)));
  EXPECT_THAT(Files(), UnorderedElementsAre("video-00001.uplod-00001", "video-00002.uplod-00002"));
}

TEST_F(BackupFolder, LeavesOutWhatIsGoneAndSaysWhatIsDamaged) {
  BackupWriter writer = Open();
  ASSERT_TRUE(Take(writer, {VideoRecord(1), VideoRecord(2)}).has_value());
  ASSERT_TRUE(writer.Take(archive::Upload{Video(1), Upload(1)}).has_value());
  ASSERT_TRUE(Take(writer, {archive::Gone{Video(1), "its bytes are damaged"},
                            archive::Gone{Video(2)}, archive::End{1, 0}})
                  .has_value());
  const auto summary = writer.Finish();
  ASSERT_TRUE(summary.has_value()) << summary.error().message();
  EXPECT_EQ(summary->video_count, 0U);
  EXPECT_THAT(summary->left_out, ElementsAre("video video-00001: its bytes are damaged"));
}

TEST_F(BackupFolder, RefusesRecordsOutOfPlace) {
  const std::vector<std::vector<Record>> streams = {
      {archive::Blob{"a", {}}},
      {archive::Stored{}},
      {archive::Upload{Video(), Upload()}, archive::Stored{1, 0}},
      {archive::End{1, 1}},
      {archive::End{1, 0}, archive::End{1, 0}},
      {archive::Video{Video(), "{}"}}};
  for (const std::vector<Record>& stream : streams) {
    BackupWriter writer = Open();
    const auto taken = Take(writer, stream);
    ASSERT_FALSE(taken.has_value());
    EXPECT_EQ(taken.error().code(), ErrorCode::kCorrupt);
  }
  BackupWriter writer = Open();
  ASSERT_TRUE(Take(writer, {VideoRecord(1), archive::End{1, 1}}).has_value());
  EXPECT_EQ(writer.Finish().error().code(), ErrorCode::kCorrupt);
}

TEST_F(BackupFolder, KeepsTheBackupOfAServerThatHasLostEverything) {
  ASSERT_TRUE(Backup({1}).has_value());
  for (const auto& numbers : {std::initializer_list<int>{}, std::initializer_list<int>{2}}) {
    const auto other = Backup(numbers);
    ASSERT_FALSE(other.has_value());
    EXPECT_EQ(other.error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_THAT(other.error().message(), HasSubstr("name another folder"));
    EXPECT_THAT(VideosInBackup(), ElementsAre("video-00001"));
    EXPECT_THAT(Files(), testing::Contains("video-00001.uplod-00001"));
  }
}

TEST_F(BackupFolder, RefusesAFolderWithOtherThings) {
  fs::create_directories(path_);
  std::ofstream(path_ / "diary.txt") << "mine";
  const auto writer = BackupWriter::Open(path_);
  ASSERT_FALSE(writer.has_value());
  EXPECT_EQ(writer.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(writer.error().message(), HasSubstr(path_.string()));
}

TEST_F(BackupFolder, IsWrittenByOneAtATime) {
  const BackupWriter writer = Open();
  const auto second = BackupWriter::Open(path_);
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error().message(), HasSubstr("another TritonTube is at work"));
}

TEST_F(BackupFolder, NoticesFilesThatAreDamagedOrCutOff) {
  ASSERT_TRUE(Backup({1}).has_value());
  EXPECT_EQ(FolderBackup::Open(temp_.path()).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(FolderBackup::Open(path_)->OpenUpload(Video(2), Upload(2)).error().code(),
            ErrorCode::kNotFound);
  const fs::path file = path_ / "uploads" / "video-00001.uplod-00001";
  fs::resize_file(file, fs::file_size(file) - 1);
  const auto source = *FolderBackup::Open(path_)->OpenUpload(Video(), Upload());
  Result<std::optional<Record>> record = source->Next();
  while (record && *record) record = source->Next();
  ASSERT_FALSE(record.has_value());
  EXPECT_EQ(record.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(record.error().message(), HasSubstr(file.string()));
}

}  // namespace
}  // namespace tritontube::backup_folder
