#include "services/verification/verifier.h"

#include "support/published_videos.h"

namespace tritontube::verification {
namespace {

class VerifierTest : public support::PublishedVideos {
 protected:
  Result<std::unique_ptr<Verification>> Begin(std::optional<VideoId> video = std::nullopt) {
    return Value(verifier_.Begin(std::move(video), Deadline::Never()));
  }

  DamageLog log_{coordination_};
  Verifier verifier_{catalog_, store_, log_, clock_, {.at_once_max = 1, .listed_max = 1}};
};

TEST_F(VerifierTest, ReportsWhatItReadAndWhatIsDamaged) {
  const Published video = PublishedVideo();
  store_.Corrupt(video.Source());
  const auto verification = Begin(video.id);
  ASSERT_TRUE(verification.has_value());
  while (*Value((*verification)->Advance())) continue;
  const Report& report = (*verification)->report();
  EXPECT_EQ(report.checked_blobs, kBlobsOfVideo);
  EXPECT_EQ(report.checked_bytes + std::string("the original").size(), report.total_bytes);
  ASSERT_EQ(report.damage.size(), 1U);
  EXPECT_EQ(report.damage.front().key, video.Source());
  EXPECT_EQ(log_.findings().size(), 1U) << "it is remembered";
}

TEST_F(VerifierTest, CountsTheDamageThatItDoesNotList) {
  const Published video = PublishedVideo();
  store_.Corrupt(video.Source());
  store_.Corrupt(video.Output("poster.jpg"));
  const auto verification = Begin();
  ASSERT_TRUE(verification.has_value());
  while (*Value((*verification)->Advance())) continue;
  EXPECT_EQ((*verification)->report().damage.size(), 1U);
  EXPECT_EQ((*verification)->report().damaged_blobs, 2U);
}

TEST_F(VerifierTest, RefusesMoreAtOnceThanItMayAndTakesTheNextOneWhenOneIsOver) {
  auto first = Begin();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(Begin().error().code(), ErrorCode::kResourceExhausted);
  first->reset();
  EXPECT_TRUE(Begin().has_value());
}

TEST_F(VerifierTest, DoesNotFindAVideoThatIsNotThere) {
  EXPECT_EQ(Begin(VideoId::Generate(random_)).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace tritontube::verification
