#include "services/scratch/scratch_space.h"

#include <gtest/gtest.h>

#include <fstream>

#include "foundation/async/io_pool.h"
#include "support/memory_blob_store.h"
#include "support/temporary_folder.h"

namespace tritontube::scratch {
namespace {

using support::TextOf;

constexpr ByteCount kSize = 3'000'000;

class ScratchSpaceTest : public testing::Test {
 protected:
  void SetUp() override { async::BlockOn(io_.executor(0), StoreSource()); }

  std::unique_ptr<ScratchSpace> Open(ByteCount capacity_bytes = 10'000'000) {
    auto space = ScratchSpace::Open(temp_.path() / "scratch", capacity_bytes, blocking_);
    EXPECT_TRUE(space.has_value());
    return *std::move(space);
  }

  async::Task<void> StoreSource() {
    std::vector<blob::Blob> batch;
    batch.push_back({.key = {source_.video, source_.upload, sources::PartFileName(0)},
                     .bytes = blob::Bytes(std::string(kSize, 'x'))});
    const auto stored = co_await store_.Put(std::move(batch), Deadline::Never());
    EXPECT_TRUE(stored.has_value());
  }

  Result<std::filesystem::path> Copy(ScratchSpace& space, ScratchFolder& folder) {
    return async::BlockOn(io_.executor(0),
                          space.CopySource(folder, "source", store_, source_, Deadline::Never()));
  }

  support::TemporaryFolder temp_;
  async::IoPool io_{1};
  async::BlockingPool blocking_{1, 16};
  support::MemoryBlobStore store_;
  SeededRandom random_{1};
  sources::SourceKey source_{VideoId::Generate(random_), UploadId::Generate(random_), kSize};
};

TEST_F(ScratchSpaceTest, HoldsACopyForAsLongAsItsFolderLives) {
  const auto space = Open();
  std::filesystem::path file;
  {
    auto folder = space->NewFolder();
    ASSERT_TRUE(folder.has_value());
    file = Copy(*space, *folder).value();
    EXPECT_EQ(TextOf(file), std::string(kSize, 'x'));
    EXPECT_EQ(space->reserved_bytes(), kSize);
  }
  EXPECT_FALSE(std::filesystem::exists(file.parent_path()));
  EXPECT_EQ(space->reserved_bytes(), 0U);
}

TEST_F(ScratchSpaceTest, RefusesWhatItHasNoRoomForAndTakesItLater) {
  const auto space = Open(kSize + 1);
  auto second = space->NewFolder();
  {
    auto first = space->NewFolder();
    ASSERT_TRUE(Copy(*space, *first).has_value());
    EXPECT_EQ(Copy(*space, *second).error().code(), ErrorCode::kResourceExhausted);
  }
  EXPECT_TRUE(Copy(*space, *second).has_value());
}

TEST_F(ScratchSpaceTest, RemovesWhatADeadProcessLeft) {
  std::filesystem::create_directories(temp_.path() / "scratch" / "000007");
  std::ofstream(temp_.path() / "scratch" / "000007" / "source") << "left over";
  const auto space = Open();
  EXPECT_TRUE(std::filesystem::is_empty(temp_.path() / "scratch"));
}

TEST_F(ScratchSpaceTest, SaysWhichFolderItCannotUse) {
  std::ofstream(temp_.path() / "file") << "in the way";
  const auto space = ScratchSpace::Open(temp_.path() / "file" / "scratch", 1, blocking_);
  ASSERT_FALSE(space.has_value());
  EXPECT_NE(space.error().message().find("scratch"), std::string::npos);
}

TEST_F(ScratchSpaceTest, PassesOnThatAPartIsMissing) {
  const auto space = Open();
  auto folder = space->NewFolder();
  store_.FailNext(support::MemoryBlobStore::Operation::kGet,
                  Error(ErrorCode::kNotFound, "no such blob"));
  EXPECT_EQ(Copy(*space, *folder).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace tritontube::scratch
