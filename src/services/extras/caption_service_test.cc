#include "services/extras/caption_service.h"

#include <gmock/gmock.h>

#include "domain/catalog/view.h"
#include "services/space/needs.h"
#include "support/platform.h"

namespace tritontube::extras {
namespace {

constexpr std::string_view kSrt = "1\n00:00:01,000 --> 00:00:02,000\nHi <script>x</script>\n";

class CaptionServiceTest : public support::Platform {
 protected:
  Added Put(const VideoId& id, std::string language, std::string label = "") {
    return Value(service_.Put(id, std::move(language), std::move(label), std::string(kSrt),
                              Deadline::Never()));
  }
  Result<void> Remove(const VideoId& id, std::string language) {
    return Value(service_.Remove(id, std::move(language), Deadline::Never()));
  }

  CaptionService service_{
      {.catalog = catalog_, .store = store_, .lease = lease_, .random = random_, .space = space_}};
};

TEST_F(CaptionServiceTest, StoresCleanWebVttAndNeverWhatWasSent) {
  const VideoId id = CommittedVideo();
  ASSERT_TRUE(Put(id, "ENG").has_value());
  const catalog::VideoExtras extras = Found(id).row.extras;
  ASSERT_EQ(extras.captions.size(), 1U);
  EXPECT_EQ(extras.captions[0].language, "en");
  EXPECT_EQ(extras.captions[0].label, "English");
  const std::string file = media::CaptionFileName(catalog::TextTracks(extras)[0]);
  const auto stored =
      Value(store_.GetWhole({id, extras.captions[0].upload, file}, Deadline::Never()));
  ASSERT_TRUE(stored.has_value()) << stored.error().message();
  EXPECT_EQ(stored->Flatten(), "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHi x\n");
}

TEST_F(CaptionServiceTest, SaysWithNumbersThatTheDiskHasNoRoom) {
  const VideoId id = CommittedVideo();
  const std::size_t blobs = store_.blob_count();
  store_.SetFree(1000);
  const Added added = Put(id, "en");
  ASSERT_TRUE(added.has_value() && added->has_value());
  EXPECT_EQ((*added)->needed, space::ExtraNeed(kSrt.size()));
  EXPECT_EQ((*added)->free, 1000U);
  EXPECT_EQ(store_.blob_count(), blobs);
  EXPECT_TRUE(Found(id).row.extras.captions.empty());
  // Nothing stays reserved, and no reservation of the video itself was touched.
  store_.SetFree(ByteCount{1} << 30U);
  const auto transcode = Value(space_.Reserve(id, 5000, Deadline::Never()));
  const Added later = Put(id, "en");
  EXPECT_TRUE(later.has_value() && !later->has_value());
  EXPECT_EQ(space_.reserved_bytes(), 5000U);
}

TEST_F(CaptionServiceTest, ReplacesOneLanguageAndKeepsTheOthers) {
  const VideoId id = CommittedVideo();
  ASSERT_TRUE(Put(id, "en").has_value());
  ASSERT_TRUE(Put(id, "de", "Deutsch").has_value());
  ASSERT_TRUE(Put(id, "en", " For the\ndeaf ").has_value());
  const auto captions = Found(id).row.extras.captions;
  ASSERT_EQ(captions.size(), 2U);
  EXPECT_EQ(captions[0].label, "Deutsch");
  EXPECT_FALSE(captions[1].label.contains('\n'));
  ASSERT_TRUE(Remove(id, "eng").has_value());
  EXPECT_EQ(Found(id).row.extras.captions.size(), 1U);
}

TEST_F(CaptionServiceTest, RefusesWhatIsNoLanguageNoLabelOrNoCaptions) {
  const VideoId id = CommittedVideo();
  EXPECT_EQ(Put(id, "english").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Put(id, "en", std::string(200, 'x')).error().code(), ErrorCode::kInvalidArgument);
  const auto empty = Value(service_.Put(id, "en", "", "not captions", Deadline::Never()));
  EXPECT_EQ(empty.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Remove(id, "en").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(Put(VideoId::Generate(random_), "en").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(store_.blob_count(), 1U);  // The original.
}

TEST_F(CaptionServiceTest, LeavesNothingBegunWhenTheDiskIsFull) {
  const VideoId id = CommittedVideo();
  store_.SetFull(true);
  const Added added = Put(id, "en");
  EXPECT_TRUE(added.has_value() && added->has_value());
  EXPECT_TRUE(Found(id).begun.uploads.empty());
  EXPECT_TRUE(Found(id).row.extras.captions.empty());
}

}  // namespace
}  // namespace tritontube::extras
