#include "services/library/video_patch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tritontube::library {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The pointers of what is wrong with a patch.
std::vector<std::string> FaultsOf(std::string_view text) {
  std::vector<std::string> pointers;
  for (const PatchFault& fault : ParseVideoPatch(text).value().faults) {
    EXPECT_FALSE(fault.detail.empty());
    pointers.push_back(fault.pointer);
  }
  return pointers;
}

TEST(VideoPatch, ChangesWhatItNamesAndNothingElse) {
  const VideoPatch patch = ParseVideoPatch(R"({"title": "A new one"})").value();
  EXPECT_THAT(patch.faults, IsEmpty());
  EXPECT_EQ(patch.edit.title, "A new one");
  EXPECT_EQ(patch.edit.description, std::nullopt);
  EXPECT_EQ(patch.edit.tags, std::nullopt);
  EXPECT_EQ(patch.edit.chapters, std::nullopt);
  EXPECT_EQ(ParseVideoPatch("{}").value().edit.title, std::nullopt);
}

TEST(VideoPatch, TakesFieldsBackByNull) {
  const auto edit =
      ParseVideoPatch(R"({"title": null, "description": null, "tags": null, "chapters": null})")
          .value()
          .edit;
  EXPECT_EQ(edit.title, "");
  EXPECT_EQ(edit.description, "");
  EXPECT_EQ(edit.tags, std::vector<std::string>());
  EXPECT_EQ(edit.chapters, std::vector<catalog::Chapter>());
}

TEST(VideoPatch, CleansWhatPeopleTyped) {
  const auto edit =
      ParseVideoPatch(
          R"({"title": "  Cafe\u0301\u202e\u0007 ", "description": "a\r\nb\u0000\tc\n",
                            "tags": [" Cats", "CATS", "dogs"],
                            "chapters": [{"start_seconds": 0, "title": "In\ntro"},
                                         {"start_seconds": 61.5, "title": "End"}]})")
          .value()
          .edit;
  EXPECT_EQ(edit.title, "Caf\u00e9");
  EXPECT_EQ(edit.description, "a\nb\tc");
  EXPECT_THAT(*edit.tags, ElementsAre("Cats", "dogs"));
  EXPECT_THAT(*edit.chapters,
              ElementsAre(catalog::Chapter{0, "Intro"}, catalog::Chapter{61.5, "End"}));
}

TEST(VideoPatch, NamesEveryFieldThatIsWrong) {
  EXPECT_THAT(FaultsOf(R"({"progress": 1, "urls": {}, "a/b": 2})"),
              ElementsAre("/a~1b", "/progress", "/urls"));
  EXPECT_THAT(FaultsOf(R"({"title": " ", "description": 1, "tags": "cats"})"),
              ElementsAre("/description", "/tags", "/title"));
  EXPECT_THAT(FaultsOf(R"({"tags": ["a", 1, ""]})"), ElementsAre("/tags/1", "/tags/2"));
  EXPECT_THAT(FaultsOf(R"([1])"), ElementsAre(""));
  EXPECT_THAT(FaultsOf("null"), ElementsAre(""));
}

TEST(VideoPatch, WantsChaptersInTheirOrder) {
  EXPECT_THAT(FaultsOf(R"({"chapters": [{"start_seconds": 1, "title": "a"},
                                        {"start_seconds": 1, "title": "b"}]})"),
              ElementsAre("/chapters/1/start_seconds"));
  EXPECT_THAT(FaultsOf(R"({"chapters": [{"start_seconds": -1, "title": ""}, 7,
                                        {"start_seconds": 1, "title": "a", "url": "x"}]})"),
              testing::IsSupersetOf({"/chapters/0/start_seconds", "/chapters/0/title",
                                     "/chapters/1", "/chapters/2"}));
  EXPECT_THAT(FaultsOf(R"({"chapters": [{"start_seconds": "1", "title": "a"}]})"),
              ElementsAre("/chapters/0/start_seconds"));
}

TEST(VideoPatch, BoundsEveryLength) {
  const auto text = [](std::size_t size) { return "\"" + std::string(size, 'x') + "\""; };
  const auto list = [&](std::size_t size) {
    std::string items;
    for (std::size_t i = 0; i < size; ++i)
      items += (i > 0 ? ",\"t" : "\"t") + fmt::format("{}\"", i);
    return "[" + items + "]";
  };
  EXPECT_THAT(FaultsOf("{\"title\":" + text(200) + "}"), IsEmpty());
  EXPECT_THAT(FaultsOf("{\"title\":" + text(201) + "}"), ElementsAre("/title"));
  EXPECT_THAT(FaultsOf("{\"description\":" + text(10'000) + "}"), IsEmpty());
  EXPECT_THAT(FaultsOf("{\"description\":" + text(10'001) + "}"), ElementsAre("/description"));
  EXPECT_THAT(FaultsOf("{\"tags\":" + list(50) + "}"), IsEmpty());
  EXPECT_THAT(FaultsOf("{\"tags\":" + list(51) + "}"), ElementsAre("/tags"));
  EXPECT_THAT(FaultsOf("{\"tags\":[" + text(61) + "]}"), ElementsAre("/tags/0"));
  EXPECT_THAT(FaultsOf("{\"chapters\":" + list(201) + "}"), ElementsAre("/chapters"));
}

TEST(VideoPatch, IsNoneWhenItIsNoJson) {
  for (const char* text : {"", "{", "{\"title\": \"\xff\"}", "title=a"}) {
    EXPECT_EQ(ParseVideoPatch(text).error().code(), ErrorCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace tritontube::library
