#include "services/delivery/composition.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tritontube::delivery {
namespace {

using testing::ElementsAre;

// So many segments of so many seconds.
Part PartOf(const std::string& id, double seconds, std::size_t count, int height = 0) {
  Part part{.ended = true, .of_source = id.contains("src")};
  part.rendition.id = id;
  part.rendition.kind = id.starts_with('v') ? media::Kind::kVideo : media::Kind::kAudio;
  part.rendition.width = height * 2;
  part.rendition.height = height;
  part.rendition.timescale = 1000;
  const auto duration = static_cast<std::uint64_t>(seconds * 1000);
  for (std::size_t i = 0; i < count; ++i) {
    part.rendition.segments.push_back({.start = i * duration, .duration = duration, .size = 1});
  }
  part.available = count;
  return part;
}

Part Growing(Part part, std::size_t available) {
  part.available = available;
  part.ended = false;
  return part;
}

std::vector<std::string> Ids(const Composition& composition) {
  std::vector<std::string> ids;
  ids.reserve(composition.presentation.renditions.size());
  for (const media::Rendition& rendition : composition.presentation.renditions) {
    ids.push_back(rendition.id);
  }
  return ids;
}

TEST(Compose, ListsVideoByFallingHeightAndSoundInTheOrderOfTheFile) {
  const auto all = Compose({PartOf("a1", 4, 2), PartOf("v360", 4, 2, 360), PartOf("asrc2", 4, 2),
                            PartOf("v1080", 4, 2, 1080), PartOf("vsrc", 4, 2, 720),
                            PartOf("asrc0", 4, 2), PartOf("v720", 4, 2, 720)},
                           {});
  EXPECT_THAT(Ids(*all), ElementsAre("v1080", "vsrc", "v720", "v360", "asrc0", "a1", "asrc2"));
  EXPECT_THAT(all->of_source, ElementsAre(false, true, false, false, true, false, true));
  EXPECT_FALSE(all->grows);
  EXPECT_THAT(all->listed, testing::Each(2U));
}

TEST(Compose, MakesOneSoundTrackTheDefault) {
  const auto defaults = [](std::vector<bool> said) {
    std::vector<Part> parts;
    for (std::size_t i = 0; i < said.size(); ++i) {
      parts.push_back(PartOf(fmt::format("a{}", i), 4, 1));
      parts.back().rendition.is_default = said[i];
    }
    std::vector<bool> chosen;
    for (const auto& rendition : Compose(std::move(parts), {})->presentation.renditions) {
      chosen.push_back(rendition.is_default);
    }
    return chosen;
  };
  EXPECT_THAT(defaults({false, false}), ElementsAre(true, false));
  EXPECT_THAT(defaults({false, true}), ElementsAre(false, true));
  EXPECT_THAT(defaults({false, true, true}), ElementsAre(false, true, false));
}

TEST(Compose, ListsEverythingToAboutTheSameTimeWhileItGrows) {
  const auto some =
      Compose({Growing(PartOf("vsrc", 10, 6, 720), 5), Growing(PartOf("asrc0", 4, 15), 3)},
              {.duration_seconds = 60});
  EXPECT_TRUE(some->grows);
  // Twelve seconds of sound: two segments of pictures cover them.
  EXPECT_THAT(some->listed, ElementsAre(2, 3));
  EXPECT_THAT(some->available, ElementsAre(5, 3));
  EXPECT_EQ(some->presentation.duration_seconds, 60);
  // Their ends need not be the same to the frame.
  const auto near =
      Compose({Growing(PartOf("vsrc", 4, 9, 720), 3), Growing(PartOf("asrc0", 4.02, 9), 2)}, {});
  EXPECT_THAT(near->listed, ElementsAre(2, 2));
}

TEST(Compose, IsNotHeldUpByATrackThatHasEnded) {
  const auto some = Compose({Growing(PartOf("vsrc", 4, 15, 720), 5), PartOf("asrc0", 4, 2)}, {});
  EXPECT_THAT(some->listed, ElementsAre(5, 2));
  // Nor does one that is whole run ahead of one that is not.
  const auto other = Compose({PartOf("vsrc", 4, 15, 720), Growing(PartOf("a0", 4, 2), 2)}, {});
  EXPECT_THAT(other->listed, ElementsAre(2, 2));
}

TEST(Compose, NeverTakesBackWhatItHasListed) {
  std::vector<std::size_t> before = {0, 0};
  for (std::size_t video = 1, audio = 1; video < 6 || audio < 15;) {
    const auto some = Compose(
        {Growing(PartOf("vsrc", 10, 6, 720), video), Growing(PartOf("asrc0", 4, 15), audio)}, {});
    for (std::size_t i = 0; i < 2; ++i) EXPECT_GE(some->listed[i], before[i]);
    before = some->listed;
    if (audio < 15 && (video == 6 || video * 7 % 3 != 0)) {
      ++audio;
    } else {
      ++video;
    }
  }
}

TEST(Compose, LastsAsLongAsTheLongestOfIt) {
  Part sound = PartOf("asrc0", 4, 3);
  sound.rendition.presentation_offset = 21;  // Hidden before the beginning.
  Part pictures = PartOf("vsrc", 4, 2, 720);
  pictures.rendition.presentation_offset = 80;  // Shown so much after they are decoded.
  EXPECT_DOUBLE_EQ(Compose({pictures}, {})->presentation.duration_seconds, 8);
  EXPECT_DOUBLE_EQ(Compose({sound, pictures}, {})->presentation.duration_seconds, 11.979);
}

TEST(Compose, HasNothingWhenNothingCanBeHad) {
  EXPECT_FALSE(Compose({}, {}));
  EXPECT_FALSE(Compose({Growing(PartOf("v720", 4, 3, 720), 0)}, {}));
  EXPECT_THAT(Ids(*Compose({Growing(PartOf("v720", 4, 3, 720), 0), PartOf("a0", 4, 3)}, {})),
              ElementsAre("a0"));
}

}  // namespace
}  // namespace tritontube::delivery
