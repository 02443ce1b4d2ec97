#include "services/verification/named_files.h"

#include "support/published_videos.h"

namespace tritontube::verification {
namespace {

class NamedFilesTest : public support::PublishedVideos {
 protected:
  NamedFilesPage Check(std::optional<blob::BlobKey> after = {}) {
    const auto page = Value(named_files_.Check(std::move(after), Deadline::Never()));
    EXPECT_TRUE(page.has_value()) << page.error().message();
    return page.value_or(NamedFilesPage());
  }

  NamedFiles named_files_{catalog_, store_};
};

TEST_F(NamedFilesTest, EverythingThatIsNamedIsLookedAtAndNothingIsRead) {
  PublishedVideo();
  PublishedVideo();
  const std::size_t gets = store_.call_count(support::MemoryBlobStore::Operation::kGet);
  const NamedFilesPage page = Check();
  EXPECT_EQ(page.blobs, 2 * kBlobsOfVideo);
  EXPECT_TRUE(page.damage.empty());
  EXPECT_FALSE(page.more);
  // The presentations, which say what there must be.
  EXPECT_EQ(store_.call_count(support::MemoryBlobStore::Operation::kGet), gets + 2);
}

TEST_F(NamedFilesTest, WhatIsNamedAndNotThereIsDamage) {
  const Published video = PublishedVideo();
  const auto files = Value(store_.Scan({}, Deadline::Never())).value().items;
  std::vector<blob::BlobKey> segments;
  for (const auto& item : files) {
    if (item.key.file.ends_with(".m4s")) segments.push_back(item.key);
  }
  ASSERT_FALSE(segments.empty());
  ASSERT_TRUE(Value(store_.Remove({segments.front()}, Deadline::Never())).has_value());
  const NamedFilesPage page = Check();
  ASSERT_EQ(page.damage.size(), 1U);
  EXPECT_EQ(page.damage.front().key, segments.front());
  EXPECT_EQ(page.damage.front().kind, Damage::Kind::kMissing);
}

TEST_F(NamedFilesTest, GoesOnBehindTheLastOne) {
  PublishedVideo();
  const blob::BlobKey last = *Check().last;
  EXPECT_EQ(Check(last).blobs, 0U);
}

}  // namespace
}  // namespace tritontube::verification
