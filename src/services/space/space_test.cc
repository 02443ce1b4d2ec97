#include "services/space/space.h"

#include "services/space/needs.h"
#include "support/platform.h"

namespace tritontube::space {
namespace {

constexpr ByteCount kDiskFree = 1'000'000'000;

class SpaceTest : public support::Platform {
 protected:
  SpaceTest() { store_.SetFree(kDiskFree); }

  OrShortage<Reservation> Reserve(ByteCount bytes) {
    auto answer = Value(with_rest_.Reserve(VideoId::Generate(random_), bytes, Deadline::Never()));
    EXPECT_TRUE(answer.has_value());
    return *std::move(answer);
  }
  ByteCount Reserved() { return Value(with_rest_.Measure(Deadline::Never()))->reserved_bytes; }
  void Reconcile() { EXPECT_TRUE(Value(with_rest_.Reconcile(Deadline::Never())).has_value()); }

  Space with_rest_{store_, catalog_, jobs_, {.keep_free_bytes = 100}};
};

TEST_F(SpaceTest, GivesBackWhatWasReservedOnEveryWayOut) {
  {
    const auto room = Reserve(600);
    ASSERT_TRUE(room.has_value());
    EXPECT_EQ(Reserved(), 600U);
  }
  EXPECT_EQ(Reserved(), 0U);
}

TEST_F(SpaceTest, CountsWhatIsWrittenOnlyOnce) {
  auto room = Reserve(kDiskFree - 100);
  ASSERT_TRUE(room.has_value());
  EXPECT_FALSE(Reserve(1).has_value());
  room->Written(500);
  store_.SetFree(kDiskFree - 500);
  EXPECT_EQ(Reserved(), kDiskFree - 600);
  EXPECT_FALSE(Reserve(1).has_value());
  room->Written(kDiskFree);  // More than was asked for.
  EXPECT_EQ(Reserved(), 0U);
}

TEST_F(SpaceTest, GrowsWhileThereIsRoomAndStaysAsItWasWhenThereIsNone) {
  auto room = Reserve(600);
  ASSERT_TRUE(room.has_value());
  EXPECT_EQ(*Value(room->Resize(1000, Deadline::Never())), std::nullopt);
  EXPECT_EQ(Reserved(), 1000U);
  const auto refused = Value(room->Resize(kDiskFree, Deadline::Never()));
  ASSERT_TRUE(refused.has_value() && refused->has_value());
  EXPECT_EQ((*refused)->needed, kDiskFree);
  EXPECT_EQ(Reserved(), 1000U);
}

TEST_F(SpaceTest, FindsTheTranscodesThatWaitAtTheStart) {
  CommittedVideo();
  CommittedVideo();
  EXPECT_EQ(Reserved(), 0U);
  Reconcile();
  EXPECT_EQ(Reserved(), 2 * TranscodeNeed(std::string("the original").size()));
}

TEST_F(SpaceTest, ForgetsTheTranscodeOfADeletedVideo) {
  const VideoId id = CommittedVideo();
  Reconcile();
  ASSERT_TRUE(Value(catalog_.Delete(id, Deadline::Never())).has_value());
  Reconcile();
  EXPECT_EQ(Reserved(), 0U);
}

TEST_F(SpaceTest, SaysWhyTheDiskIsFullOnlyWhenItIs) {
  EXPECT_EQ(Value(with_rest_.Measure(Deadline::Never()))->WhyFull(), std::nullopt);
  EXPECT_EQ(*Value(with_rest_.ShortageWhenFull(7, Deadline::Never())), std::nullopt);
  store_.SetFull(true);
  EXPECT_NE(Value(with_rest_.Measure(Deadline::Never()))->WhyFull(), std::nullopt);
  const auto shortage = *Value(with_rest_.ShortageWhenFull(7, Deadline::Never()));
  ASSERT_TRUE(shortage.has_value());
  EXPECT_EQ(shortage->needed, 7U);
}

TEST_F(SpaceTest, IsFullForUploadsBeforeItIsFullForTheStore) {
  store_.SetFree(100);
  EXPECT_FALSE(Value(with_rest_.Measure(Deadline::Never()))->is_full);
  EXPECT_NE(Value(with_rest_.Measure(Deadline::Never()))->WhyFull(), std::nullopt);
}

TEST_F(SpaceTest, PromisesNothingWhileTheStoreDoesNotAnswer) {
  store_.FailNext(support::MemoryBlobStore::Operation::kStatus,
                  Error(ErrorCode::kUnavailable, "the disk does not answer"));
  const auto answer = Value(with_rest_.Reserve(VideoId::Generate(random_), 1, Deadline::Never()));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace tritontube::space
