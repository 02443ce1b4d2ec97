#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "adapters/local_files/files.h"
#include "adapters/local_files/output_file.h"
#include "support/temporary_folder.h"

namespace tritontube::local_files {
namespace {

std::string Content(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(text).str();
}

void Write(const std::filesystem::path& path, std::string_view bytes) {
  auto file = OutputFile::Create(path);
  ASSERT_TRUE(file.has_value()) << file.error().message();
  ASSERT_TRUE(file->Write(bytes).has_value());
  ASSERT_TRUE(file->Sync().has_value());
}

TEST(OutputFile, BeginsAnewOrGoesOn) {
  const support::TemporaryFolder folder;
  const auto path = folder.path() / "a";
  Write(path, "first");
  Write(path, "second");
  EXPECT_EQ(Content(path), "second");
  ASSERT_TRUE(OutputFile::Append(path)->Write(", third").has_value());
  EXPECT_EQ(Content(path), "second, third");
}

TEST(OutputFile, SaysWhichFileCannotBeWritten) {
  const auto missing = OutputFile::Create("/nowhere/at/all");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(missing.error().message().find("/nowhere/at/all"), std::string::npos);
  const auto full = OutputFile::Append("/dev/full")->Write("bytes");
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_NE(full.error().message().find("make room"), std::string::npos);
}

TEST(Rename, OverwritesOnlyWhenItIsAskedTo) {
  const support::TemporaryFolder folder;
  const auto from = folder.path() / "from";
  const auto to = folder.path() / "to";
  Write(from, "new");
  Write(to, "old");
  EXPECT_EQ(Rename(from, to, Overwrite::kNo).error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(Content(to), "old");
  EXPECT_TRUE(Rename(from, to, Overwrite::kYes).has_value());
  EXPECT_EQ(Content(to), "new");
  EXPECT_TRUE(Rename(to, from, Overwrite::kNo).has_value());
  EXPECT_TRUE(SyncFolder(folder.path()).has_value());
  EXPECT_EQ(SyncFolder(folder.path() / "none").error().code(), ErrorCode::kNotFound);
}

TEST(LockFolder, LetsInOneAtATime) {
  const support::TemporaryFolder folder;
  {
    const auto first = LockFolder(folder.path());
    ASSERT_TRUE(first.has_value());
    const auto second = LockFolder(folder.path());
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code(), ErrorCode::kFailedPrecondition);
  }
  EXPECT_TRUE(LockFolder(folder.path()).has_value());
}

}  // namespace
}  // namespace tritontube::local_files
